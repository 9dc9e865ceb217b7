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
bool read_address(const std::string& text, admin_config& to) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return false;
  auto address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  else if (address.find(':') != std::string::npos) return false;
  const auto* const first = text.data() + colon + 1;
  const auto* const last = text.data() + text.size();
  const auto port = std::from_chars(first, last, to.port);
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  const bool is_ip = ::inet_pton(AF_INET, address.c_str(), ignored.data()) == 1 ||
                     ::inet_pton(AF_INET6, address.c_str(), ignored.data()) == 1;
  to.address = address;
  return is_ip && port.ec == std::errc() && port.ptr == last && to.port != 0;
}

bool is_loopback(const std::string& address) { return address.starts_with("127.") || address == "::1"; }

// Whoever opens it to a network must have thought of who may ask, and of who listens in.
void read_admin(const sections& all, const json& from, admin_config& to, diagnostics& found) {
  to.socket = from.at("socket").get<std::string>();
  if (const auto runtime = directory_of_unit("RUNTIME_DIRECTORY"); runtime && !is_set(all, "admin", "socket"))
    to.socket = *runtime / "admin.sock";
  to.token = from.value("token", "");
  to.certificate = from.at("certificate").get<std::string>();
  to.private_key = from.at("private_key").get<std::string>();
  if (to.certificate.empty() != to.private_key.empty())
    found.error(where_of(all, "admin", to.certificate.empty() ? "private_key" : "certificate"),
                "[admin] has a certificate without a private_key, or the other way round",
                "TLS needs both: write the one that is missing");
  const auto listen = from.at("listen").get<std::string>();
  if (listen.empty()) return;
  const auto where = where_of(all, "admin", "listen");
  if (!read_address(listen, to)) {
    found.error(where, "'listen' in [admin]: expected ADDRESS:PORT, found \"" + shortened(listen) + "\"",
                "an IP address and a port, such as \"127.0.0.1:9180\" or \"[::1]:9180\"");
  } else if (!is_loopback(to.address) && (to.token.empty() || to.certificate.empty())) {
    found.error(where,
                "'listen' in [admin]: " + to.address + " can be reached from elsewhere, and has no " +
                    (to.token.empty() ? "token" : "TLS"),
                "add token, certificate and private_key, or listen on 127.0.0.1");
  }
}

// A level for a plugin that there is not does no harm, and no good.
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
  to.plugin_log_levels = log.at("plugins").get<std::map<std::string, std::string>>();
  to.log_format = log.at("format").get<std::string>();
  to.log_file = log.at("file").get<std::string>();
  diagnostics of_admin;
  read_admin(all, admin, to.admin, of_admin);
  found.take(of_admin);
  if (of_admin.has_errors()) return {};
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
  check_targets(to.sinks, plugins, own);
  check_log_plugins(all, plugins, own);
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
