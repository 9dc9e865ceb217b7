// What a process holds: threads, descriptors, memory.
#pragma once

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

}  // namespace drcon::conformance
