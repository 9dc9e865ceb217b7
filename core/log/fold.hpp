// Folds a failure that repeats: said once, then counted, and the count is told.
//
// A pure rule over times and texts; whoever uses it locks.
#pragma once

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
    std::string component;
    std::string text;
  };
  struct verdict {
    bool write = true;             ///< the line itself
    std::vector<summary> overdue;  ///< to be written before it
  };

  /// Within this time an equal line of the same component is not written again.
  static constexpr auto window = std::chrono::seconds(60);

  /// A line is about to be written. Another line of the same component ends what was folded of it.
  verdict take(clock::time_point now, const std::string& component, const std::string& text);
  /// The component said something else, such as that all is well: what it says next is news.
  std::vector<summary> interrupt(clock::time_point now, const std::string& component);
  /// All that was left out and not told yet.
  std::vector<summary> flush(clock::time_point now);

private:
  struct repeated {
    clock::time_point since;
    std::size_t more = 0;
  };
  using key = std::pair<std::string, std::string>;  // component, text
  static summary told(const key& of, const repeated& how, clock::time_point now);

  std::map<key, repeated> lines_;
};

}  // namespace drcon::log
