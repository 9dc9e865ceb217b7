// A container that is published as it is, and the rules that are usual.
#pragma once

#include "docker/conventions.hpp"

#include <map>
#include <string>
#include <utility>

namespace drcon::docker {

inline const rules usual{.host_name = "h", .host_address = "10.0.0.1", .network = {}, .address_label = {}, .tags = {}};

/// `with`: its SERVICE_ settings.
inline container web(std::map<std::string, std::string> with = {}) {
  return {.id = "c1",
          .name = "web-1",
          .image = "registry:5000/team/web:v2",
          .labels = {},
          .settings = std::move(with),
          .ports = {{.number = 80, .host_address = "0.0.0.0", .host_port = 32768}},
          .addresses = {{"bridge", "172.17.0.2"}},
          .network_mode = "default",
          .running = true,
          .health = {}};
}

}  // namespace drcon::docker
