#include "config/host/host.hpp"

#include "config/option.hpp"
#include "config/sections.hpp"

namespace drcon::config {
namespace {

using nlohmann::json;

const option_group<host_config>& host_options() {
  static const option_group<host_config> group{
      .key = "host",
      .description = "The program itself.",
      .options = {
          at_start_only(&host_config::plugin_directories,
                        path_list("plugin_directories", &host_config::plugin_directories,
                                  "Directories whose *.so are loaded besides the bundled plugins and those in "
                                  "/usr/local/lib/drcon/plugins and /etc/drcon/plugins.d.")),
          at_start_only(&host_config::stop_on_bad_plugin,
                        choice("on_bad_plugin", &host_config::stop_on_bad_plugin,
                               "What to do when a library in a plugin directory cannot be loaded: go on without it, or "
                               "do not start.",
                               {{"continue", false}, {"stop", true}})),
          at_start_only(&host_config::state_directory,
                        of_the_unit(&host_config::state_directory, "STATE_DIRECTORY", "",
                                    path("state_directory", &host_config::state_directory,
                                         "Where the last good snapshot of each pipeline is kept, for a restart while "
                                         "its sources are unreachable. Under systemd the default is the unit's "
                                         "StateDirectory=. Empty: nowhere.",
                                         {{"minLength", 0}}))),
          duration("state_interval", &host_config::state_interval,
                   "A duration: how long the last good snapshots are not written again after they were, while changes "
                   "keep coming; the newest is written then. With very many endpoints the time is longer, so that "
                   "writing takes a twentieth of one processor at most. After a crash in that time the first change is "
                   "measured from the state before."),
          duration("stop_deadline", &host_config::stop_deadline,
                   "A duration: how long plugins get to stop, at a reload and at the end. One that takes longer is "
                   "logged and abandoned. At the end the disk of the state gets what is left of it, and 5 s at least. "
                   "A sink that keeps a program has that program's kill_timeout besides."),
          integer("journal_size", &host_config::journal_size,
                  "A number of entries: how much of the journal is kept in memory; the oldest go first.", 1, 1000000),
      }};
  return group;
}

// A table with its defaults. Where it is there twice, which is an error, each is checked, and the values are not used.
template <class Config>
checked_options read_own(const sections& all, const option_group<Config>& group, Config& config, diagnostics& found) {
  static const toml::table nothing;
  const auto schema = schema_of(group);
  const auto [first, last] = all.single.equal_range(group.key);
  checked_options checked;
  if (first == last) {
    const section left_out{.table = &nothing, .where = {}, .title = "[" + group.key + "]", .directory = {}};
    checked = check_options(left_out.to_check(), schema, found);
  }
  for (auto each = first; each != last; ++each) checked = check_options(each->second.to_check(), schema, found);
  if (found.has_errors()) return checked;
  read_options(group.options, checked.values, config);
  for (const auto& each : group.options)
    if (each.otherwise && !checked.positions.contains("/" + each.key)) each.otherwise(config);
  return checked;
}

}  // namespace

json host_schemas() {
  return {
      {"host", schema_of(host_options())}, {"log", schema_of(log_options())}, {"admin", schema_of(admin_options())}};
}

std::optional<host_config> read_host(const sections& all, diagnostics& found) {
  diagnostics own;
  host_config host;
  const auto of_host = read_own(all, host_options(), host, own);
  read_own(all, log_options(), host.log, own);
  const auto of_admin = read_own(all, admin_options(), host.admin, own);
  if (!own.has_errors()) check_admin(host.admin, of_admin, own);
  found.take(own);
  if (own.has_errors()) return {};
  host.secret_files = of_admin.secret_files;
  for (const auto& each : host_options().options)
    if (const auto written = of_host.positions.find("/" + each.key); written != of_host.positions.end())
      host.positions.emplace(each.key, written->second);
  return host;
}

void keep_what_is_read_at_start(const host_config& running, host_config& next, const std::filesystem::path& file,
                                diagnostics& found) {
  for (const auto& each : host_options().options) {
    if (!each.keep || !each.keep(running, next)) continue;
    const auto written = next.positions.find(each.key);
    found.warning(code::at_start_only,
                  written == next.positions.end() ? position{.file = file.string()} : written->second,
                  "'" + each.key + "' in [host] is read at start only; the value of the start stays in effect",
                  "restart drcon to use the new one");
  }
}

}  // namespace drcon::config
