// Waiting for a condition, with a deadline; never for a time.
//
// A deadline says when a test gives up, and is no statement about speed: a machine that compiles beside the tests may
// stop a process for seconds. What takes a moment on an idle machine is given `patience`.
#pragma once

#include <chrono>
#include <thread>

namespace drcon::test {

using namespace std::chrono_literals;

/// How long a test waits for what must happen; shorter than the time-outs that ctest sets for whole tests, so that it
/// is the test that reports what it waited for.
constexpr std::chrono::milliseconds patience = 45s;

/// Asks every few milliseconds until `holds()`; false when the time is up.
template <class Condition>
bool wait_until(Condition holds, std::chrono::milliseconds deadline = patience) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(3ms);
  }
  return true;
}

}  // namespace drcon::test
