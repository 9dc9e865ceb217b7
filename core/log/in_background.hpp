// The log of a program that runs for long: whoever reads it may stop doing so, and must not stop the program.
//
// Thread rule: made and destroyed on the main thread; flush_within() on any.
#pragma once

#include <chrono>

namespace drcon::log {

/// While it lives, whoever logs does not wait for whoever reads the log, but for a moment: lines are written by a
/// thread of their own, what does not fit is dropped and reported. Its end is a flush(). For a process that has forked
/// for good, once.
class in_background {
public:
  in_background();
  ~in_background();
  in_background(const in_background&) = delete;
  in_background& operator=(const in_background&) = delete;
};

/// A flush() that gives up when nobody takes a line for `patience`, or when all takes too long.
void flush_within(std::chrono::milliseconds patience);

}  // namespace drcon::log
