// Makes an agent's registrations match a snapshot, and restores them when the agent has lost them or somebody has
// edited them.
//
// Thread rule: owned by the sink's one thread, which it blocks.
#pragma once

#include "consul_catalog/abandoned.hpp"
#include "consul_catalog/foreign_registrations.hpp"
#include "consul_catalog/lease.hpp"
#include "consul_catalog/plan.hpp"
#include "consul_catalog/renewals.hpp"
#include "consul_catalog/target.hpp"

#include <drcon/sink.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>

namespace drcon::consul_catalog {

struct apply_settings {
  desired_rules desired;
  target_settings target;
  bool adopt = false;
  std::chrono::nanoseconds verify{};
};

class applier {
public:
  applier(apply_settings options, context host);

  outcome apply(const snapshot_view& desired, const std::stop_token& stop);
  /// What would be registered, and what the agent has of that and of this owner's besides, a line for each
  /// registration; nothing for the latter when the agent does not answer. Changes nothing. Any thread, even while
  /// apply() runs: it shares no state with it.
  std::pair<std::string, std::optional<std::string>> preview(const snapshot_view& snapshot) const;

  /// Compares and restores the registrations when it is time to, and renews checks that run out. Returns after how long
  /// it is to be called again.
  std::chrono::nanoseconds tend(const std::stop_token& stop);

private:
  using clock = std::chrono::steady_clock;

  outcome match(const std::stop_token& stop);
  static std::optional<agent_state> look(target& agent, const registrations& desired, const std::stop_token& stop,
                                         std::string& why);
  std::string carry_out(const steps& what, const agent_state& now, const std::stop_token& stop);
  std::string register_services(const steps& what, std::set<std::string>& held_up, const std::stop_token& stop);
  std::string update_and_remove(const steps& what, const agent_state& now, const std::set<std::string>& kept,
                                const std::stop_token& stop);
  void log_what_is_missing();
  std::string keep_alive(const std::stop_token& stop);
  std::string reason_to_keep_away(const agent_state& now);
  void leave_what_is_foreign(steps& todo, const agent_state& now);
  bool is_contested(const steps& todo, const agent_state& now) const;
  void add_stale_marks(const agent_state& now, steps& todo) const;
  void choose_marked(const steps& todo);
  std::set<std::string> adoptable(const agent_state& now);
  void note_what_is_taken_over(const steps& todo, const agent_state& now);
  bool waits_for_an_owner(const steps& todo, const agent_state& now) const;
  std::set<std::string> not_taken(const steps& what) const;
  void show(const std::vector<const registration*>& conflicts) const;
  std::string first_remark(const std::vector<const registration*>& conflicts) const;
  target::request register_request(const registration& what) const;
  target::request status_request(const registration& what) const;
  target::request deregister_request(const std::string& id) const;

  const apply_settings options_;
  const context host_;
  target target_;
  std::optional<registrations> desired_;
  std::map<std::string, std::string>
      rejected_;  // id -> digest of a registration that the agent refuses, so that it is not sent again
  struct stuck_registration {
    std::string service;
    std::string why;
  };
  std::map<std::string, stuck_registration> stuck_;   // by its id: the agent does not remove it
  std::map<std::string, common::refused_loss> kept_;  // services of which nothing is removed, as compared last
  std::set<std::string> without_;  // what registrations lack of what their endpoints ask for, as logged last
  lease lease_;
  bool keeps_away_ = false;
  foreign_registrations foreign_;
  std::map<std::string, std::string> taken_;  // id -> digest of a desired registration that the agent took from us
  bool is_contested_ = false;  // a bystander's mark is that of a sink that registers what we do, in another way
  abandoned_owners abandoned_;
  std::set<std::string> predecessors_;              // owners of which this sink has taken registrations over
  std::map<std::string, std::string> left_behind_;  // id -> owner: theirs, and not desired here
  std::string marked_;  // id of the registration that carries the lease's mark; empty: none does
  renewals renewals_;
  clock::time_point next_mark_{};
  clock::time_point next_look_{};
};

}  // namespace drcon::consul_catalog
