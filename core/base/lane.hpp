// A thread that runs jobs one after the other: the one on which the host calls one instance of a plugin.
//
// A plugin's call may never return. It then costs this thread and nothing else: the lane is abandoned with all that its
// jobs refer to, and nobody waits for it without a time limit.
// Thread rule: post(), waiting() and end() from any thread; end() not from the lane itself, which would wait for
// itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace drcon::base {

class lane {
public:
  /// `name` names the thread, for `top -H` and core dumps.
  explicit lane(const std::string& name);
  /// Returns at once. The thread still runs the jobs that were posted, and then ends.
  ~lane();
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  /// Jobs run one after the other, in order. When an exception leaves one, that is reported and `lost` runs in its
  /// place: whoever waits for the job must get an answer from one of them. Memory may be what is missing, so that a
  /// `lost` that throws as well is tried again for some seconds.
  void post(std::function<void()> job, std::function<void()> lost = {});

  /// How many jobs have not begun: the figure drcon_queue_depth.
  std::size_t waiting() const;

  /// Waits until the jobs have run and the thread has ended; false when the time is up first. What the jobs use must
  /// stay until this has returned true: the thread may still be inside of it.
  bool end(std::chrono::nanoseconds at_most);

private:
  struct state;
  std::shared_ptr<state> state_;
};

/// How many lanes still run, the abandoned ones among them. While there are any, static destructors must not run: an
/// abandoned call may still use what they destroy.
int lanes_running();
/// Waits until none runs; false when the time is up.
bool wait_for_lanes(std::chrono::nanoseconds at_most);

}  // namespace drcon::base
