#include "config/isolation.hpp"

#include "config/option.hpp"
#include "config/sections.hpp"
#include "config/toml_value.hpp"

namespace drcon::config {
namespace {

using nlohmann::json;

option_list<isolation_config> make_isolation_options() {
  auto mode = choice("mode", &isolation_config::own_process,
                     "none: within drcon. process: in a process of its own; a crash or a leak costs a restart of this "
                     "one instance, and the last good state stays in use meanwhile.",
                     {{"none", false}, {"process", true}});
  mode.schema["default"] = "process";  // a user who writes the table asks for a process
  return {
      std::move(mode),
      size("memory", &isolation_config::memory,
           "A size: a process that uses more memory than this is ended and started again, and so is one that publishes "
           "more than this, which drcon would have to keep."),
      duration("restart_min", &isolation_config::restart_min,
               "A duration: the pause before a process that ended is started again; doubles with each end up to "
               "restart_max."),
      duration("restart_max", &isolation_config::restart_max,
               "A duration: the longest pause. A process that lived for longer starts again with the shortest."),
  };
}

const option_list<isolation_config>& isolation_options() {
  static const auto all = make_isolation_options();
  return all;
}

}  // namespace

json isolation_schema() {
  auto schema = option_values::table_schema("Where the plugin's code runs. A string sets the mode alone.",
                                            properties_of(isolation_options()), json::array());
  schema["default"] = {{"mode", "none"}};
  return schema;
}

isolation_config read_isolation(const section& instance, diagnostics& found) {
  const auto* node = instance.table->get("isolation");
  if (node == nullptr) return {};
  static const toml::table nothing;
  const auto title = "isolation of " + instance.title;
  const auto mode = node->value_exact<std::string>();
  if (!mode && !node->is_table()) {
    found.error(
        code::value, place(*node),
        "'isolation' in " + instance.title + ": expected \"process\", \"none\" or a table, found " + found_text(*node));
    return {};
  }
  if (mode && *mode != "process" && *mode != "none") {
    found.error(code::value, place(*node),
                "'isolation' in " + instance.title + ": expected \"process\" or \"none\", found " + found_text(*node));
    return {};
  }
  const auto checked = check_options({.table = mode ? nothing : *node->as_table(),
                                      .where = place(*node),
                                      .title = title,
                                      .directory = instance.directory,
                                      .reserved = {}},
                                     isolation_schema(), found);
  if (found.has_errors()) return {};
  isolation_config made;
  read_options(isolation_options(), checked.values, made);
  if (mode) made.own_process = *mode == "process";
  if (made.restart_max < made.restart_min)
    found.error(code::value, place(*node), "'restart_min' in " + title + " is longer than restart_max");
  return made;
}

}  // namespace drcon::config
