// How one pipeline is, in a word: the worst of it, its sources and its sinks. People look at this word first, and often
// at nothing else, so that the command line and the dashboard both have it from here.
//
// Values and pure functions.
#pragma once

#include "report/verdict.hpp"

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace drcon::report {

struct pipeline_report;
struct source_report;
struct sink_report;

/// The worst first.
enum class condition {
  brake_holds,
  loss_waits,          ///< it is paused, and its brake would hold if it was resumed
  waits,               ///< a source has to report before anything is decided
  not_applied,         ///< a sink cannot apply what is desired, and retries
  rejected,            ///< a sink has refused what is desired
  unanswered,          ///< a sink does not answer
  source_unreachable,  ///< last known data is used
  servers_left_out,    ///< a sink leaves out more of a service than the brake would let go
  last_servers_kept,   ///< a service has nothing in service, and a sink keeps its last servers
  paused,
  applying,
  warnings,  ///< it serves what it should; a source or sink has something to say
  in_sync,
};
/// All of them, the worst first.
const std::vector<condition>& all_conditions();

/// The word in JSON. Scripts compare with it, so it does not change.
const char* to_string(condition which);
/// The phrase for people.
const char* to_words(condition which);
/// What a pipeline in this condition does to the verdict on all of them.
verdict verdict_of(condition which);

struct pipeline_state {
  condition what = condition::in_sync;
  std::string of;                                 ///< the source or sink that it is about; empty: the pipeline itself
  std::chrono::system_clock::time_point since{};  ///< the epoch: not known, or nothing that began
};
/// What people read of it: "waiting for source consul", "paused".
std::string to_words(const pipeline_state& state);

/// `sources` and `sinks` have those of the pipeline, and may have others.
pipeline_state state_of(const pipeline_report& pipeline, const std::map<std::string, source_report>& sources,
                        const std::map<std::string, sink_report>& sinks);

}  // namespace drcon::report
