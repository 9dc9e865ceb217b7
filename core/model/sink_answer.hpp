// What a sink last answered to an update.
#pragma once

#include <drcon/plugin.h>

#include <array>

namespace drcon::model {

enum class sink_answer {
  none,        ///< it has not been handed an update yet, or has not answered the first one
  applied,     ///< its target serves the update
  away,        ///< not applied, for a reason that may pass: its target cannot be reached, or is not ready; retried
  rejected,    ///< this update will never fit; the sink waits for another one
  unanswered,  ///< it has taken longer than sink_runner::answer_patience
};

/// What the result of an apply() means. Every result that this version does not know is retried, like "away".
constexpr sink_answer sink_answer_of(drcon_result result) {
  if (result == DRCON_OK) return sink_answer::applied;
  return result == DRCON_REJECTED ? sink_answer::rejected : sink_answer::away;
}

inline constexpr std::array all_sink_answers{sink_answer::none, sink_answer::applied, sink_answer::away,
                                             sink_answer::rejected, sink_answer::unanswered};

/// The word in JSON and in the label `result` of drcon_applies_total. The only place that spells them: programs compare
/// with it, so it does not change.
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

/// The words for people, everywhere. What a sink retries need not be an unreachable target: a check may have failed
/// there, or something that the update needs may not be ready. Its reason says which.
constexpr const char* to_words(sink_answer answer) {
  switch (answer) {
    case sink_answer::none: return "no answer yet";
    case sink_answer::applied: return "applied";
    case sink_answer::away: return "not applied, retrying";
    case sink_answer::rejected: return "rejected";
    case sink_answer::unanswered: break;
  }
  return "no answer";
}

/// True for the answers that keep the target from serving what is desired.
constexpr bool is_trouble(sink_answer answer) {
  return answer == sink_answer::away || answer == sink_answer::rejected || answer == sink_answer::unanswered;
}

}  // namespace drcon::model
