#include "nomad/settings.hpp"

#include "common/shortest_pause.hpp"
#include "common/tls_settings.hpp"

#include <set>
#include <utility>

namespace drcon::nomad {
namespace {

selection read_selection(const options& table, const std::string& ns) {
  const auto name = table["name"].string();
  return {.name = name,
          .as = table["as"].string_or(name),
          .ns = table["namespace"].string_or(ns),
          .tags = table["tag"].strings(),
          .filter = table["filter"].string_or(""),
          .at_least = static_cast<std::size_t>(table["at_least"].integer())};
}

}  // namespace

settings read_settings(const options& table) {
  settings result;
  result.server = common::read_http_server(table["address"].string(), table["address"], table["tls"]);
  result.token = table["token"].string_or("");
  result.region = table["region"].string_or("");
  result.wait = table["wait"].duration();
  result.retry_max = common::pause_of_at_least(std::chrono::milliseconds(100), table["retry_max"]);
  if (result.wait < std::chrono::seconds(1) || result.wait > std::chrono::minutes(10))
    throw config_error("/wait", "wait must be between 1s and 10m, which is the most Nomad takes");
  std::set<std::string> names;
  for (std::size_t i = 0; i < table["service"].count(); ++i) {
    auto one = read_selection(table["service"][i], table["namespace"].string_or(""));
    if (!names.insert(one.as).second)
      throw config_error(table["service"][i].pointer(), "'" + one.as + "' is there already; 'as' gives another name");
    result.services.push_back(std::move(one));
  }
  return result;
}

}  // namespace drcon::nomad
