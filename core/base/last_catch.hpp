// The last catch of every thread that the host starts: an exception that leaves a thread ends the whole process, and
// every pipeline with it, whatever it was about.
//
// Thread rule: caught_last() on any thread; report_escaped_to() before others are started.
#pragma once

#include <functional>
#include <string>

namespace drcon::base {

/// Called with where an exception was caught and what it said, on the thread where it was.
using escape_reporter = void (*)(const std::string& where, const std::string& what);

/// Sets who is informed; null, or never called: a line on standard error. This floor has no log of its own.
void report_escaped_to(escape_reporter reporter) noexcept;

/// Runs `job`. True when it returned; false when an exception left it, which is reported and goes no further. `where`
/// names what is lost, and says what goes on, since people read it.
bool caught_last(const std::string& where, const std::function<void()>& job) noexcept;

/// The same. While memory is what is missing (std::bad_alloc), again and again with pauses until it returned, for 5 s:
/// for an answer that somebody waits for. False when it was given up. Any other exception ends it at once, since it
/// would come back each time, and the thread may be one that everything else of a plugin waits for.
bool try_for_seconds(const std::string& where, const std::function<void()>& job) noexcept;

}  // namespace drcon::base
