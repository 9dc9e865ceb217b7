// Whether an answer may be used that comes after a server was silent.
//
// A Consul that has just restarted answers, for a moment, from the log that it reads again: what was true hours ago,
// with instances that are long gone. Its HTTP API can be asked for an answer that the leader has confirmed; DNS has
// neither that question nor a sign of the answer's age, whatever dns_config.allow_stale says. What DNS can see is that
// the server was silent, and that answers go on changing. So an answer that differs from what is known is then used
// only when it has held for some time.
//
// State without input or output; the time is passed in. Thread rule: that of its owner.
#pragma once

#include <drcon/model.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

namespace drcon::consul_dns {

class settling {
public:
  using clock = std::chrono::steady_clock;

  /// `hold`: how long another answer must have held.
  explicit settling(std::chrono::nanoseconds hold) : hold_(hold) {}

  /// A server was silent.
  void doubt() {
    in_doubt_ = true;
    seen_.reset();
  }
  /// The server said something else than endpoints, or nothing of use.
  void interrupt() { seen_.reset(); }
  /// What the server says now is accepted, for another reason.
  void believe() {
    in_doubt_ = false;
    seen_.reset();
  }

  /// Whether the answer may be used. `known`: what is published.
  bool accepts(const std::vector<endpoint>& found, const std::optional<std::vector<endpoint>>& known,
               clock::time_point now) {
    if (!in_doubt_) return true;
    if (seen_ != found) {
      seen_ = found;
      since_ = now;
    }
    if (now - since_ < hold_) return known == found;
    believe();
    return true;
  }
  /// How long "no such name" must have held, where `usual` is enough without a doubt.
  std::chrono::nanoseconds absence(std::chrono::nanoseconds usual) const {
    return in_doubt_ ? std::max(usual, hold_) : usual;
  }

private:
  std::chrono::nanoseconds hold_;
  bool in_doubt_ = false;
  std::optional<std::vector<endpoint>> seen_;  // since `since_`, without any other answer
  clock::time_point since_{};
};

}  // namespace drcon::consul_dns
