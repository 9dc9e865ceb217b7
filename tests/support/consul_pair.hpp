// Two Consul servers that elect a leader: with one of them gone the other answers, and has none.
#pragma once

#include "support/consul_agent.hpp"
#include "support/ports.hpp"

namespace drcon::test {

class consul_pair {
public:
  /// Waits for a leader.
  consul_pair();

  /// The one that stays.
  const consul_agent& agent() const { return first_; }
  /// Kills the other; returns when the agent answers that there is no leader.
  void lose_leader();
  /// Starts the other again; returns when there is a leader.
  void elect_leader() { second_.start(true); }

private:
  const std::uint16_t first_port_ = free_port();
  const std::uint16_t second_port_ = free_port();
  consul_agent first_;
  consul_agent second_;
};

}  // namespace drcon::test
