// What a sink last answered to an update.
#pragma once

#include <drcon/plugin.h>

namespace drcon::model {

enum class sink_answer {
  none,        ///< it has not been handed an update yet, or has not answered the first one
  applied,     ///< its target serves the update
  away,        ///< its target cannot be reached; the update is retried
  rejected,    ///< this update will never fit; the sink waits for another one
  unanswered,  ///< it has taken longer than sink_runner::answer_patience
};

/// What the result of an apply() means. Every result that this version does not know is retried, like "away".
constexpr sink_answer sink_answer_of(drcon_result result) {
  if (result == DRCON_OK) return sink_answer::applied;
  return result == DRCON_REJECTED ? sink_answer::rejected : sink_answer::away;
}

/// The word in JSON, in the label `result` of drcon_applies_total and in messages. The only place that spells them.
constexpr const char* to_string(sink_answer answer) {
  switch (answer) {
    case sink_answer::none: return "none";
    case sink_answer::applied: return "applied";
    case sink_answer::away: return "away";
    case sink_answer::rejected: return "rejected";
    case sink_answer::unanswered: break;
  }
  return "unanswered";
}

/// True for the answers that keep the target from serving what is desired.
constexpr bool is_trouble(sink_answer answer) {
  return answer == sink_answer::away || answer == sink_answer::rejected || answer == sink_answer::unanswered;
}

}  // namespace drcon::model
