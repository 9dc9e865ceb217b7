// A container as the Docker Engine API describes it: the parts that matter here.
//
// Pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace drcon::docker {

/// An address and port of this machine that lead to a port of a container.
struct port_binding {
  std::string address;  ///< "0.0.0.0", "::", or one address
  std::uint16_t port = 0;
};

/// A port that the container exposes, and where it is published.
struct container_port {
  std::uint16_t number = 0;
  bool udp = false;
  std::string host_address;     ///< as bound: "0.0.0.0", "::", or one address; empty when not published
  std::uint16_t host_port = 0;  ///< 0: not published
  bool is_requested = false;    ///< its publication was asked for, which changes nothing in network mode host
  std::string stands_in{};      ///< the task on the same node that its port of ingress belongs to
  std::vector<port_binding> more_bindings{};  ///< besides that one; those of IPv4 first

  /// What distinguishes it from the container's other ports.
  auto key() const { return std::pair(number, udp); }
};

struct container {
  std::string id;
  std::string name;   ///< without the leading "/"
  std::string image;  ///< as it was asked for: "registry:5000/team/web:v2"
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> settings;   ///< SERVICE_* of environment and labels, labels win: "name" -> "web"
  std::vector<container_port> ports;             ///< in order
  std::set<std::string> other_ports{};           ///< of protocols that have no endpoints: "80/sctp"
  std::map<std::string, std::string> addresses;  ///< network -> address
  std::map<std::string, std::string> ipv6_addresses{};  ///< network -> the one of IPv6 beside that of IPv4
  std::string hostname{};                               ///< as the container itself sees it
  // Of a task of a swarm only:
  std::string default_service{};  ///< instead of the image's name
  std::string node_name{};        ///< the machine that it runs on
  std::string node_address{};
  bool is_ending = false;    ///< the swarm has decided that it ends
  std::string network_mode;  ///< "default", "bridge", "host", "container:ID", a network's name
  int stop_signal = 15;

  bool running = false;
  bool paused = false;
  int exit_code = 0;
  bool out_of_memory = false;
  std::string health;  ///< "starting", "healthy", "unhealthy"; empty: it has no check
};

/// From GET /containers/ID/json; nothing when the answer does not have Docker's form.
std::optional<container> read_container(const nlohmann::json& inspected);

/// "SIGTERM", "TERM", "15" -> 15; 0 when it is none.
int signal_number(const std::string& text);

}  // namespace drcon::docker
