#include "common/address.hpp"
#include "haproxy/apply.hpp"

namespace drcon::haproxy {

std::pair<std::string, std::optional<std::string>> applier::preview(const desired_backends& desired) const {
  const auto line = [](unsigned weight, server_state state) {
    return " weight " + std::to_string(weight) +
           (state == server_state::ready ? std::string() : std::string(" ") + to_string(state)) + "\n";
  };
  std::string next;
  for (const auto& [backend, each] : desired)
    for (const auto& [key, server] : each.servers)
      next += backend + " " + key + line(server.weight_in_haproxy(), server.state);
  target cli(options_.socket, options_.timeout);
  std::string why = cli.open();
  const auto now = why.empty() ? look(cli, why) : std::nullopt;
  if (!now) return {next, std::nullopt};
  std::map<std::string, std::string> lines;  // sorted as the desired ones are
  for (const auto& [backend, each] : desired) {
    const auto servers = now->state.servers.find(backend);
    if (servers == now->state.servers.end()) continue;
    for (const auto& [name, server] : servers->second) {
      if (!is_ours(name, server, options_.plan)) continue;
      if (options_.plan.mode == mode::slots && server.in_maintenance()) continue;
      lines[backend + " " + common::with_port(server.address, server.port)] = line(server.weight, server.state());
    }
  }
  std::string live;
  for (const auto& [start, end] : lines) live += start + end;
  return {next, live};
}

}  // namespace drcon::haproxy
