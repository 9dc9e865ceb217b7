// One thing to say of a running engine: a sentence for people, and a code for programs.
//
// Values and pure functions.
#pragma once

#include "base/subject.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::report {

/// What a remark is about. remark_codes() has the word and the meaning of each.
enum class remark_code {
  waits_for_source,
  earlier_configuration,
  asks_targets,
  brake_holds,
  sink_away,
  sink_rejected,
  sink_unanswered,
  sink_waits,
  sink_applying,
  left_out_beyond_brake,
  reload_refused,
  pausing,
  paused,
  paused_sink_behind,
  paused_loss,
  state_not_kept,
  source_not_ready,
  source_unreachable,
  source_recovering,
  source_degraded,
  service_unknown,
  names_unknown,
  endpoints_left_out,
  sink_degraded,
  last_servers_kept,
  fault_ahead,
  last_good_is_old,
};

/// In the order of remark_code.
struct remark_meaning {
  std::string_view code;     ///< in JSON. Scripts compare with it, so it does not change
  std::string_view meaning;  ///< one sentence, for the reference
};
const std::vector<remark_meaning>& remark_codes();

/// The word in JSON.
std::string_view to_string(remark_code code);

struct remark {
  remark_code code;
  std::string text;  ///< one line, for people
  base::subject about = base::subject_kind::host;
  /// The epoch: nothing has begun that would last, or it is not known when.
  std::chrono::system_clock::time_point since{};
};

/// What people read of them.
std::vector<std::string> texts_of(const std::vector<remark>& all);

}  // namespace drcon::report
