// Writes lines on a thread of its own: whoever reads the log may stop reading, and must not stop who writes to it.
//
// The queue is bounded. What does not fit is dropped and counted, and a line says so in its place once lines are taken
// again. Thread rule: any thread.
#pragma once

#include "base/subject.hpp"
#include "log/log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace drcon::log {

struct line {
  level which;
  base::subject about;
  std::string text;
  std::chrono::system_clock::time_point when;
};

class background {
public:
  /// Of all that waits. A line that is long has 2 KiB; at the usual length these are some ten thousand.
  static constexpr std::size_t usual_bound = std::size_t{4} * 1024 * 1024;

  /// `put` writes one line, and may take as long as it takes. It is called on one thread, in the order of add().
  explicit background(std::function<void(const line&)> put, std::size_t most_bytes = usual_bound);
  /// Does not wait for what is under way: see drain().
  ~background();
  background(const background&) = delete;
  background& operator=(const background&) = delete;

  /// Waits until the line is written, for `patience` at most: while somebody reads, what was logged is there when
  /// something else shows it. Once that was too short, nobody waits any more until all is written.
  void add(line one, std::chrono::milliseconds patience = {});

  /// Waits until all is written. False when for `patience` nothing was, so that nobody reads, or when that takes longer
  /// than `at_most`.
  bool drain(std::chrono::milliseconds patience, std::chrono::milliseconds at_most);

  /// How many lines did not fit, since the start.
  std::uint64_t dropped() const;

private:
  struct shared;
  const std::shared_ptr<shared> in_;  // with the thread, which may outlive this
};

}  // namespace drcon::log
