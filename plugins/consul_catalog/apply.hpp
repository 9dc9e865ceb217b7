// Makes an agent's registrations match a snapshot, and keeps them so: also when the agent has lost them, or somebody
// has edited them.
//
// Thread rule: owned by the sink's one thread, which it blocks.
#pragma once

#include "consul_catalog/plan.hpp"
#include "consul_catalog/target.hpp"

#include <drcon/sink.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

namespace drcon::consul_catalog {

struct apply_settings {
  desired_rules by;
  target_settings at;
  bool adopt = false;
  std::chrono::nanoseconds verify{};
};

class applier {
public:
  applier(apply_settings options, context host);

  /// What registrations are made by; for any thread.
  const desired_rules& by() const { return options_.by; }
  outcome apply(const snapshot_view& desired, const std::stop_token& stop);
  /// Compares and mends when it is time, and keeps checks alive that run out; when to be called again.
  std::chrono::nanoseconds tend(const std::stop_token& stop);

private:
  using clock = std::chrono::steady_clock;

  outcome match(const std::stop_token& stop);
  std::optional<agent_state> look(const std::stop_token& stop, std::string& why);
  std::string carry_out(const steps& what, const std::stop_token& stop);
  std::string keep_alive(const std::stop_token& stop);
  void show(const std::vector<const registration*>& conflicts) const;
  target::request to_enter(const registration& what) const;
  target::request to_tell(const registration& what) const;
  target::request to_leave(const std::string& id) const;
  std::chrono::nanoseconds beat() const;

  const apply_settings options_;
  const context host_;
  target target_;
  std::optional<registrations> desired_;
  std::map<std::string, std::string> rejected_;  // id -> digest of what the agent refused for good
  clock::time_point next_look_{};
  clock::time_point next_beat_{};
};

}  // namespace drcon::consul_catalog
