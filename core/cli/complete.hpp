// drcon complete: what may come next on the command line, for the shells' completion scripts.
#pragma once

#include "cli/command_tree.hpp"

#include <functional>
#include <string>
#include <vector>

namespace drcon::cli {

/// `words` are those behind "drcon"; the last one, which may be empty, is what is being typed. Candidates that begin
/// with it, one a line, with a tab and their meaning behind; ":files" and ":directories" stand for all of these.
/// `plugins` names the plugins, and is asked only where one may stand.
std::string complete(const command& root, std::vector<std::string> words,
                     const std::function<std::vector<std::string>()>& plugins);

}  // namespace drcon::cli
