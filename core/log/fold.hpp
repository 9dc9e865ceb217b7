// Folds a line that repeats: it is written once, the repetitions are counted, and a summary says how many there were.
//
// A pure rule over times and texts, without a clock of its own.
// Thread rule: not safe by itself; the caller holds a mutex.
#pragma once

#include "base/subject.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace drcon::log {

class fold {
public:
  using clock = std::chrono::steady_clock;

  /// One line that says how often another one was left out.
  struct summary {
    base::subject about;
    std::string text;
  };
  struct verdict {
    bool write = true;             ///< the line itself
    std::vector<summary> overdue;  ///< to be written before it
  };

  /// Within this time an equal line about the same subject is not written again.
  static constexpr auto window = std::chrono::seconds(60);

  /// A line is about to be written. Another line about the same subject ends the folding of the earlier one: a reader
  /// would otherwise take the later line for the state that lasts.
  verdict take(clock::time_point now, const base::subject& about, const std::string& text);
  /// A line that is not folded was written about the subject, such as that it has recovered: from now on an old
  /// failure is news again.
  std::vector<summary> interrupt(clock::time_point now, const base::subject& about);
  /// Summaries of all that was left out and not reported yet.
  std::vector<summary> flush(clock::time_point now);

private:
  struct repeated {
    clock::time_point since;
    std::size_t more = 0;
  };
  /// Kind and name both count: a sink's recovery must not end the folding of a source of the same name.
  using key = std::pair<base::subject, std::string>;
  static summary summarize(const key& line, const repeated& count, clock::time_point now);

  std::map<key, repeated> lines_;
};

}  // namespace drcon::log
