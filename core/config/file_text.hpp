// The whole text of a small file.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <string>

namespace drcon::config {

/// The failure's reason follows the file's name: "cannot be read: Permission denied".
/// Only regular files of at most `limit` bytes: a pipe would block drcon, and a device may never end.
base::result<std::string> read_file_text(const std::filesystem::path& file, std::size_t limit);

}  // namespace drcon::config
