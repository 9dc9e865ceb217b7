#include "base/last_catch.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <new>
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

enum class end { returned, without_memory, failed };

end run(const std::string& where, const std::function<void()>& job) noexcept {
  try {
    job();
    return end::returned;
  } catch (const std::bad_alloc& error) {
    report(where, error.what());
    return end::without_memory;
  } catch (const std::exception& error) {
    report(where, error.what());
  } catch (...) {
    report(where, "an exception of an unknown type");
  }
  return end::failed;
}

}  // namespace

void report_escaped_to(escape_reporter reporter) noexcept { informed = reporter; }

bool caught_last(const std::string& where, const std::function<void()>& job) noexcept {
  return run(where, job) == end::returned;
}

bool try_for_seconds(const std::string& where, const std::function<void()>& job) noexcept {
  for (int i = 1;; ++i) {
    const auto how = run(where, job);
    // Memory may be there again soon. Any other error would come back each time.
    if (how != end::without_memory || i == tries) return how == end::returned;
    std::this_thread::sleep_for(between_tries);
  }
}

}  // namespace drcon::base
