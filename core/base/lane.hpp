// The one thread on which the host calls one instance.
//
// A call that never returns costs this thread and nothing else: the lane is then abandoned, with all it refers to.
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
  /// Lets what was posted end, and leaves.
  ~lane();
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  /// Jobs run one after the other, in order. They must not throw.
  void post(std::function<void()> job);

  /// How many jobs have not begun.
  std::size_t waiting() const;

  /// Lets what was posted end and waits for the thread's end; false when the time is up. Until then the thread may be
  /// inside of what the jobs use, even of what they used last.
  bool end(std::chrono::nanoseconds at_most);

private:
  struct state;
  std::shared_ptr<state> state_;
};

/// How many lanes still run; those that overstay are among them. Nobody may run static destructors while there are.
int lanes_running();
/// Waits until none runs; false when the time is up.
bool wait_for_lanes(std::chrono::nanoseconds at_most);

}  // namespace drcon::base
