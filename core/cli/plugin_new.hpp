// drcon plugin new: a directory that builds, tests and packages a plugin of one's own, made from the SDK's templates.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace drcon::cli {

struct new_plugin {
  std::string kind;      ///< "source" or "sink"
  std::string language;  ///< "cpp" or "c"
  std::string name;
  std::filesystem::path directory;  ///< where NAME/ is made
};

/// Makes it whole or not at all, and prints what to do next. `places`: where the templates may be, best first.
int plugin_new(const new_plugin& plugin, const std::vector<std::filesystem::path>& places);

/// Adds `new` to the verb `plugin`.
void add_plugin_new(CLI::App& plugin, int& result);

}  // namespace drcon::cli
