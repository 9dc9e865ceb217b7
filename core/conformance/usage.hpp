// What a process holds: threads, descriptors, memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace drcon::conformance {

std::size_t thread_count();
/// Names of the threads, for messages.
std::vector<std::string> thread_names();

/// Open descriptors and what they are: 7 -> "socket:[1234]".
std::map<int, std::string> descriptors();

/// Bytes on the heap that were asked for and not given back; of the sanitizer's allocator when there is one.
std::size_t heap_bytes();

/// A time limit for work of this process that neither ends a busy process early on a machine that does other things,
/// nor waits long for one that hangs: it is over when the time has passed and this process has hardly used the
/// processor meanwhile, or when it has used it for as long as the limit. A sanitizer gets ten times as much.
class busy_patience {
public:
  explicit busy_patience(std::chrono::milliseconds at_most);
  bool is_over();

private:
  using clock = std::chrono::steady_clock;
  std::chrono::nanoseconds at_most_;
  clock::time_point looked_at_;
  std::chrono::nanoseconds began_used_;
  std::chrono::nanoseconds used_;    // of the processor, when it was looked at last
  std::chrono::nanoseconds idle_{};  // how long it has waited for something else than the processor
};

}  // namespace drcon::conformance
