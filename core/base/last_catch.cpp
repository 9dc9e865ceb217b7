#include "base/last_catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <thread>

namespace drcon::base {
namespace {

std::atomic<escape_reporter> informed{nullptr};

constexpr int tries = 20;
constexpr auto between_tries = std::chrono::milliseconds(250);

// Memory may be what has run out, so that the report itself may throw. Then the plain text is all there is.
void report(const std::string& where, const char* what) noexcept {
  try {
    if (const auto reporter = informed.load()) return reporter(where, what);
  } catch (...) {  // nothing is left that could report it
  }
  std::fprintf(stderr, "drcon: %s: an error was caught at the last moment: %s\n", where.c_str(), what);
}

}  // namespace

void report_escaped_to(escape_reporter reporter) noexcept { informed = reporter; }

bool caught_last(const std::string& where, const std::function<void()>& job) noexcept {
  try {
    job();
    return true;
  } catch (const std::exception& error) {
    report(where, error.what());
  } catch (...) {
    report(where, "an exception of an unknown type");
  }
  return false;
}

bool try_for_seconds(const std::string& where, const std::function<void()>& job) noexcept {
  for (int i = 1; !caught_last(where, job); ++i) {
    if (i == tries) return false;
    std::this_thread::sleep_for(between_tries);
  }
  return true;
}

}  // namespace drcon::base
