// What `drcon init` has found on this machine: each program with what the first configuration needs to know of it.
//
// Values.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace drcon::init {

/// What was looked for, and how that went, in one line for people.
template <class Program>
struct looked {
  std::optional<Program> there;  ///< nothing when the configuration cannot use it
  std::string line;
};

/// A registry's agent that answers.
struct consul_agent {
  std::string address;                ///< a URL
  bool address_is_usual = true;       ///< then the configuration need not name it
  std::vector<std::string> services;  ///< without Consul's own, in order
  bool needs_token = false;           ///< it answers, and refuses to list services to who has no token
};

struct docker_engine {
  std::string socket;
  bool socket_is_usual = true;
  bool may_connect = true;  ///< this user; whether the service may is a matter of its group
};

struct nginx_server {
  std::string config;                    ///< the main configuration
  std::string pid_file;                  ///< as the configuration names it; empty when it does not, or not absolutely
  std::vector<std::string> directories;  ///< from which http { } includes every *.conf
};

struct haproxy_server {
  std::string config;
  std::string socket;                 ///< a stats socket of level admin; empty when there is none
  std::vector<std::string> backends;  ///< in the order of the file
};

struct machine {
  looked<consul_agent> consul;
  looked<docker_engine> docker;
  looked<nginx_server> nginx;
  looked<haproxy_server> haproxy;

  bool has_source() const { return consul.there || docker.there; }
  bool has_sink() const { return nginx.there || haproxy.there; }
};

}  // namespace drcon::init
