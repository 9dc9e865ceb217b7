// drcon complete: what may come next on the command line, for the shells' completion scripts.
#pragma once

#include "cli/command_tree.hpp"

#include <functional>
#include <string>
#include <vector>

namespace drcon::cli {

/// Asked only where one of them may stand.
struct known_names {
  std::function<std::vector<std::string>()> plugins;
  std::function<std::vector<std::string>()> pipelines;  ///< of the drcon that runs
};

/// `words` are those behind "drcon"; the last one, which may be empty, is what is being typed. Candidates that begin
/// with it, one a line, with a tab and their meaning behind; ":files" and ":directories" stand for all of these.
std::string complete(const command& root, std::vector<std::string> words, const known_names& known);

}  // namespace drcon::cli
