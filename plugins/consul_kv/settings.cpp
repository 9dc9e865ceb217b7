#include "consul_kv/settings.hpp"

#include "common/consul_rules.hpp"
#include "common/shortest_pause.hpp"
#include "common/tls_settings.hpp"

#include <set>

namespace drcon::consul_kv {
namespace {

// A prefix says for itself that there may be nothing below it.
absence read_absence(const options& required, bool is_prefix) {
  if (required.present()) return required.boolean() ? absence::awaited : absence::normal;
  return is_prefix ? absence::normal : absence::reported;
}

selection read_selection(const options& table, const std::string& datacenter) {
  const auto path = table["path"].string_or("");
  const auto prefix = table["prefix"].string_or("");
  if (path.empty() == prefix.empty())
    throw config_error(table.pointer(), "expected one, and only one, of 'path' and 'prefix'");
  selection result{.path = path.empty() ? prefix : path,
                   .is_prefix = path.empty(),
                   .depth = table["depth"].integer(),
                   .as = table["as"].string_or(""),
                   .datacenter = table["datacenter"].string_or(datacenter),
                   .absence = read_absence(table["required"], path.empty())};
  if (result.path.starts_with('/'))
    throw config_error(table.pointer(), "Consul's keys do not begin with '/': write '" + result.path.substr(1) + "'");
  // A prefix ends in what Consul takes for a folder: its last slash is no part of a name.
  if (!common::consul::fits_path(result.path))
    throw config_error(table.pointer(), "Consul cannot be asked for '" + result.path +
                                            "': a part of it between slashes is empty, '.' or '..'");
  if (result.depth != 0 && !result.is_prefix) throw config_error(table["depth"].pointer(), "goes with 'prefix' only");
  if (result.as.empty())
    result.as = result.path.ends_with('/') ? result.path.substr(0, result.path.size() - 1) : result.path;
  return result;
}

}  // namespace

settings read_settings(const options& table) {
  settings result;
  result.server = common::read_http_server(table["address"].string(), table["address"], table["tls"]);
  result.token = table["token"].string_or("");
  result.scope = common::consul::scope(table["namespace"].string_or(""), table["partition"].string_or(""));
  result.wait = table["wait"].duration();
  result.retry_max = common::pause_of_at_least(std::chrono::milliseconds(100), table["retry_max"]);
  if (result.wait < std::chrono::seconds(1) || result.wait > std::chrono::minutes(10))
    throw config_error("/wait", "wait must be between 1s and 10m, which is the most Consul takes");
  std::set<std::string> names;
  for (std::size_t i = 0; i < table["key"].count(); ++i) {
    auto one = read_selection(table["key"][i], table["datacenter"].string_or(""));
    if (!names.insert(one.as).second)
      throw config_error(table["key"][i].pointer(), "'" + one.as + "' is there already; 'as' gives another name");
    result.keys.push_back(std::move(one));
  }
  return result;
}

}  // namespace drcon::consul_kv
