// What a test needs to look at a page in a real browser.
#pragma once

#include <filesystem>

namespace drcon::test {

/// Installs the modules that tests/dashboard names, once for a build tree, and returns where they are. Throws when that
/// fails.
std::filesystem::path browser_modules();

}  // namespace drcon::test
