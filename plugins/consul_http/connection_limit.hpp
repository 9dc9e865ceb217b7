// How many connections may be open to the agent.
//
// An agent allows a number of connections per client address (limits.http_max_conns_per_client, 200 by default), and
// closes the next one at once. Then the watcher uses only as many as work, and tries a few more after some time, for
// other clients of this address may have gone.
//
// State without input or output; the time is passed in.
// Thread rule: the strand of the watcher.
#pragma once

#include "common/http_answer.hpp"

#include <chrono>
#include <cstddef>

namespace drcon::consul {

class connection_limit {
public:
  using clock = std::chrono::steady_clock;

  /// Before connections beyond the agent's limit are tried again.
  static constexpr auto holds_for = std::chrono::seconds(30);

  /// `most`: the option `connections`, or what it stands for.
  explicit connection_limit(std::size_t most) : most_(most), allowed_(most) {}

  /// The same as `most` from now on.
  void set_most(std::size_t most);
  std::size_t most() const { return most_; }
  std::size_t allowed() const { return allowed_; }
  /// Fewer than the option allows, because the agent's limit was met.
  bool is_lowered() const { return allowed_ < most_; }

  /// Whether this answer means that the agent's limit is met: it says so with status 429, or closes a new connection
  /// without a word while others work. `working`: open connections that have carried an answer, none while the
  /// agent is unreachable.
  static bool is_met_by(const common::http_answer& answer, std::size_t working);

  /// The limit was met while `working` connections are open: no more than these are allowed from now on.
  void lower(std::size_t working, clock::time_point now);
  /// The diagnosis was wrong: the agent that closed the connection is gone, and has no count of connections.
  void withdraw() { allowed_ = most_; }
  /// Allows some more when the limit was last met or raised long enough ago. True when there are more than before.
  bool raise(clock::time_point now);

private:
  std::size_t most_;
  std::size_t allowed_;
  clock::time_point since_{};  // when the limit was met, or last raised
};

}  // namespace drcon::consul
