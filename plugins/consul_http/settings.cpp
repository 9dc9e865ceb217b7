#include "consul_http/settings.hpp"

#include "common/consul_rules.hpp"
#include "common/tls_settings.hpp"

#include <algorithm>
#include <set>

namespace drcon::consul {
namespace {

health_level read_health(const std::string& word) {
  if (word == "any") return health_level::any;
  return word == "warning" ? health_level::warning : health_level::passing;
}

consistency read_consistency(const std::string& word) {
  if (word == "stale") return consistency::stale;
  if (word == "consistent") return consistency::consistent;
  return word == "cached" ? consistency::cached : consistency::usual;
}

common::http_choice read_http(const options& option, const common::http_server& server) {
  const auto word = option.string();
  if (word == "2" && !server.tls)
    throw config_error(
        option.pointer(),
        "HTTP/2 takes TLS: Consul speaks it on its HTTPS listeners only. Give an address that begins with "
        "https:// (ports.https of the agent), or leave http at \"auto\"");
  if (word == "2") return common::http_choice::http2;
  return word == "1.1" ? common::http_choice::http1 : common::http_choice::automatic;
}

// A number, or "auto".
std::optional<std::size_t> read_connections(const options& option) {
  try {
    return static_cast<std::size_t>(option.integer());
  } catch (const config_error&) {  // it is no number
    if (option.string() == "auto") return {};
    throw config_error(option.pointer(), "expected a number from 8 to 100000, or \"auto\"");
  }
}

details read_details(const std::vector<std::string>& words) {
  const auto has = [&](const char* word) { return std::ranges::find(words, word) != words.end(); };
  return {.node = has("node"), .addresses = has("addresses"), .checks = has("checks")};
}

// What goes with one service, by its name.
void check_named(const selection& chosen, const options& table) {
  const auto needs_name = [&](bool is_given, const std::string& option, const std::string& why) {
    if (is_given && !chosen.by_name())
      throw config_error(table.pointer() + "/" + option, why + ", so it goes with name");
  };
  if (!chosen.as.empty() && !chosen.by_name())
    throw config_error(table.pointer() + "/as",
                       "'as' names one service, so it goes with name or query, not with match or with_tag");
  needs_name(chosen.at_least > 0, "at_least", "at_least is for one service");
  needs_name(chosen.as_what == asked_as::mesh, "connect", "Consul lists no proxies but those of one service");
  needs_name(!chosen.peer.empty(), "peer", "Consul has no catalogue of what a peer exports");
  needs_name(!chosen.sameness_group.empty(), "sameness_group", "Consul has no catalogue of a sameness group");
  if (!chosen.peer.empty() && !chosen.sameness_group.empty())
    throw config_error(table.pointer() + "/sameness_group", "peer and sameness_group are two answers to one question");
}

// Consul ignores what else is asked for with a prepared query.
void check_query(const selection& chosen, const options& table) {
  const auto refuse = [&](bool is_given, const std::string& option) {
    if (is_given)
      throw config_error(table.pointer() + "/" + option,
                         "a prepared query says itself what it selects: " + option + " belongs into its definition");
  };
  refuse(!chosen.tags.empty(), "tag");
  refuse(!chosen.filter.empty(), "filter");
  refuse(!chosen.peer.empty(), "peer");
  refuse(!chosen.sameness_group.empty(), "sameness_group");
  refuse(table["connect"].boolean(), "connect");
}

selection read_selection(const options& table, const options& source) {
  const auto own_or_source = [&](const char* key) { return table[key].string_or(source[key].string_or("")); };
  selection result{
      .name = table["name"].string_or(""),
      .as_what = table["connect"].boolean() ? asked_as::mesh : asked_as::service,
      .match = {},
      .match_text = {},
      .with_tag = table["with_tag"].string_or(""),
      .as = table["as"].string_or(""),
      .at_least = static_cast<std::size_t>(table["at_least"].integer()),
      .tags = table["tag"].strings(),
      .health = read_health(table["health"].string()),
      .place_of_instance = {.address = table["address"].string_or(""), .port = table["port"].string_or("")},
      .filter = table["filter"].string_or(""),
      .near = table["near"].string_or(""),
      .datacenter = own_or_source("datacenter"),
      .ns = own_or_source("namespace"),
      .partition = own_or_source("partition"),
      .peer = table["peer"].string_or(""),
      .sameness_group = table["sameness_group"].string_or("")};
  const auto match = table["match"].string_or("");
  const auto query = table["query"].string_or("");
  if (!match.empty()) result.match.emplace(match);
  result.match_text = match;
  const int ways = (result.name.empty() ? 0 : 1) + (match.empty() ? 0 : 1) + (result.with_tag.empty() ? 0 : 1) +
                   (query.empty() ? 0 : 1);
  if (ways != 1)
    throw config_error(table.pointer(), "a service is chosen by exactly one of name, match, with_tag and query");
  if (!query.empty()) {
    result.name = query;
    result.as_what = asked_as::query;
    check_query(result, table);
  }
  if (result.by_name() && !common::consul::fits_path(result.name))
    throw config_error(
        table.pointer() + "/name",
        "Consul cannot be asked for this service: a part of its name between slashes is empty, '.' or '..'");
  check_named(result, table);
  return result;
}

}  // namespace

settings read_settings(const options& table) {
  settings result;
  result.server = common::read_http_server(table["address"].string(), table["address"], table["tls"]);
  result.http = read_http(table["http"], result.server);
  result.token = table["token"].string_or("");
  result.consistency = read_consistency(table["consistency"].string());
  result.details = read_details(table["details"].strings());
  result.max_stale = table["max_stale"].duration();
  result.wait = table["wait"].duration();
  result.retry_min = table["retry_min"].duration();
  result.retry_max = table["retry_max"].duration();
  result.connections = read_connections(table["connections"]);
  result.rotation_rate = static_cast<double>(table["rotation_rate"].integer());
  if (table["rotation_max_age"].present()) result.rotation_max_age = table["rotation_max_age"].duration();
  if (result.wait < std::chrono::seconds(1) || result.wait > std::chrono::minutes(10))
    throw config_error("/wait", "wait must be between 1s and 10m, which is the most Consul takes");
  if (result.retry_min < std::chrono::milliseconds(1) || result.retry_min > result.retry_max)
    throw config_error("/retry_min", "retry_min must be at least 1ms and at most retry_max");
  std::set<std::string> names;
  for (std::size_t i = 0; i < table["service"].count(); ++i) {
    auto each = read_selection(table["service"][i], table);
    const auto name = each.as.empty() ? each.name : each.as;
    if (!name.empty() && !names.insert(name).second)
      throw config_error("/service/" + std::to_string(i),
                         "'" + name + "' is chosen twice; give one of them another name with 'as'");
    result.services.push_back(std::move(each));
  }
  return result;
}

}  // namespace drcon::consul
