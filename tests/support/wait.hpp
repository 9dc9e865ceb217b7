// Waiting for a condition, with a deadline; never for a time.
#pragma once

#include <chrono>
#include <thread>

namespace drcon::test {

using namespace std::chrono_literals;

/// Asks every few milliseconds until `holds()`; false when the time is up.
template <class Condition>
bool wait_until(Condition holds, std::chrono::milliseconds deadline = 15s) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(3ms);
  }
  return true;
}

}  // namespace drcon::test
