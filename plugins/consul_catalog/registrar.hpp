// Makes an agent's registrations match a snapshot, and keeps them so: also when the agent has lost them, or somebody
// has edited them.
//
// Thread rule: owned by the sink's one thread, which it blocks.
#pragma once

#include "consul_catalog/agent.hpp"
#include "consul_catalog/plan.hpp"

#include <drcon/sink.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

namespace drcon::consul_catalog {

struct registrar_options {
  rules by;
  agent_options at;
  bool adopt = false;
  std::chrono::nanoseconds verify{};
};

class registrar {
public:
  registrar(registrar_options options, context host);

  /// What registrations are made by; for any thread.
  const rules& by() const { return options_.by; }
  outcome apply(const snapshot_view& wanted, const std::stop_token& stop);
  /// Compares and mends when it is time, and keeps checks alive that run out; when to be called again.
  std::chrono::nanoseconds tend(const std::stop_token& stop);

private:
  using clock = std::chrono::steady_clock;

  outcome match(const std::stop_token& stop);
  std::optional<agent_state> look(const std::stop_token& stop, std::string& why);
  std::string carry_out(const steps& what, const std::stop_token& stop);
  std::string keep_alive(const std::stop_token& stop);
  void show(const std::vector<const registration*>& conflicts) const;
  agent::request to_enter(const registration& what) const;
  agent::request to_tell(const registration& what) const;
  agent::request to_leave(const std::string& id) const;
  std::chrono::nanoseconds beat() const;

  const registrar_options options_;
  const context host_;
  agent agent_;
  std::optional<registrations> wanted_;
  std::map<std::string, std::string> rejected_;  // id -> digest of what the agent refused for good
  clock::time_point next_look_{};
  clock::time_point next_beat_{};
};

}  // namespace drcon::consul_catalog
