// What a child writes of its case, in memory that its parent reads even when the child is dead.
//
// Thread rule: one case, one child. Every function may be called from any thread; those marked so, in a signal handler.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace drcon::conformance {

enum class outcome : int {
  open,     ///< nobody said yet: of a dead child, crashed
  passed,   ///< the promise holds
  failed,   ///< it does not
  overdue,  ///< a call did not return in time
  skipped,  ///< it could not be tried, or does not apply
};

struct slip {
  std::atomic<int> outcome;
  std::array<char, 128> step;     ///< what is being done, for whoever finds a dead child
  std::array<char, 16384> seen;   ///< why it failed, was skipped, or what there is to know
  std::array<char, 4096> remark;  ///< what the plugin logged last
};

/// Memory for a slip that a child inherits, by a descriptor.
class shared_slip {
public:
  shared_slip();
  ~shared_slip();
  shared_slip(const shared_slip&) = delete;
  shared_slip& operator=(const shared_slip&) = delete;

  int descriptor() const { return descriptor_; }
  const slip& read() const { return *slip_; }

private:
  int descriptor_ = -1;
  slip* slip_ = nullptr;
};

// ---- in the child

/// Once, first: everything below writes to this slip.
void open_slip(int descriptor);

/// Names what is being done, and sets the time that it may take; longer ends the child as overdue.
class within {
public:
  within(std::string_view step, std::chrono::milliseconds at_most);
  ~within();
  within(const within&) = delete;
  within& operator=(const within&) = delete;
};

std::string_view current_step();
void set_remark(std::string_view text);
/// What was seen if SIGSYS ends this process before it can say so itself.
void if_trapped(std::string_view seen);

/// Writes the verdict and ends the process; no destructor runs, so that nothing of the plugin does. [signal]
[[noreturn]] void conclude(outcome how, std::string_view seen);

}  // namespace drcon::conformance
