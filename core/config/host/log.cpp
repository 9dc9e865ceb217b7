#include "config/host/log.hpp"

#include "config/option.hpp"

namespace drcon::config {
namespace {

using nlohmann::json;

const json levels{{"enum", {"trace", "debug", "info", "warning", "error"}}};

option<log_config> plugin_levels() {
  auto made =
      text_table("plugins", &log_config::plugins,
                 "Levels of what plugins say, where one differs from the general one: a table of plugins' "
                 "names, such as { nginx = \"debug\" }. drcon log LEVEL --plugin NAME changes it until the next "
                 "reload.");
  made.schema["additionalProperties"].update(levels);
  made.schema["default"] = json::object();
  return made;
}

}  // namespace

const option_group<log_config>& log_options() {
  static const option_group<log_config> group{
      .key = "log",
      .description = "What drcon logs.",
      .options = {
          text("level", &log_config::level,
               "The least level that is written. drcon log LEVEL changes it until the next reload.", levels),
          plugin_levels(),
          text("format", &log_config::format, "One line per event: text for people, JSON for machines.",
               {{"enum", {"text", "json"}}}),
          path("file", &log_config::file,
               "File that drcon run adds its lines to. Opened again by a reload, so that it can be moved away. Empty: "
               "standard error, which systemd gives to the journal."),
      }};
  return group;
}

}  // namespace drcon::config
