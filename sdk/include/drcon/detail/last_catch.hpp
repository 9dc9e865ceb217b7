// drcon/detail/last_catch.hpp: the last catch of the threads that the C++ layer starts in the process of the host.
//
// An exception that leaves a thread ends the whole process, and every pipeline with it.
// Thread rule: any thread.
#pragma once

#include <cstdio>
#include <exception>

namespace drcon::detail {

/// A line on standard error, which the service manager keeps. There may be no memory left for anything better.
inline void report_escaped(const char* thread, const char* what) noexcept {
  std::fprintf(stderr,
               "drcon: %s goes on, and so does every pipeline; an error was caught at the last moment: ", thread);
  // The text may be of a registry: nothing in it may look like another line, or command a terminal.
  for (int i = 0; i < 500 && what[i] != '\0'; ++i) std::fputc(what[i] < ' ' || what[i] > '~' ? '?' : what[i], stderr);
  std::fputc('\n', stderr);
}

/// Runs `job`. True when it returned; false when an exception left it, which is reported and goes no further. `thread`
/// names the thread, which the caller keeps going.
template <class Job>
bool caught_last(const char* thread, Job job) noexcept {
  try {
    job();
    return true;
  } catch (const std::exception& error) {
    report_escaped(thread, error.what());
  } catch (...) {
    report_escaped(thread, "an exception of an unknown type");
  }
  return false;
}

}  // namespace drcon::detail
