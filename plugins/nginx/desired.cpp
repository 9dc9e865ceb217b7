#include "nginx/desired.hpp"

#include "common/address.hpp"
#include "common/nginx_grammar.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <optional>
#include <set>

namespace drcon::nginx {

using common::nginx::hazard;
using common::nginx::is_upstream_name;
namespace {

constexpr std::size_t longest_host_name = 253;

bool is_ip(std::string_view text) {
  boost::system::error_code error;
  boost::asio::ip::make_address(text, error);
  return !error && text.find('%') == std::string_view::npos;
}

// What the labels carry that nginx would give a meaning to; with drop_value such labels are taken off instead.
std::optional<std::string> fault_of_labels(endpoint& each, hostile_policy policy) {
  std::optional<std::string> first;
  const auto judge = [&](const char* what, const std::string& value) {
    const auto found = hazard(value);
    if (found && !first)
      first = std::string("its ") + what + " holds " + *found +
              ", which nginx would give a meaning to; hostile = \"drop value\" leaves out only the value";
    return found.has_value();
  };
  const bool drop_value = policy == hostile_policy::drop_value;
  std::erase_if(each.tags, [&](const std::string& tag) { return judge("tag", tag) && drop_value; });
  std::erase_if(each.meta, [&](const auto& pair) {
    const bool key = judge("meta key", pair.first);
    return (judge("meta value", pair.second) || key) && drop_value;
  });
  for (const auto& [what, value] : {std::pair{"id", &each.id}, std::pair{"node", &each.node}})
    if (judge(what, *value) && drop_value) value->clear();
  return drop_value ? std::nullopt : first;
}

void take_off_what_is_not_written(endpoint& each, const written_labels& written) {
  if (!written.id) each.id.clear();
  if (!written.node) each.node.clear();
  if (!written.tags) each.tags.clear();
  if (!written.meta) each.meta.clear();
}

bool is_down(const endpoint& each) {
  return each.weight == 0 || each.health == health::critical || each.health == health::maintenance;
}

std::optional<std::string> fault_of_address(const endpoint& each, const desired_rules& rules) {
  if (!is_ip(each.address) && rules.host_names == name_policy::drop)
    return "its address is a host name, and nginx refuses a whole configuration for one name that does not resolve; "
           "host_names = \"pass\" takes it";
  if (!is_ip(each.address) && (!is_upstream_name(each.address) || each.address.size() > longest_host_name))
    return "its address is neither an IP address nor a host name";
  if (const auto found = hazard(each.address)) return "its address holds " + *found;
  if (each.port < 1 || each.port > 65535) return "its port is not between 1 and 65535";
  return {};
}

upstream upstream_of(const service_view& service, const desired_rules& rules, const context& host) {
  upstream result{.name = std::string(service.name()), .servers = {}, .refused = {}};
  std::set<std::string> seen;
  auto lowest = UINT32_MAX;
  for (const auto view : service.endpoints()) {
    server one{.address = {},
               .weight = std::clamp(view.weight(), 1U, 65535U),
               .backup = false,
               .down = false,
               .origin = view.copy(),
               .endpoint = std::string(view.id())};
    auto& each = one.origin;
    take_off_what_is_not_written(each, rules.written);
    one.down = is_down(each);
    auto fault = fault_of_address(each, rules);
    if (!fault) {
      one.address = common::with_port(each.address, each.port);
      fault = fault_of_labels(each, rules.hostile);
    }
    if (fault) {
      host.refused(service.name(), view.id(), *fault);
      result.refused.push_back(std::move(one));
      continue;
    }
    if (!seen.insert(one.address).second) continue;  // nginx would count it twice
    lowest = std::min(lowest, each.priority);
    result.servers.push_back(std::move(one));
  }
  for (auto& each : result.servers) each.backup = each.origin.priority > lowest;
  return result;
}

}  // namespace

std::set<std::string> names_of(const std::vector<upstream>& all) {
  std::set<std::string> names;
  for (const auto& each : all) names.insert(each.name);
  return names;
}

std::vector<upstream> desired_from(const snapshot_view& desired, const desired_rules& rules, const context& host) {
  std::vector<upstream> all;
  for (const auto& service : desired.services()) {
    if (service.is_settings()) continue;
    if (!is_upstream_name(service.name()))
      host.refused(service.name(), {},
                   "its name cannot be that of an upstream: letters, digits, '_', '.' and '-', at most 200");
    else all.push_back(upstream_of(service, rules, host));
  }
  return all;
}

}  // namespace drcon::nginx
