// drcon complete: what there is to choose from, asked of the plugins on disk and of the drcon that runs. It
// prints no error, since that would appear within the line that the user types.
#include "cli/admin_client.hpp"
#include "cli/complete.hpp"
#include "cli/startup.hpp"
#include "cli/tools.hpp"

#include <iostream>

namespace drcon::cli {
namespace {

std::vector<std::string> plugin_names(const arguments& options) {
  plugins::registry plugins;
  load_plugins(options, plugins);
  std::vector<std::string> all;
  for (const auto& [name, each] : plugins.all()) all.push_back(name);
  return all;
}

// The options that say which drcon to ask, as far as they have been typed.
arguments options_typed(const arguments& options) {
  auto typed = options;
  for (std::size_t i = 0; i + 1 < options.words.size(); ++i) {
    if (options.words[i] == "-c" || options.words[i] == "--config") typed.config = options.words[i + 1];
    if (options.words[i] == "--socket") typed.socket = options.words[i + 1];
  }
  return typed;
}

std::vector<std::string> pipeline_names(const arguments& options) {
  std::vector<std::string> all;
  try {
    const auto got = admin_client(options_typed(options)).ask("GET", "/v1/pipelines");
    if (got.status == 200)
      for (const auto& [name, each] : got.body.items()) all.push_back(name);
  } catch (const no_answer&) {  // none runs, or it is not for this user
  }
  return all;
}

}  // namespace

int complete(const arguments& options) {
  std::cout << complete(
      with_tools(tree_of(*options.command_line), *options.tools), options.words,
      {.plugins = [&] { return plugin_names(options); }, .pipelines = [&] { return pipeline_names(options); }});
  return exit_ok;
}

}  // namespace drcon::cli
