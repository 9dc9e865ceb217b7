// drcon complete: what there is to choose from, asked of the plugins on disk and of the drcon that runs. Quiet,
// whatever happens: who types wants no message.
#include "cli/admin_client.hpp"
#include "cli/complete.hpp"
#include "cli/startup.hpp"

#include <iostream>

namespace drcon::cli {
namespace {

std::vector<std::string> plugin_names(const arguments& from) {
  plugins::registry plugins;
  load_plugins(from, plugins);
  std::vector<std::string> all;
  for (const auto& [name, each] : plugins.all()) all.push_back(name);
  return all;
}

// Which drcon is meant, as far as that has been typed.
arguments meant(const arguments& from) {
  auto to = from;
  for (std::size_t i = 0; i + 1 < from.words.size(); ++i) {
    if (from.words[i] == "-c" || from.words[i] == "--config") to.config = from.words[i + 1];
    if (from.words[i] == "--socket") to.socket = from.words[i + 1];
  }
  return to;
}

std::vector<std::string> pipeline_names(const arguments& from) {
  std::vector<std::string> all;
  try {
    const auto got = admin_client(meant(from)).ask("GET", "/v1/pipelines");
    if (got.status == 200)
      for (const auto& [name, each] : got.body.items()) all.push_back(name);
  } catch (const no_answer&) {  // none runs, or it is not for this user
  }
  return all;
}

}  // namespace

int complete(const arguments& from) {
  std::cout << complete(
      tree_of(*from.command_line), from.words,
      {.plugins = [&] { return plugin_names(from); }, .pipelines = [&] { return pipeline_names(from); }});
  return exit_ok;
}

}  // namespace drcon::cli
