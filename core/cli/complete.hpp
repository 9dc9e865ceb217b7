// drcon complete: what may come next on the command line, for the shells' completion scripts.
#pragma once

#include "cli/command_tree.hpp"

#include <functional>
#include <string>
#include <vector>

namespace drcon::cli {

struct known_word {
  std::string word;
  std::string meaning;
};

/// Asked only where one of them may stand. Those of a pipeline are of the drcon that runs.
struct known_names {
  std::function<std::vector<std::string>()> plugins;
  std::function<std::vector<std::string>()> pipelines;
  std::function<std::vector<known_word>(const std::string& pipeline)> endpoints;
  std::function<std::vector<known_word>(const std::string& pipeline)> revisions;
  std::function<std::vector<known_word>(const std::string& pipeline)> services;
};

/// `words` are those behind "drcon"; the last one, which may be empty, is what is being typed. Candidates that begin
/// with it, one a line, with a tab and their meaning behind; ":files" and ":directories" stand for all of these.
std::string complete(const command& root, std::vector<std::string> words, const known_names& known);

}  // namespace drcon::cli
