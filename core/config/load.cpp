// From files to a checked configuration, every fault in one pass.
#include "config/configuration.hpp"
#include "config/document.hpp"
#include "config/instances.hpp"
#include "config/pipelines.hpp"
#include "config/sections.hpp"
#include "config/suggest.hpp"
#include "config/targets.hpp"
#include "config/text.hpp"
#include "config/toml_value.hpp"
#include "config/units.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

namespace drcon::config {
namespace {

using nlohmann::json;

// [NAME] with its defaults. Where it is there twice, which is an error, each is checked, and the values are not used.
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

// What is written for a key of [NAME]; null when nothing is.
const toml::node* written(const sections& all, const std::string& name, const char* key) {
  const auto [first, last] = all.single.equal_range(name);
  for (auto each = first; each != last; ++each)
    if (const auto* node = each->second.table->get(key)) return node;
  return nullptr;
}

bool is_set(const sections& all, const std::string& name, const char* key) {
  return written(all, name, key) != nullptr;
}

position where_of(const sections& all, const std::string& name, const char* key) {
  const auto* node = written(all, name, key);
  return node ? place(*node) : position{};
}

// What systemd.exec(5) says of StateDirectory= and RuntimeDirectory=: paths with ':' between them; the first is ours.
std::optional<std::filesystem::path> directory_of_unit(const char* variable) {
  const char* const given = std::getenv(variable);
  if (given == nullptr || *given != '/') return {};
  const std::string all(given);
  return all.substr(0, all.find(':'));
}

// "127.0.0.1:9180" and "[::1]:9180".
bool read_address(const std::string& text, admin_config& admin) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  auto address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  else if (address.find(':') != std::string::npos) return false;
  const auto* const first = text.data() + colon + 1;
  const auto* const last = text.data() + text.size();
  const auto port = std::from_chars(first, last, admin.port);
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  const bool is_ip = ::inet_pton(AF_INET, address.c_str(), ignored.data()) == 1 ||
                     ::inet_pton(AF_INET6, address.c_str(), ignored.data()) == 1;
  admin.address = address;
  return is_ip && port.ec == std::errc() && port.ptr == last && admin.port != 0;
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

// A port that is open to a network needs a token against strangers, and TLS against eavesdroppers.
void read_admin(const sections& all, const json& values, admin_config& admin, diagnostics& found) {
  admin.socket = values.at("socket").get<std::string>();
  if (const auto runtime = directory_of_unit("RUNTIME_DIRECTORY"); runtime && !is_set(all, "admin", "socket"))
    admin.socket = *runtime / "admin.sock";
  admin.token = values.value("token", "");
  admin.certificate = values.at("certificate").get<std::string>();
  admin.private_key = values.at("private_key").get<std::string>();
  if (admin.certificate.empty() != admin.private_key.empty())
    found.error(where_of(all, "admin", admin.certificate.empty() ? "private_key" : "certificate"),
                "[admin] has a certificate without a private_key, or the other way round",
                "TLS needs both: write the one that is missing");
  const auto listen = values.at("listen").get<std::string>();
  if (listen.empty()) return;
  const auto where = where_of(all, "admin", "listen");
  if (!read_address(listen, admin)) {
    found.error(where, "'listen' in [admin]: expected ADDRESS:PORT, found \"" + shortened(listen) + "\"",
                "an IP address and a port, such as \"127.0.0.1:9180\" or \"[::1]:9180\"");
  } else if (!is_loopback(admin.address) && (admin.token.empty() || admin.certificate.empty())) {
    found.error(where,
                "'listen' in [admin]: " + admin.address + " can be reached from elsewhere, and has no " +
                    (admin.token.empty() ? "token" : "TLS"),
                "add token, certificate and private_key, or listen on 127.0.0.1");
  }
}

// Warns about levels for unknown plugins: they have no effect, and are most likely typing errors.
void check_log_plugins(const sections& all, const plugin_catalog& plugins, diagnostics& found) {
  const auto* node = written(all, "log", "plugins");
  if (node == nullptr || !node->is_table()) return;
  auto known = plugins.names(kind::source);
  for (auto& each : plugins.names(kind::sink)) known.push_back(std::move(each));
  for (const auto& [key, level] : *node->as_table()) {
    const std::string name(key.str());
    if (std::ranges::find(known, name) == known.end())
      found.warning(place(key), "'plugins' in [log]: there is no plugin '" + shortened(name) + "'",
                    suggestion(name, known));
  }
}

std::optional<host_config> read_host(const sections& all, diagnostics& found) {
  diagnostics own;
  const auto host_values = read_own(all, "host", own);
  const auto log_values = read_own(all, "log", own);
  const auto admin_values = read_own(all, "admin", own);
  found.take(own);
  if (own.has_errors()) return {};
  host_config host;
  for (const auto& each : host_values.at("plugin_directories"))
    host.plugin_directories.emplace_back(each.get<std::string>());
  host.stop_on_bad_plugin = host_values.at("on_bad_plugin") == "stop";
  host.state_directory = host_values.at("state_directory").get<std::string>();
  if (const auto state = directory_of_unit("STATE_DIRECTORY"); state && !is_set(all, "host", "state_directory"))
    host.state_directory = *state;
  host.stop_deadline = parse_duration(host_values.at("stop_deadline").get_ref<const std::string&>()).value();
  host.journal_size = host_values.at("journal_size").get<std::int64_t>();
  host.log_level = log_values.at("level").get<std::string>();
  host.plugin_log_levels = log_values.at("plugins").get<std::map<std::string, std::string>>();
  host.log_format = log_values.at("format").get<std::string>();
  host.log_file = log_values.at("file").get<std::string>();
  diagnostics of_admin;
  read_admin(all, admin_values, host.admin, of_admin);
  found.take(of_admin);
  if (of_admin.has_errors()) return {};
  return host;
}

}  // namespace

std::optional<host_config> load_host(const std::filesystem::path& file, diagnostics& found) {
  const auto documents = read_documents(file, found);
  // Without the main file there are no options of the host. A broken include is left to load(), which reports it: it
  // may hold nothing but pipelines.
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
  configuration loaded;
  if (auto host = read_host(all, own)) loaded.host = std::move(*host);
  loaded.sources = read_instances(kind::source, all.sources, plugins, own);
  loaded.sinks = read_instances(kind::sink, all.sinks, plugins, own);
  check_targets(loaded.sinks, plugins, own);
  check_log_plugins(all, plugins, own);
  loaded.pipelines = read_pipelines(all, documents.is_complete, own);
  if (documents.is_complete && all.pipelines.empty())
    own.error({.file = file.string()}, "there is no pipeline",
              R"(add [pipeline.NAME] with sources = ["…"] and sinks = ["…"])");
  found.take(own);
  if (own.has_errors()) return {};
  for (auto* all : {&loaded.sources, &loaded.sinks})
    for (auto& [name, each] : *all) each.isolation.stop_patience = loaded.host.stop_deadline / 2;
  return loaded;
}

}  // namespace drcon::config
