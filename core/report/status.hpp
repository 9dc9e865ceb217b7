// What runs, what it knows and what it waits for, as values: what `drcon status` and the dashboard show.
//
// encode.hpp makes JSON of them. Thread rule: the engine's thread makes them; the values themselves are not shared.
#pragma once

#include "engine/engine.hpp"
#include "model/plugin_state.hpp"
#include "report/pipeline_state.hpp"
#include "report/verdict.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace drcon::report {

using time_point = std::chrono::system_clock::time_point;  ///< the epoch stands for "never"

/// How many endpoints have each health, also those that none has.
std::map<health, std::size_t> count_by_health(const model::snapshot& snapshot);
/// How many endpoints a source has reported.
std::size_t endpoint_count(const engine::source_state& source);

/// What sources and sinks have in common.
struct instance_report {
  std::string plugin;
  bool own_process = false;
  model::plugin_state state = model::plugin_state::ok;
  std::string text;                       ///< what the plugin says of its state
  std::vector<std::string> pipelines;     ///< those that it feeds, or that feed it
  std::vector<plugins::refusal> refused;  ///< the first hundred
  std::size_t refused_count = 0;          ///< all of them
  std::size_t faults_ahead = 0;           ///< what a probe found that will make a change fail
};

struct source_report {
  instance_report instance;
  bool ready = false;
  bool known = false;
  std::size_t services = 0;
  std::size_t endpoints = 0;
  std::map<std::string, std::string> unknown;   ///< services of which it has no current data, and why
  std::map<std::string, std::string> nameless;  ///< parts whose services it cannot name at present, and why
  time_point last_word{};
  std::optional<std::string> why_unknown;  ///< set while it is unreachable as a whole
  time_point unknown_since{};              ///< of that
};

struct sink_report {
  instance_report instance;
  std::optional<std::uint64_t> desired;  ///< revision
  std::optional<std::uint64_t> applied;  ///< revision
  bool up_to_date = false;
  bool in_flight = false;
  model::sink_answer last_answer = model::sink_answer::none;
  std::string why;             ///< of the last answer
  time_point failing_since{};  ///< since when its answers are no "applied"
  time_point next_retry{};
  time_point last_applied{};
  std::uint64_t applies = 0;
  bool keeps_last_servers = false;  ///< of a service that has nothing in service
};

/// A pipeline without its services.
struct pipeline_report {
  std::vector<std::string> sources;
  std::vector<std::string> sinks;
  config::merge_policy merge = config::merge_policy::union_of_all;
  std::string active_source;  ///< merge = "prefer": the one that counts; empty before any does
  bool known = false;
  std::vector<std::string> waiting_for;
  std::string earlier_configuration;  ///< why what is served answers another configuration; empty: it does not
  std::optional<engine::held_update> held;
  std::optional<engine::held_update> would_hold;  ///< while it is paused: what its brake would hold otherwise
  std::optional<engine::pause_mark> paused;
  bool pending = false;
  std::uint64_t revision = 0;  ///< 0: nothing has been decided yet
  std::string why;
  time_point decided{};
  std::size_t services = 0;
  std::size_t endpoints = 0;
  std::size_t in_service = 0;  ///< without those that a sink leaves out
  std::map<health, std::size_t> by_health;
  bool leaves_out_too_many = false;  ///< a sink leaves out more of a service than the brake would let go
  pipeline_state state;              ///< the worst of all this, and of its sources and sinks
};

/// An endpoint that is served though no source has it in service any more.
struct kept_endpoint {
  std::string service;
  std::string id;
  bool by_pause = false;                   ///< otherwise the brake keeps it
  std::optional<health> health_at_source;  ///< nothing: no source lists it
};

/// A sink that leaves out an endpoint, or its whole service.
struct left_out_by {
  std::string sink;
  std::string why;
};

struct pipeline_detail {
  pipeline_report pipeline;
  model::snapshot_ptr snapshot;     ///< null before the first decision
  std::vector<kept_endpoint> kept;  ///< in the order of the snapshot
  /// By service and id of an endpoint; with an empty id, the whole service.
  std::map<std::pair<std::string, std::string>, std::vector<left_out_by>> left_out;
  std::deque<engine::decision> history;  ///< newest last
  std::map<std::string, source_report> sources;
  std::map<std::string, sink_report> sinks;
};

struct status_report {
  std::string version;
  std::string host;  ///< the name of this machine
  time_point started{};
  time_point now{};
  bool settled = false;
  report::verdict verdict = report::verdict::ok;
  std::vector<remark> unsettled;
  std::vector<remark> caveats;
  std::uint64_t first_entry = 0;  ///< of the journal; 0: it is empty
  std::uint64_t last_entry = 0;
  std::map<std::string, source_report> sources;
  std::map<std::string, pipeline_report> pipelines;
  std::map<std::string, sink_report> sinks;
};

status_report status_of(const engine::engine& engine);
std::map<std::string, pipeline_report> pipelines_of(const engine::engine& engine);
pipeline_report pipeline_of(const engine::engine& engine, const engine::pipeline& pipeline);
/// `name` must be that of a pipeline of the engine.
pipeline_detail detail_of(const engine::engine& engine, const std::string& name);

}  // namespace drcon::report
