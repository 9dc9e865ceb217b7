// drcon plugins, drcon plugins show: what there is, and what each understands, from the plugins themselves.
#include "base/json_text.hpp"
#include "cli/facts.hpp"
#include "cli/startup.hpp"
#include "cli/terminal_text.hpp"
#include "config/suggest.hpp"
#include "reference/print.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <string>
#include <vector>

namespace drcon::cli {
namespace {

using nlohmann::json;

const char* kinds(const plugins::plugin& each) {
  if (each.source_schema && each.sink_schema) return "source, sink";
  return each.source_schema ? "source" : "sink";
}

}  // namespace

int no_such_plugin(const std::string& name, const plugins::registry& plugins) {
  std::vector<std::string> known;
  for (const auto& [each, plugin] : plugins.all()) known.push_back(each);
  const auto near = config::suggestion(name, known);
  std::cerr << "drcon: there is no plugin '" << printable(name) << "'; " << (near.empty() ? "" : near + " ")
            << "'drcon plugins' lists what there is\n";
  return exit_config;
}

int plugins_list(const arguments& options) {
  plugins::registry plugins;
  load_plugins(options, plugins);
  if (options.json) {
    auto list = json::array();
    for (const auto& [name, each] : plugins.all())
      list.push_back({{"name", name},
                      {"version", each.entry->version},
                      {"kinds", kinds(each)},
                      {"summary", each.entry->summary},
                      {"file", each.file.string()}});
    auto refused = json::array();
    for (const auto& each : plugins.refused())
      refused.push_back({{"file", each.file.string()}, {"why", each.fault.why}, {"help", each.fault.help}});
    std::cout << base::json_text({{"plugins", list}, {"refused", refused}}, 2) << "\n";
    return exit_ok;
  }
  for (const auto& [name, each] : plugins.all())
    std::cout << fmt::format("{:<16} {:<12} {:<8} {}\n", name, kinds(each), each.entry->version, each.entry->summary);
  for (const auto& each : plugins.refused())
    std::cout << "refused: " << each.text() << "\n  help: " << each.fault.help << "\n";
  if (plugins.all().empty()) {
    std::cout << "no plugin found; looked in";
    for (const auto& each : plugins.directories()) std::cout << " " << each.string();
    std::cout << "\n";
  }
  return exit_ok;
}

int plugins_show(const arguments& options) {
  plugins::registry plugins;
  load_plugins(options, plugins);
  const auto* found = plugins.find(options.plugin);
  if (found == nullptr) return no_such_plugin(options.plugin, plugins);
  if (options.json) {
    json shown{{"name", found->name()}, {"version", found->entry->version}, {"summary", found->entry->summary}};
    if (found->source_schema) shown["source"] = *found->source_schema;
    if (found->sink_schema) shown["sink"] = *found->sink_schema;
    std::cout << base::json_text(shown, 2) << "\n";
    return exit_ok;
  }
  std::cout << as_text(reference::page_of(facts_of(*found)));
  return exit_ok;
}

}  // namespace drcon::cli
