// A private Consul agent: one server on 127.0.0.1 with free ports.
#pragma once

#include "support/http.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace drcon::test {

class consul_agent {
public:
  /// `config` is merged into the agent's configuration (limits, ACL); with ACLs `token` may do everything. Waits for a
  /// leader, unless it is one of several servers and cannot have one yet.
  explicit consul_agent(nlohmann::json config = nlohmann::json::object(), const std::string& token = {},
                        bool await_leader = true);

  std::uint16_t port() const { return port_; }
  std::uint16_t dns_port() const { return dns_port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  pid_t pid() const { return process_.pid(); }

  /// With the token, as all that this class asks.
  http_answer get(const std::string& path) const { return http("GET", port_, path, {}, headers_); }
  http_answer put(const std::string& path, const nlohmann::json& body = nullptr) const;

  /// `more` is merged into the registration: Tags, Meta, Weights, Check, …
  void add(const std::string& service, const std::string& id, const std::string& address, int port,
           nlohmann::json more = nlohmann::json::object()) const;
  void remove(const std::string& id) const { put("/v1/agent/service/deregister/" + id); }
  void maintenance(const std::string& id, bool on) const;

  void stop() { process_.terminate(); }
  void kill9() { process_.kill9(); }
  void pause() const { process_.signal(SIGSTOP); }
  void resume() const { process_.signal(SIGCONT); }
  /// On the same ports, with or without what it knew.
  void start(bool keep_data);
  /// On the same ports, one server of three that are expected: it answers, and has no leader.
  void start_without_leader();
  bool has_leader() const;
  std::string log() const { return process_.text(); }

private:
  void launch(bool await_leader = true);

  temp_dir directory_;
  std::map<std::string, std::string> headers_;
  std::uint16_t port_;
  std::uint16_t dns_port_;
  process process_;
};

}  // namespace drcon::test
