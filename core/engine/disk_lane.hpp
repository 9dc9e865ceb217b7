// A lane for calls of the state directory's disk, which may not answer.
//
// The engine's thread asks it for what it needs, and goes on without an answer when that takes too long: every pipeline
// stands still while it waits. Thread rule: any thread but the lane itself.
#pragma once

#include "base/lane.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace drcon::engine {

class disk_lane {
public:
  explicit disk_lane(const std::string& name) : lane_(name) {}

  /// How long the disk gets to read something at a start, when nothing else is there to be done. Both stores together
  /// stay below the time that systemd gives a start.
  static inline std::chrono::nanoseconds patience_at_start = std::chrono::seconds(30);
  /// The same while pipelines run. Both stores together stay below systemd's watchdog. Tests shorten it.
  static inline std::chrono::nanoseconds patience_at_work = std::chrono::seconds(5);
  /// How long a change or a reload waits for what is only renamed.
  static constexpr std::chrono::nanoseconds patience_for_a_name = std::chrono::milliseconds(250);

  /// Returns at once. As base::lane::post().
  void post(std::function<void()> job, std::function<void()> lost = {}) { lane_.post(std::move(job), std::move(lost)); }

  /// As base::lane::end().
  bool end(std::chrono::nanoseconds at_most) { return lane_.end(at_most); }

  /// What `question` returns, which runs after all that was posted before. Nothing if it has not returned within
  /// `at_most`, or threw. It runs to its end all the same, and what it uses must stay until then. As long as one that
  /// was given up has not returned, no other is waited for: the disk does not answer sooner for it.
  template <class Answer>
  std::optional<Answer> ask(std::function<Answer()> question, std::chrono::nanoseconds at_most);

  /// A question was given up, and has not returned yet.
  bool is_stuck() const {
    const std::lock_guard lock(late_->mutex);
    return late_->count > 0;
  }

private:
  struct late_ones {
    std::mutex mutex;
    int count = 0;
  };
  template <class Answer>
  struct asked {
    std::mutex mutex;  // guards all below
    std::condition_variable ended;
    bool over = false;
    bool given_up = false;
    std::optional<Answer> answer;
  };
  static void change(late_ones& late, int by) {
    const std::lock_guard lock(late.mutex);
    late.count += by;
  }

  const std::shared_ptr<late_ones> late_ =
      std::make_shared<late_ones>();  // with jobs of the lane, which may outlive it
  base::lane lane_;
};

template <class Answer>
std::optional<Answer> disk_lane::ask(std::function<Answer()> question, std::chrono::nanoseconds at_most) {
  const bool was_stuck = is_stuck();
  const auto open = std::make_shared<asked<Answer>>();
  const auto end = [open, late = late_](std::optional<Answer> answer) {
    const std::lock_guard lock(open->mutex);
    if (std::exchange(open->over, true)) return;
    open->answer = std::move(answer);
    if (open->given_up) change(*late, -1);
    open->ended.notify_all();
  };
  lane_.post([end, question = std::move(question)] { end(question()); }, [end] { end(std::nullopt); });
  std::unique_lock lock(open->mutex);
  if (!was_stuck) open->ended.wait_for(lock, at_most, [&open] { return open->over; });
  if (!open->over) {
    open->given_up = true;
    change(*late_, 1);
  }
  return std::move(open->answer);
}

}  // namespace drcon::engine
