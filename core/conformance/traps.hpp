// Memory that must not be touched, and system calls that must not be made, by the plugin under test.
//
// A touch or a call ends the child with a verdict that says what was done. Thread rule: one thread sets traps.
#pragma once

#include <drcon/plugin.h>

#include <cstddef>
#include <string_view>

namespace drcon::conformance {

/// From now on a segmentation fault in trapped memory is a verdict; any other is a crash, as without this.
void catch_touches();

/// Pages that are given back to the kernel at the end of the process only.
class pages {
public:
  explicit pages(std::size_t bytes);

  std::byte* begin() const { return begin_; }
  std::byte* end() const { return begin_ + size_; }
  static std::size_t page_size();

  /// From now on nobody may touch [first, last), which are whole pages of this; `seen` is the verdict on code that
  /// does, and must never be freed.
  void trap(const std::byte* first, const std::byte* last, const char* seen) const;
  void trap_all(const char* seen) const { trap(begin_, end(), seen); }

private:
  std::byte* begin_;
  std::size_t size_;
};

/// A copy of `text` whose last byte is the last that may be read.
drcon_string guarded_copy(std::string_view text);

/// What trap_calls forbids to this thread and to the threads and processes that it starts, until they end.
enum class calls {
  io,     ///< sockets, threads, processes, and writing to the file system
  write,  ///< writing to the file system
};
/// False when this system allows no such traps. While the current step is not `step`, a trapped call only ends the case
/// as passed: it was not asked about.
bool trap_calls(calls which, const char* step);

}  // namespace drcon::conformance
