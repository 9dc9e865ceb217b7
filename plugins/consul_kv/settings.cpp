#include "consul_kv/settings.hpp"

#include "common/consul_rules.hpp"
#include "common/tls_settings.hpp"

#include <set>

namespace drcon::consul_kv {
namespace {

selection read_selection(const options& from, const std::string& datacenter) {
  const auto path = from["path"].string_or("");
  const auto prefix = from["prefix"].string_or("");
  if (path.empty() == prefix.empty())
    throw config_error(from.pointer(), "expected one, and only one, of 'path' and 'prefix'");
  selection to{.path = path.empty() ? prefix : path,
               .is_prefix = path.empty(),
               .depth = from["depth"].integer(),
               .as = from["as"].string_or(""),
               .datacenter = from["datacenter"].string_or(datacenter)};
  if (to.path.starts_with('/'))
    throw config_error(from.pointer(), "Consul's keys do not begin with '/': '" + to.path.substr(1) + "' is meant");
  if (to.depth != 0 && !to.is_prefix) throw config_error(from["depth"].pointer(), "goes with 'prefix' only");
  if (to.as.empty()) to.as = to.path.ends_with('/') ? to.path.substr(0, to.path.size() - 1) : to.path;
  return to;
}

}  // namespace

settings read_settings(const options& from) {
  settings to;
  to.server = common::read_http_server(from["address"].string(), from["address"], from["tls"]);
  to.token = from["token"].string_or("");
  to.scope = common::consul::scope(from["namespace"].string_or(""), from["partition"].string_or(""));
  to.wait = from["wait"].duration();
  to.retry_max = from["retry_max"].duration();
  if (to.wait < std::chrono::seconds(1) || to.wait > std::chrono::minutes(10))
    throw config_error("/wait", "wait must be between 1s and 10m, which is the most Consul takes");
  std::set<std::string> names;
  for (std::size_t i = 0; i < from["key"].count(); ++i) {
    auto one = read_selection(from["key"][i], from["datacenter"].string_or(""));
    if (!names.insert(one.as).second)
      throw config_error(from["key"][i].pointer(), "'" + one.as + "' is there already; 'as' gives another name");
    to.keys.push_back(std::move(one));
  }
  return to;
}

}  // namespace drcon::consul_kv
