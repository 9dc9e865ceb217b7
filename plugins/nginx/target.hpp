// One running nginx: its configuration test, its master, what it serves.
//
// Thread rule: owned by the sink's one thread.
#pragma once

#include "common/probe.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace drcon::nginx {

struct target_settings {
  std::string binary;
  std::string config;
  std::string prefix;  ///< or empty
  std::string pid_file;
  bool ask_program = true;  ///< false: nginx -t is not run, the master alone judges
  std::chrono::nanoseconds check_timeout{};
};

class target {
public:
  explicit target(target_settings settings) : settings_(std::move(settings)) {}

  struct verdict {
    bool ok = false;
    bool judged = false;  ///< false: nginx -t could not be run, so that nothing is known of the configuration
    std::string why;      ///< nginx's own [emerg] line
    bool timed_out = false;
  };
  /// Runs `nginx -t` on the main configuration. Accepts everything where the master alone decides (check = "master").
  verdict check(const std::stop_token& stop) const;

  /// The master's pid; nothing when it does not run, with the reason.
  std::optional<pid_t> master(std::string& why) const;
  /// Why a change could not be checked or taken up now, or empty: the program is not there, or the master cannot be
  /// found or signalled. Costs no process.
  std::string fault_of_next_change() const;
  /// SIGHUP. Empty when sent, else why not.
  std::string reload(pid_t master) const;

  /// The generation that answers a new connection.
  common::probe_answer generation(const boost::asio::ip::tcp::endpoint& listener) const;

  /// Workers: pid -> start time, in clock ticks since boot.
  using worker_starts = std::map<pid_t, unsigned long long>;
  /// Those that accept connections. Where there is none, and nobody listens any more either, the master is shutting
  /// down: its workers finish the connections that they have, or have ended.
  worker_starts workers(pid_t master) const;

  struct worker {
    unsigned long long start = 0;
    bool accepts = false;  ///< else it finishes the connections that it has
  };
  /// All of them, those that are about to end as well.
  std::map<pid_t, worker> all_workers(pid_t master) const;

  /// Whether the main configuration includes `file`, according to `nginx -T`; nothing when that cannot be known. `mark`
  /// is a text of the file, which may be included by another name.
  std::optional<bool> includes(const std::string& file, const std::string& mark, const std::stop_token& stop) const;

  const target_settings& settings() const { return settings_; }

private:
  std::vector<std::string> command(const char* flag) const;
  static std::string signal(pid_t master, int number);

  target_settings settings_;
};

}  // namespace drcon::nginx
