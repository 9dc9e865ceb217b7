// Which of the things that a source watches are known, which fail, and when the source may say that it is ready.
//
// A source is ready when each of them has been heard: it is known, or waiting does not make it known. An outage, when
// the server cannot be reached at all, begins this again: who answers afterwards may have another state, and the host
// must get all of it before it decides.
//
// State without input or output: what is reported to the host, and when an outage begins, is for the source to say.
// Thread rule: that of its owner.
#pragma once

#include <cstddef>
#include <set>

namespace drcon::common {

/// One thing that is watched, such as a service. Its owner keeps it, and only `readiness` changes it.
struct standing {
  bool is_known = false;    ///< has been published at least once
  bool is_heard = false;    ///< known since the last outage, or known not to become known by waiting
  bool is_failing = false;  ///< its last query failed
  unsigned errors = 0;      ///< how often in a row the server has answered it with an error, since the last outage
};

enum class failure {
  unanswered,  ///< nobody has answered: that may end by itself
  error,       ///< a server has answered, with an error that may pass
  refusal,     ///< a server has answered, and will answer the same again
};

class readiness {
public:
  readiness() = default;
  readiness(const readiness&) = delete;  // it points to what others own
  readiness& operator=(const readiness&) = delete;

  /// From now on it is waited for. It must stay where it is until remove(), or until this object ends.
  void add(standing& each);
  /// It is watched no more; calls about it have no effect from now on.
  void remove(standing& each);

  /// Its state is known now.
  void worked(standing& each);
  /// Its server answers, but not yet with what must be there: it does not fail, and is waited for.
  void incomplete(standing& each);
  /// Its query failed; true when the one before had not. While others work, whoever answers ends an outage, even with
  /// an error. The next calls are begin_outage(), where that is so, and judge().
  bool failed(standing& each, failure how);
  /// The server cannot be reached: all that fail have to be heard again. False when that was known already.
  bool begin_outage();
  void end_outage() { in_outage_ = false; }
  /// During an outage: this one, though it does not fail, may have changed without being heard.
  void hear_again(standing& each) { set_heard(each, false); }
  /// Readiness must not wait for what waiting does not make known: what is refused, or is answered with errors again
  /// and again while others work. One that was known before loses nothing by it, since its last state stays: there two
  /// errors are enough, since the first may come from a server that has only just started. One that never was is
  /// waited for longer, some half a minute with the usual pauses: its source has no state of it, and the host keeps
  /// what it served of it earlier, if the source reports that the state is unknown.
  void judge(standing& each, failure how);
  /// The same rule, for what else a source asks for: after so many errors in a row, of which the last was `how`.
  static bool waits_in_vain(failure how, unsigned errors, bool is_known);
  /// True when the source is ready now and was not before. `rest_is_heard`: nothing else has to be waited for.
  bool become_ready(bool rest_is_heard = true);

  bool is_ready() const { return is_ready_; }
  /// Nothing that is watched is waited for.
  bool all_heard() const { return unheard_ == 0; }
  bool in_outage() const { return in_outage_; }
  /// How many fail at present.
  std::size_t failing() const { return failing_; }
  /// False also when nothing is watched.
  bool all_fail() const { return failing_ > 0 && failing_ == watched_.size(); }

private:
  void set_heard(standing& each, bool is_heard);
  void set_failing(standing& each, bool is_failing);

  std::set<standing*> watched_;
  std::size_t failing_ = 0;  // of these
  std::size_t unheard_ = 0;  // of these
  bool is_ready_ = false;
  bool in_outage_ = false;
};

}  // namespace drcon::common
