// nginx's workers of earlier generations: they finish the connections that they have, and no change waits for them.
//
// Thread rule: owned by the sink's one thread.
#pragma once

#include "nginx/target.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace drcon::nginx {

class retirement {
public:
  explicit retirement(const target& nginx) : nginx_(nginx) {}

  /// Before a signal: these workers accept connections, and are to go.
  void begin(const target::worker_starts& accepting);
  /// The new generation serves, and these workers of before still accept connections: later changes do not wait for
  /// them.
  void give_up_waiting(const target::worker_starts& accepting);
  /// Those for whom no change waits, though they accept connections.
  const target::worker_starts& overdue() const { return overdue_; }

  /// Looks who is left.
  void look(pid_t master);
  /// Workers of earlier generations that have not ended, as last looked.
  std::size_t workers() const { return left_.size(); }
  /// How many reloads they are from; those from before drcon started count as one.
  std::size_t generations() const;
  /// What an operator has to know of them; empty when there is nothing. `is_fault` is set when some of them accept
  /// connections and so serve what is not desired any more.
  std::string remark(bool& is_fault) const;

private:
  using clock = std::chrono::steady_clock;

  const target& nginx_;
  std::size_t generation_ = 0;  // reloads so far
  clock::time_point reloaded_{};
  target::worker_starts overdue_;
  std::map<pid_t, std::pair<unsigned long long, std::size_t>> known_;  // start, and the reload that retired it
  std::map<pid_t, std::size_t> left_;                                  // by which reload
};

}  // namespace drcon::nginx
