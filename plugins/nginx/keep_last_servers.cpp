#include "nginx/keep_last_servers.hpp"

#include <algorithm>

namespace drcon::nginx {
namespace {

std::size_t in_service(const std::vector<server>& all) {
  return static_cast<std::size_t>(std::ranges::count(all, false, &server::down));
}

server as_known_now(server kept, const std::vector<server>& refused) {
  const auto now = std::ranges::find(refused, kept.address, &server::address);
  if (now == refused.end()) return kept;
  kept.down = now->down;
  kept.weight = now->weight;
  return kept;
}

}  // namespace

common::refused_loss loss_of(const upstream& each, const last_servers& last) {
  const auto found = last.find(each.name);
  const auto refused = in_service(each.refused);
  return {.served = found == last.end() ? 0 : in_service(found->second),
          .desired = in_service(each.servers) + refused,
          .refused = refused};
}

std::vector<upstream> with_last_servers(std::vector<upstream> all, const last_servers& last) {
  for (auto& each : all) {
    if (!loss_of(each, last).keeps_last()) continue;
    for (const auto& kept : last.at(each.name))
      if (std::ranges::find(each.servers, kept.address, &server::address) == each.servers.end())
        each.servers.push_back(as_known_now(kept, each.refused));
  }
  return all;
}

}  // namespace drcon::nginx
