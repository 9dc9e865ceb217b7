// Which containers are to be inspected, in the order in which that became known: one that changes all the time takes
// its turn like any other, and keeps neither the others nor readiness waiting.
//
// State without input or output. Thread rule: owned by its user.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>

namespace drcon::docker {

class inspections {
public:
  bool empty() const { return waiting_.empty(); }

  /// At the end; one that waits already keeps its place.
  void add(const std::string& id) {
    if (is_waiting_.insert(id).second) waiting_.push_back(id);
  }
  /// The container whose turn it is; only when not empty().
  std::string next() {
    auto id = std::move(waiting_.front());
    waiting_.pop_front();
    is_waiting_.erase(id);
    return id;
  }
  /// What was added until now is the first round: see is_first_round_over().
  void begin_first_round() { round_ = is_waiting_; }
  /// The container was inspected, or is no more.
  void done(const std::string& id) { round_.erase(id); }
  /// Each container of the first round has been inspected once, whatever was added since.
  bool is_first_round_over() const { return round_.empty(); }
  void clear() { *this = {}; }

private:
  std::deque<std::string> waiting_;
  std::set<std::string> is_waiting_;
  std::set<std::string> round_;
};

}  // namespace drcon::docker
