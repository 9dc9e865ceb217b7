// When the nodes of a place have to be asked what they have registered, and what is known from their answers.
//
// A node that never answers must not cost a round over all services at each retry: a round is for news alone.
// State without input or output. Thread rule: the strand of the watcher.
#pragma once

#include <utility>

namespace drcon::consul {

class node_turns {
public:
  /// Something has changed somewhere: they have to be asked.
  void note_news() { has_news_ = true; }
  bool is_due() const { return has_news_ || is_retry_; }
  /// They are to be asked again because one of them has not answered.
  bool is_retry() const { return is_retry_; }
  /// All that changes is known from them.
  bool reports() const { return reports_; }

  /// They are asked now.
  void begin() {
    asked_for_news_ = std::exchange(has_news_, false);
    is_retry_ = false;
  }
  /// All of them have answered. True when some of what changed before was not seen, so that a round has to find it.
  bool answered() { return !std::exchange(reports_, true); }
  /// They cannot be asked. True when there was news, of which a round has to find out what changed.
  bool gave_up() {
    forget();
    return std::exchange(asked_for_news_, false);
  }
  /// One of them has not answered: they are asked again, after a pause. True as of gave_up().
  bool failed() {
    is_retry_ = true;
    return gave_up();
  }
  /// Until they have all answered again, nobody knows what changes.
  void forget() { reports_ = false; }

private:
  bool has_news_ = false;
  bool is_retry_ = false;
  bool asked_for_news_ = false;
  bool reports_ = false;
};

}  // namespace drcon::consul
