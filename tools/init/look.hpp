// Looks for the programs that drcon works with. Nothing is changed, and nothing is asked for longer than some seconds.
//
// Thread rule: any; each call blocks.
#pragma once

#include "init/found.hpp"

namespace drcon::init {

/// Asks the agent at `address`, a URL; empty: the one that CONSUL_HTTP_ADDR names, or http://127.0.0.1:8500.
looked<consul_agent> look_for_consul(std::string address);

/// Connects to the socket; empty: the one that DOCKER_HOST names, or /var/run/docker.sock.
looked<docker_engine> look_for_docker(std::string socket);

/// Reads the main configuration; empty: the one that the program nginx was built with.
looked<nginx_server> look_for_nginx(std::string config);

/// Reads the configuration; empty: /etc/haproxy/haproxy.cfg.
looked<haproxy_server> look_for_haproxy(std::string config);

}  // namespace drcon::init
