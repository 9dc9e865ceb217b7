#include "docker/places.hpp"

#include "docker/port_settings.hpp"

#include <algorithm>
#include <utility>

namespace drcon::docker {
namespace {

bool is_host_mode(const container& origin) { return origin.network_mode == "host"; }
bool is_ipv6(const std::string& address) { return address.find(':') != std::string::npos; }
bool is_any_address(const std::string& address) { return address.empty() || address == "0.0.0.0" || address == "::"; }

void add(std::vector<place>& all, place one) {
  if (one.address.empty() || one.port == 0 || std::ranges::find(all, one) != all.end()) return;
  all.push_back(std::move(one));
}

// A task of a swarm may run on another machine, of which only one address is known.
std::string machine_of(const container& origin, const rules& by) {
  return origin.node_name.empty() ? by.host_address : origin.node_address;
}

places on_this_machine(const container& origin, const container_port& port, const rules& by) {
  places result;
  add(result.all, {machine_of(origin, by), port.number});
  if (result.all.empty()) result.why_none = "its node has no address";
  if (by.all_bindings && origin.node_name.empty()) add(result.all, {by.host_address_ipv6, port.number});
  return result;
}

places in_networks(const container& origin, const container_port& port, const rules& by) {
  places result;
  auto found = by.network.empty() ? origin.addresses.begin() : origin.addresses.find(by.network);
  if (found == origin.addresses.end()) {
    result.why_none =
        by.network.empty() ? "it has no address in any network" : "it is not in the network '" + by.network + "'";
    return result;
  }
  add(result.all, {found->second, port.number});
  const auto second = origin.ipv6_addresses.find(found->first);
  if (by.all_bindings && second != origin.ipv6_addresses.end()) add(result.all, {second->second, port.number});
  return result;
}

// The engine lists a binding for each family when a port is published on all addresses. Without an IPv6 address of
// this machine the one of IPv6 says nothing new.
places where_published(const container& origin, const container_port& port, const rules& by) {
  places result;
  if (!port.stands_in.empty()) {
    result.why_none = "the task " + port.stands_in + " on the same node stands for it, as ingress leads to both";
    return result;
  }
  if (port.host_port == 0) {
    result.why_none = "no port of this machine leads to it (docker run -p)";
    return result;
  }
  const auto own = machine_of(origin, by);
  const bool has_ipv6 = by.all_bindings && !by.host_address_ipv6.empty();
  if (!is_any_address(port.host_address)) add(result.all, {port.host_address, port.host_port});
  else add(result.all, {port.host_address == "::" && has_ipv6 ? by.host_address_ipv6 : own, port.host_port});
  if (result.all.empty()) result.why_none = "its node has no address";
  if (!by.all_bindings) return result;
  for (const auto& each : port.more_bindings) {
    if (!is_any_address(each.address)) add(result.all, {each.address, each.port});
    else add(result.all, {is_ipv6(each.address) ? by.host_address_ipv6 : own, each.port});
  }
  return result;
}

}  // namespace

places places_of(const container& origin, const container_port& port, const rules& by) {
  auto result = is_host_mode(origin) ? on_this_machine(origin, port, by)
                : by.internal        ? in_networks(origin, port, by)
                                     : where_published(origin, port, by);
  const auto label = origin.labels.find(by.address_label);
  if (result.all.empty() || by.address_label.empty() || label == origin.labels.end()) return result;
  result.all.resize(1);
  result.all.front().address = label->second.substr(0, label->second.find('/'));
  if (!result.all.front().address.empty()) return result;
  return {.all = {}, .why_none = "its label '" + by.address_label + "' gives no address"};
}

std::vector<container_port> ports_of(const container& origin, const rules& by) {
  // A service of a swarm does not say which ports its image exposes: within its network a name is enough.
  if (!origin.node_name.empty() && by.internal) {
    auto all = origin.ports;
    for (auto& each : named_ports(origin))
      if (std::ranges::find(all, each.key(), &container_port::key) == all.end()) all.push_back(std::move(each));
    return all;
  }
  if (!is_host_mode(origin) || by.host_network == host_ports::exposed) return origin.ports;
  if (by.host_network == host_ports::named) return named_ports(origin);
  auto all = origin.ports;
  std::erase_if(all, [](const auto& each) { return !each.is_requested; });
  return all;
}

std::string why_no_port(const container& origin, const rules& by) {
  if (!origin.other_ports.empty())
    return "only ports of tcp and udp are published, and it has none but " + *origin.other_ports.begin();
  if (is_host_mode(origin)) {
    switch (by.host_network) {
      case host_ports::exposed:
        return "it has network mode host and exposes no port: add EXPOSE or --expose, or set host_network = \"named\" "
               "and SERVICE_<port>_NAME";
      case host_ports::published:
        return "it has network mode host and no port is published (docker run -p), as host_network = \"published\" "
               "asks for";
      case host_ports::named:
        return "it has network mode host and no SERVICE_<port>_NAME, as host_network = \"named\" asks for";
    }
  }
  if (!origin.node_name.empty())
    return by.internal ? "its service publishes no port and has no SERVICE_<port>_NAME"
                       : "its service publishes no port";
  return by.internal ? "it exposes no port: add EXPOSE or --expose" : "it publishes no port (docker run -p)";
}

}  // namespace drcon::docker
