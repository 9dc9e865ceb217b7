// Keeps one HAProxy in step: applies what is wanted, reads back what came of it, ends drains, and notices when HAProxy
// was reloaded or restarted and so has forgotten everything.
//
// Thread rule: owned by the sink's one thread, which it blocks; preview() is for any.
#pragma once

#include "haproxy/cli_connection.hpp"
#include "haproxy/live_state.hpp"
#include "haproxy/plan.hpp"
#include "haproxy/wanted.hpp"

#include <drcon/sink.hpp>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::haproxy {

struct controller_options {
  cli_address socket;
  std::chrono::nanoseconds timeout{};
  plan_rules plan;
  bool keep_empty = true;          ///< a backend without endpoints keeps its last servers
  bool respect_manual = true;      ///< a server that somebody took out of service by hand stays out
  bool shutdown_sessions = false;  ///< what outlasts the drain is cut off
  std::chrono::nanoseconds drain_timeout{};
  std::chrono::nanoseconds watch{};  ///< how often HAProxy is asked whether it is still the same process
  std::string state_file;            ///< empty: none
};

using wanted_backends = std::map<std::string, wanted_backend>;

class controller {
public:
  controller(controller_options options, context host);

  outcome apply(wanted_backends wanted);

  /// Between applies; returns when it wants to be called again.
  std::chrono::nanoseconds tend();

  /// What HAProxy would hold, and what it holds now when it can be asked; a line for each server. Touches nothing.
  std::pair<std::string, std::optional<std::string>> preview(const wanted_backends& wanted) const;

private:
  using clock = std::chrono::steady_clock;
  struct departure {
    clock::time_point deadline;
    bool told = false;  // that it takes longer
  };
  struct view {
    live_state state;
    process_info info;
  };

  static std::optional<view> look(cli_connection& cli, std::string& why);
  void meet(const process_info& info);
  outcome bring_about();
  outcome bring_about(cli_connection& cli);
  std::map<std::string, backend_plan> plan(const live_state& live) const;
  std::optional<std::vector<std::string>> give(cli_connection& cli, const std::vector<std::string>& commands,
                                               std::string& why) const;
  std::string carry_out(cli_connection& cli, const std::vector<std::string>& commands, std::string& why) const;
  std::string begin_departures(cli_connection& cli, const std::map<std::string, backend_plan>& plans);
  std::string watch(cli_connection& cli);
  std::optional<std::map<std::string, std::uint64_t>> connections(cli_connection& cli) const;
  void end_departures(cli_connection& cli);
  void remember(const std::map<std::string, backend_plan>& plans);
  outcome conclude(const view& now, const std::map<std::string, backend_plan>& plans);
  std::vector<std::string> missing_backends(const live_state& live) const;
  void show(const std::map<std::string, backend_plan>& plans) const;
  void write_state_file(cli_connection& cli);

  const controller_options options_;
  const context host_;
  std::optional<wanted_backends> wanted_;
  std::set<std::string> managed_;                // backends that have been wanted since the start
  process_identity process_;                     // who was spoken to last
  std::string successor_;                        // of whom, while it does not yet have what its predecessor had
  std::set<std::string> served_;                 // "backend/server": brought into service by us, in this process
  std::map<std::string, departure> departures_;  // "backend/server": on its way out
  bool short_of_slots_ = false;
  bool recheck_ = false;  // what HAProxy holds must be looked at again, though it is the same process
};

}  // namespace drcon::haproxy
