// Keeps one HAProxy in step: sends the commands of a plan, reads the state back, ends drains, and notices when HAProxy
// was reloaded or restarted, and so has forgotten what was set at run time.
//
// Thread rule: owned by the sink's one thread, which it blocks; preview() is for any.
#pragma once

#include "common/backoff.hpp"
#include "common/refused_loss.hpp"
#include "common/target_lock.hpp"
#include "haproxy/backend_locks.hpp"
#include "haproxy/backends.hpp"
#include "haproxy/config_file.hpp"
#include "haproxy/desired.hpp"
#include "haproxy/live_state.hpp"
#include "haproxy/plan.hpp"
#include "haproxy/target.hpp"

#include <drcon/sink.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <string>
#include <vector>

namespace drcon::haproxy {

struct apply_settings {
  target_address socket;
  std::chrono::nanoseconds timeout{};
  plan_rules plan;
  bool keep_empty = true;          ///< a backend without endpoints keeps its last servers
  bool respect_manual = true;      ///< a server that somebody took out of service by hand stays out
  bool shutdown_sessions = false;  ///< what outlasts the drain is cut off
  std::chrono::nanoseconds drain_timeout{};
  std::chrono::nanoseconds compare{};  ///< how often its servers are compared with what is desired
  std::chrono::nanoseconds watch{};    ///< how often HAProxy is asked whether it is still the same process
  backends_settings backends;
  config_file_settings config_file;
  std::string state_file;  ///< empty: none
};

/// The prefixes of our servers.
std::vector<std::string> prefixes_of(const plan_rules& rules);
/// Whether this version of HAProxy takes new servers at run time.
bool can_add_servers(const std::string& version);
/// What only that HAProxy process says of itself; `sockets` is its answer to `show cli sockets`. In two containers two
/// processes may have the same pid, start and host name, but hardly the same sockets.
std::string unique_of(const process_info& info, const std::string& sockets);

class applier {
public:
  applier(apply_settings options, context host);

  /// Brings about what is desired, which differs from the last call in the backends `changed` at most; null: in any.
  /// `desired` stays where it is, and as it is until the next call.
  outcome apply(const desired_backends& desired, const backend_names* changed);

  /// To be called between applies: looks whether HAProxy is still the same process, and ends drains. Returns after how
  /// long it is to be called again.
  std::chrono::nanoseconds tend();

  /// What HAProxy would hold, and what it holds now when it can be asked; a line for each server. Touches nothing.
  std::pair<std::string, std::optional<std::string>> preview(const desired_backends& desired) const;

private:
  using clock = std::chrono::steady_clock;
  struct departure {
    clock::time_point deadline;
    bool reported = false;  // that it takes longer than drain_timeout
  };
  struct view {
    live_state state;
    process_info info;
  };

  static std::optional<view> look(target& cli, std::string& why);
  static std::optional<process_info> look_at_process(target& cli, std::string& why);
  static std::string look_at(target& cli, const backend_names& backends, live_state& live);
  /// One try to bring about what is desired.
  struct attempt {
    backend_names among;     // the backends that it sets: those that may differ from what is desired
    bool is_of_all = false;  // these are all
    live_state live;
    std::map<std::string, backend_plan> plans;    // of others, too, where an earlier attempt made them
    std::map<std::string, std::string> refusals;  // backend -> why it does not hold what is desired
    std::map<std::string, std::string> unmade;    // backend -> why it was not made
    // Backends whose servers do not leave, since too many of the endpoints are left out here.
    std::map<std::string, common::refused_loss> kept;

    /// The plans of the backends that it sets.
    auto own_plans() const {
      return among | std::views::filter([this](const auto& backend) { return plans.contains(backend); }) |
             std::views::transform([this](const auto& backend) -> const auto& { return *plans.find(backend); });
    }
  };

  std::string meet(target& cli, const process_info& info);
  void forget_unused_backends(const attempt& current);
  bool is_to_be_set(const std::string& backend, const live_state& live) const;
  void take_locks(const attempt& current);
  outcome bring_about(const backend_names* changed = nullptr);
  outcome bring_about(target& cli);
  outcome bring_about_part(target& cli, const backend_names& changed);
  outcome go_on(target& cli, attempt current);
  bool may_do_a_part(const backend_names& changed) const;
  bool keeps_empty(const std::string& backend) const;
  std::string make_missing(target& cli, attempt& current);
  std::string open_backends(target& cli, attempt& current);
  void delete_left(target& cli);
  give_commands giving(target& cli) const;
  backend_plan plan_of(const std::string& backend, const live_state& live) const;
  void plan(attempt& current) const;
  std::map<std::string, common::refused_loss> unbearable_losses(const attempt& current) const;
  std::optional<std::vector<std::string>> give(target& cli, const std::vector<std::string>& commands,
                                               std::string& why) const;
  std::string grow(target& cli, attempt& current);
  std::string look_again(target& cli, attempt& current) const;
  std::string begin_departures(target& cli, attempt& current);
  std::string watch(target& cli);
  std::optional<std::map<std::string, std::uint64_t>> connections(target& cli) const;
  void end_departures(target& cli);
  void remember(const attempt& current);
  std::set<std::string> services_of(const std::string& backend) const;
  void remark_on_checks(const std::string& backend, const backend_plan& plan, const live_servers& live,
                        std::vector<std::string>& remarks) const;
  std::vector<std::string> remarks_on(const std::string& backend, const backend_plan& plan, const live_servers& live);
  outcome conclude(const attempt& current);
  void plan_next_try(const attempt& current);
  bool any_present(const live_state& live) const;
  std::vector<std::string> missing_backends(const live_state& live) const;
  void report_missing(const attempt& current, std::vector<std::string>& sentences) const;
  void report_kept(const attempt& current);
  void show(const attempt& current) const;
  void write_config_file(const live_state* live);
  void write_state_file(target& cli);
  std::string fault_of_state_file(target& cli);

  const apply_settings options_;
  const context host_;
  const desired_backends* desired_ = nullptr;  // null before the first apply
  std::set<std::string> managed_;  // backends that are desired, or were and have servers of ours still in use
  std::map<std::string, std::set<std::string>> had_;  // backends with servers of ours in use, and of which services
  // When backends that refuse what is desired are tried again: from `watch` on, and at each `compare`.
  common::backoff patience_;
  clock::time_point next_try_ = clock::time_point::max();
  backend_locks locks_;
  common::file_lock state_file_lock_;
  haproxy::config_file config_file_;
  made_backends made_;
  std::set<std::string> unsettled_;             // backends that had more than what is desired when they were last set
  std::string config_file_fault_;               // why it is not as it is to be; empty: it is, or there is none
  std::string state_file_fault_;                // why the server-state file is not as it is to be; empty: it is
  std::map<std::string, std::string> foreign_;  // backends that another sink sets, and which one
  process_identity process_;                    // the process that answered last
  std::string unique_;                          // what only that process says of itself
  std::string successor_;                       // why everything is set again; empty when that is done
  std::set<std::string> served_;  // "backend/server": brought into service by drcon, in this HAProxy process
  std::map<std::string, departure> departures_;  // "backend/server": on its way out
  bool short_of_slots_ = false;
  // What all backends were when that was last known and all was well: a change of some of them goes on from there.
  // Nothing else happens to it for longer than `compare`.
  std::optional<attempt> settled_;
  clock::time_point compared_{};  // when the state was last read
  bool recheck_ = false;          // the state must be read again, although it is the same process
};

}  // namespace drcon::haproxy
