#include "consul_http/settings.hpp"

#include "common/tls_settings.hpp"

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

selection read_selection(const options& from, const options& source) {
  const auto own_or_source = [&](const char* key) { return from[key].string_or(source[key].string_or("")); };
  selection to{.name = from["name"].string_or(""),
               .match = {},
               .with_tag = from["with_tag"].string_or(""),
               .as = from["as"].string_or(""),
               .tags = from["tag"].strings(),
               .health = read_health(from["health"].string()),
               .filter = from["filter"].string_or(""),
               .near = from["near"].string_or(""),
               .datacenter = own_or_source("datacenter"),
               .ns = own_or_source("namespace"),
               .partition = own_or_source("partition")};
  const auto match = from["match"].string_or("");
  if (!match.empty()) to.match = std::regex(match, std::regex::ECMAScript | std::regex::optimize);
  const int ways = (to.name.empty() ? 0 : 1) + (match.empty() ? 0 : 1) + (to.with_tag.empty() ? 0 : 1);
  if (ways != 1) throw config_error(from.pointer(), "a service is chosen by exactly one of name, match and with_tag");
  if (!to.as.empty() && !to.by_name())
    throw config_error(from.pointer() + "/as",
                       "'as' names one service, so it goes with name, not with match or with_tag");
  return to;
}

}  // namespace

settings read_settings(const options& from) {
  settings to;
  to.server = common::read_http_server(from["address"].string(), from["address"], from["tls"]);
  to.token = from["token"].string_or("");
  to.consistency = read_consistency(from["consistency"].string());
  to.max_stale = from["max_stale"].duration();
  to.wait = from["wait"].duration();
  to.retry_min = from["retry_min"].duration();
  to.retry_max = from["retry_max"].duration();
  to.connections = static_cast<std::size_t>(from["connections"].integer());
  to.rotation_rate = static_cast<double>(from["rotation_rate"].integer());
  to.rotation_max_age = from["rotation_max_age"].duration();
  if (to.wait < std::chrono::seconds(1) || to.wait > std::chrono::minutes(10))
    throw config_error("/wait", "wait must be between 1s and 10m, which is the most Consul takes");
  if (to.retry_min < std::chrono::milliseconds(1) || to.retry_min > to.retry_max)
    throw config_error("/retry_min", "retry_min must be at least 1ms and at most retry_max");
  std::set<std::string> names;
  for (std::size_t i = 0; i < from["service"].count(); ++i) {
    auto each = read_selection(from["service"][i], from);
    const auto name = each.as.empty() ? each.name : each.as;
    if (!name.empty() && !names.insert(name).second)
      throw config_error("/service/" + std::to_string(i),
                         "'" + name + "' is chosen twice; give one of them another name with 'as'");
    to.services.push_back(std::move(each));
  }
  return to;
}

}  // namespace drcon::consul
