// What a child records about the case that it runs, in memory that its parent can read even when the child has died.
//
// Thread rule: one case, one child. Every function may be called from any thread; those marked [signal] also from a
// signal handler, so they allocate nothing.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace drcon::conformance {

enum class outcome : int {
  open,     ///< nothing was recorded yet; of a child that has ended: it crashed
  passed,   ///< the promise holds
  failed,   ///< the promise does not hold
  overdue,  ///< a call did not return in time
  skipped,  ///< it could not be tried, or does not apply
};

struct case_record {
  std::atomic<int> outcome;
  std::array<char, 128> step;     ///< the call that is being made, to name it when the child dies in it
  std::array<char, 16384> seen;   ///< why it failed or was skipped; of "loads", the plugin's description
  std::array<char, 4096> remark;  ///< what the plugin logged last
};

/// A case_record in memory that a child inherits by its descriptor.
class shared_case_record {
public:
  shared_case_record();
  ~shared_case_record();
  shared_case_record(const shared_case_record&) = delete;
  shared_case_record& operator=(const shared_case_record&) = delete;

  int descriptor() const { return descriptor_; }
  const case_record& read() const { return *record_; }

private:
  int descriptor_ = -1;
  case_record* record_ = nullptr;
};

// ---- in the child

/// To be called once, before all that is below: it writes to this record. Also starts the thread that watches the
/// clock.
void open_case_record(int descriptor);

/// Names the call that is being made, and sets the time that it may take. A longer one ends the child as overdue.
class within {
public:
  within(std::string_view step, std::chrono::milliseconds at_most);
  ~within();
  within(const within&) = delete;
  within& operator=(const within&) = delete;
};

std::string_view current_step();
void set_remark(std::string_view text);
/// Records in advance what is to be reported if SIGSYS ends this process, which then cannot record anything.
void if_trapped(std::string_view seen);

/// Records the outcome and ends the process. No destructor runs, so that no code of the plugin does. [signal]
[[noreturn]] void conclude(outcome how, std::string_view seen);

}  // namespace drcon::conformance
