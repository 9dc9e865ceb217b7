#include "consul_dns/services.hpp"

#include "common/address.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace drcon::consul_dns {
namespace {

// "web-1.node.dc1.consul" is Consul's way to name a node; another target is itself the best name there is. The
// "HEX.addr.dc1.consul" of a service with an address of its own names no node.
std::string node_of(const std::string& target) {
  if (target.find(".addr.") != std::string::npos) return {};
  const auto found = target.find(".node.");
  return found == std::string::npos ? target : target.substr(0, found);
}

// "….node.dc1.consul", "….addr.dc1.consul": the label behind.
std::string datacenter_of(const std::string& target) {
  for (const std::string_view kind : {".node.", ".addr."}) {
    const auto found = target.find(kind);
    if (found == std::string::npos) continue;
    const auto rest = target.substr(found + kind.size());
    const auto dot = rest.find('.');
    return dot == std::string::npos ? std::string() : rest.substr(0, dot);
  }
  return {};
}

}  // namespace

void add_addresses(const std::vector<address_record>& records, address_book& book) {
  for (const auto& each : records) {
    const auto [found, is_new] = book.emplace(each.name, each.address);
    const auto is_v6 = [](const std::string& address) { return address.find(':') != std::string::npos; };
    if (is_new) continue;
    // One address for each target: of several of a family always the same one.
    if (is_v6(found->second) == is_v6(each.address)) found->second = std::min(found->second, each.address);
    else if (is_v6(found->second)) found->second = each.address;
  }
}

std::vector<std::string> unresolved(const std::vector<srv_record>& records, const address_book& book) {
  std::vector<std::string> names;
  for (const auto& each : records)
    if (!each.target.empty() && !book.contains(each.target)) names.push_back(each.target);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::vector<endpoint> endpoints_of(std::vector<srv_record> records, const address_book& book,
                                   const watched_service& of) {
  // Two records may come to one address and port; servers shuffle. The most preferred, heaviest one speaks for both.
  std::ranges::sort(records, {}, [](const srv_record& each) {
    return std::make_tuple(each.priority, -static_cast<int>(each.weight), each.target, each.port);
  });
  std::map<std::string, endpoint> all;
  for (const auto& each : records) {
    if (each.target.empty()) continue;  // RFC 2782: "." says that the service is decidedly not there
    const bool warning = of.of_consul && each.weight == 0;
    if (warning && !of.warning) continue;
    const auto found = book.find(each.target);
    if (found == book.end()) continue;
    const auto& address = found->second;
    endpoint one{.id = common::with_port(address, each.port),
                 .node = node_of(each.target),
                 .address = address,
                 .port = each.port,
                 .weight = std::max<std::uint32_t>(each.weight, 1),
                 .priority = each.priority,
                 .health = warning ? health::warning : health::passing,
                 .tags = {},
                 .meta = {}};
    if (!of.tag.empty()) one.tags.push_back(of.tag);
    if (const auto datacenter = datacenter_of(each.target); of.of_consul && !datacenter.empty())
      one.meta.emplace("datacenter", datacenter);
    const auto id = one.id;
    all.emplace(id, std::move(one));
  }
  // Priorities are relative; Consul says 1 for all.
  std::uint32_t least = UINT32_MAX;
  for (const auto& [id, each] : all) least = std::min(least, each.priority);
  std::vector<endpoint> sorted;
  for (auto& [id, each] : all) {
    each.priority -= least;
    sorted.push_back(std::move(each));
  }
  return sorted;
}

std::uint32_t ttl_of(const message& answer) {
  std::uint32_t least = UINT32_MAX;
  for (const auto& each : answer.services) least = std::min(least, each.ttl);
  for (const auto& each : answer.alongside) least = std::min(least, each.ttl);
  return least;
}

}  // namespace drcon::consul_dns
