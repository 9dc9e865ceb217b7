// Which of a container's SERVICE_ settings hold for one of its ports: SERVICE_NAME for all, SERVICE_9200_NAME for one,
// SERVICE_9300-9305_NAME for a range, and SERVICE_9200_UDP_NAME for one protocol.
//
// Pure functions.
#pragma once

#include "docker/answer.hpp"

#include <map>
#include <string>
#include <vector>

namespace drcon::docker {

/// The settings that hold for one port. Of two for the same, the one for fewer ports counts, and of those the one that
/// names the protocol.
struct port_settings {
  std::map<std::string, std::string> all;  ///< "name" -> "web"
  bool own_name = false;                   ///< the name was given for this port, or for a range that it is in
  std::string ignored_by;                  ///< "SERVICE_80_IGNORE", if the port is to be ignored

  std::string get(const std::string& key) const {
    const auto found = all.find(key);
    return found == all.end() ? std::string() : found->second;
  }
};
port_settings settings_for(const container& origin, const container_port& port);

/// The ports that a SERVICE_<port>_NAME names, in order. One without a protocol stands for what the container exposes
/// of that number, and for TCP where it exposes nothing.
std::vector<container_port> named_ports(const container& origin);

/// A setting that has no effect, as it is written, and why.
struct unusable_setting {
  std::string setting;
  std::string why;
};
/// `ports`: all that the container has, named ones included.
std::vector<unusable_setting> unusable_settings(const container& origin, const std::vector<container_port>& ports);

}  // namespace drcon::docker
