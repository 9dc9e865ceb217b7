// From files to a checked configuration, every fault in one pass.
#include "config/configuration.hpp"
#include "config/document.hpp"
#include "config/instances.hpp"
#include "config/pipelines.hpp"
#include "config/sections.hpp"
#include "config/units.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace drcon::config {
namespace {

using nlohmann::json;

// [NAME] with its defaults. Where it is there twice, each is checked, and the values matter no more.
json read_own(const sections& all, const std::string& name, diagnostics& found) {
  static const toml::table nothing;
  const auto& schema = host_schema().at("properties").at(name);
  const auto [first, last] = all.single.equal_range(name);
  const section left_out{.table = &nothing, .where = {}, .title = "[" + name + "]", .directory = {}};
  if (first == last) return check_options(left_out.to_check(), schema, found).values;
  json values;
  for (auto each = first; each != last; ++each) values = check_options(each->second.to_check(), schema, found).values;
  return values;
}

bool is_set(const sections& all, const std::string& name, const char* key) {
  const auto [first, last] = all.single.equal_range(name);
  return std::any_of(first, last, [key](const auto& each) { return each.second.table->contains(key); });
}

// What systemd.exec(5) says of StateDirectory= and RuntimeDirectory=: paths with ':' between them; the first is ours.
std::optional<std::filesystem::path> directory_of_unit(const char* variable) {
  const char* const given = std::getenv(variable);
  if (given == nullptr || *given != '/') return {};
  const std::string all(given);
  return all.substr(0, all.find(':'));
}

std::optional<host_config> read_host(const sections& all, diagnostics& found) {
  diagnostics own;
  const auto host = read_own(all, "host", own);
  const auto log = read_own(all, "log", own);
  const auto admin = read_own(all, "admin", own);
  found.take(own);
  if (own.has_errors()) return {};
  host_config to;
  for (const auto& each : host.at("plugin_directories")) to.plugin_directories.emplace_back(each.get<std::string>());
  to.stop_on_bad_plugin = host.at("on_bad_plugin") == "stop";
  to.state_directory = host.at("state_directory").get<std::string>();
  if (const auto state = directory_of_unit("STATE_DIRECTORY"); state && !is_set(all, "host", "state_directory"))
    to.state_directory = *state;
  to.stop_deadline = parse_duration(host.at("stop_deadline").get_ref<const std::string&>()).value();
  to.journal_size = host.at("journal_size").get<std::int64_t>();
  to.log_level = log.at("level").get<std::string>();
  to.log_format = log.at("format").get<std::string>();
  to.log_file = log.at("file").get<std::string>();
  to.admin_socket = admin.at("socket").get<std::string>();
  if (const auto runtime = directory_of_unit("RUNTIME_DIRECTORY"); runtime && !is_set(all, "admin", "socket"))
    to.admin_socket = *runtime / "admin.sock";
  return to;
}

}  // namespace

std::optional<host_config> load_host(const std::filesystem::path& file, diagnostics& found) {
  const auto documents = read_documents(file, found);
  // Without the main file there is nothing to go by. A broken include may well hold pipelines only: load() tells.
  if (!documents.has_main) return {};
  diagnostics others;  // of sections that are load()'s
  const auto all = collect_sections(documents, others);
  return read_host(all, found);
}

std::optional<configuration> load(const std::filesystem::path& file, const plugin_catalog& plugins,
                                  diagnostics& found) {
  diagnostics own;
  const auto documents = read_documents(file, own);
  const auto all = collect_sections(documents, own);
  configuration to;
  if (auto host = read_host(all, own)) to.host = std::move(*host);
  to.sources = read_instances(kind::source, all.sources, plugins, own);
  to.sinks = read_instances(kind::sink, all.sinks, plugins, own);
  to.pipelines = read_pipelines(all, documents.is_complete, own);
  if (documents.is_complete && all.pipelines.empty())
    own.error({.file = file.string()}, "there is no pipeline",
              R"(add [pipeline.NAME] with sources = ["…"] and sinks = ["…"])");
  found.take(own);
  if (own.has_errors()) return {};
  for (auto* all : {&to.sources, &to.sinks})
    for (auto& [name, each] : *all) each.isolation.stop_patience = to.host.stop_deadline / 2;
  return to;
}

}  // namespace drcon::config
