// A private etcd on 127.0.0.1 with free ports: alone, or a member of a cluster.
#pragma once

#include "support/http.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace drcon::test {

class etcd_server {
public:
  /// A cluster of one; `more` are further arguments, such as "--auth-token-ttl=2"; with `https_port` it listens there
  /// too. Waits until it answers.
  explicit etcd_server(const std::vector<std::string>& more = {}, std::uint16_t https_port = 0);
  /// Members that know each other; waits until they have a leader.
  static std::vector<std::unique_ptr<etcd_server>> cluster(std::size_t members);

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// POST to the gateway; throws when it is not answered with 200.
  nlohmann::json call(const std::string& path, const nlohmann::json& body) const;
  /// The revision after it. `lease`: of lease(), or 0.
  std::int64_t put(const std::string& key, const std::string& value, std::int64_t lease = 0) const;
  std::int64_t remove(const std::string& key) const;
  /// All keys below; "" is every key.
  void remove_all(const std::string& prefix) const;
  std::int64_t lease(int seconds) const;
  void compact(std::int64_t revision) const;

  void stop() { process_.terminate(); }
  void kill9() { process_.kill9(); }
  void pause() const { process_.signal(SIGSTOP); }
  void resume() const { process_.signal(SIGCONT); }
  /// On the same ports, with or without what it knew.
  void start(bool keep_data);
  bool answers() const;
  std::string log() const { return process_.text(); }

private:
  struct member {
    std::string name;
    std::uint16_t client;
    std::uint16_t peer;
  };
  static std::vector<member> members(std::size_t count);
  etcd_server(std::size_t self, const std::vector<member>& all);
  void launch();
  void wait_for_answer();

  temp_dir directory_;
  std::uint16_t port_;
  std::vector<std::string> arguments_;
  process process_;
};

}  // namespace drcon::test
