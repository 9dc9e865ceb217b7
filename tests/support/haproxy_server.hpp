// A private HAProxy in master-worker mode: its own configuration, sockets and port.
#pragma once

#include "support/http.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace drcon::test {

class haproxy_server {
public:
  /// `backends` are sections of the configuration; the frontend sends everything to the backend "web".
  explicit haproxy_server(std::string backends = "backend web\n  balance roundrobin\n", std::string globals = {},
                          bool start_now = true, std::string program = "haproxy");

  std::uint16_t port() const { return port_; }
  std::filesystem::path socket() const { return directory_ / "stats.sock"; }
  std::filesystem::path operator_socket() const { return directory_ / "operator.sock"; }
  std::filesystem::path master_socket() const { return directory_ / "master.sock"; }
  std::uint16_t tcp_socket() const { return tcp_socket_; }
  const std::filesystem::path& directory() const { return directory_.path(); }
  std::filesystem::path config() const { return directory_ / "haproxy.cfg"; }
  /// The options of a haproxy sink for this server, as TOML; answers are asked for often.
  std::string options() const;

  /// Replaces `backends`; takes effect at the next start or reload.
  void configure(std::string backends);
  /// A second file of its configuration, read after the first; takes effect at the next start.
  void read_also(std::filesystem::path file) { second_config_ = std::move(file); }
  void start();
  void stop() { process_.terminate(); }
  void kill9();
  void pause() const;
  void resume() const;
  /// SIGUSR2 to the master; returns when a new worker answers.
  void reload() const;
  /// SIGUSR2 to the master, whose configuration cannot be read for this one reload; returns when it says that it
  /// failed. The worker goes on.
  void fail_to_reload() const;
  /// Pid of the worker that answers the stats socket; 0 when none does.
  pid_t worker() const;
  /// How often the master has been reloaded, as it counts itself.
  int reloads() const;
  std::string log() const { return process_.text(); }

  /// One command (or several with ';') over the stats socket; the answer as it is.
  std::string command(const std::string& line) const;
  /// Names of the servers of a backend.
  std::set<std::string> servers(const std::string& backend = "web") const;
  /// One field of a server in `show servers state`, such as "srv_admin_state".
  std::string field(const std::string& server, const std::string& name) const;
  http_answer get(const std::string& target = "/") const { return test::get(port_, target); }

private:
  void write_config() const;
  /// `show servers state BACKEND`: a row for each server, by the names of its columns.
  std::vector<std::map<std::string, std::string>> state(const std::string& backend) const;
  static std::string ask(const std::filesystem::path& socket, const std::string& line);
  bool master_answers() const;

  temp_dir directory_;
  std::uint16_t port_;
  std::uint16_t tcp_socket_;
  std::string backends_;
  std::string globals_;
  std::string program_;
  std::filesystem::path second_config_;
  process process_;
};

}  // namespace drcon::test
