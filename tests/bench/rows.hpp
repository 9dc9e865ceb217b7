// One line of a benchmark: what was measured, what was measured beside it in the same run, and the goal.
//
// Thread rule: the benchmark's main thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace drcon::bench {

struct row {
  std::string what;
  double figure = 0;
  std::string unit;
  std::string beside;           ///< what stood beside it, such as "bare loop"; empty: nothing
  std::optional<double> floor;  ///< its figure; none: it is not installed
  std::optional<double> most;   ///< the goal: the figure may be so much
  std::optional<double> share;  ///< the goal: the figure may be so many times the floor
};

/// Whether the goal is met; nothing when there is none, or when what it is measured by is not installed.
std::optional<bool> is_met(const row& each);

/// Prints the row. With DRCON_BENCH_ROWS in the environment it is also appended there, as a line of JSON:
/// tests/bench/run makes its table of those.
void report(const row& each);

inline double milliseconds(std::chrono::steady_clock::duration length) {
  return std::chrono::duration<double, std::milli>(length).count();
}
/// What a clock of processor time says, in milliseconds.
double clock_of(clockid_t of);
/// The processor time of a process so far, that of threads which have ended too, in milliseconds.
double processor_time_of(pid_t process);

/// The value below which `share` of them lie.
double quantile(std::vector<double> values, double share);
double median(std::vector<double> values);

}  // namespace drcon::bench
