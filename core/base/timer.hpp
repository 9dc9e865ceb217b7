// A timer whose callback is never called after cancel(), a new wait, or the timer's end.
//
// Asio alone does not promise that: a wait that has already expired calls back in spite of cancel(), and finds an
// object that is gone. Thread rule: the thread of its executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace drcon::base {

class timer {
public:
  using clock = std::chrono::steady_clock;

  explicit timer(const boost::asio::any_io_executor& executor) : timer_(executor) {}
  ~timer() { cancel(); }
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  /// Calls once, at that time. A wait that is on is cancelled.
  void at(clock::time_point when, std::function<void()> call) {
    cancel();
    timer_.expires_at(when);
    current_ = std::make_shared<std::function<void()>>(std::move(call));
    timer_.async_wait([this, mine = std::weak_ptr(current_)](const boost::system::error_code&) {
      // Looked at before `this`: if the wait was cancelled, the timer may be gone.
      const auto held = mine.lock();
      if (!held) return;
      current_.reset();
      (*held)();
    });
  }
  /// Calls once, after that delay. A wait that is on is cancelled.
  void after(std::chrono::nanoseconds delay, std::function<void()> call) { at(clock::now() + delay, std::move(call)); }

  void cancel() {
    current_.reset();
    timer_.cancel();
  }

private:
  boost::asio::steady_timer timer_;
  std::shared_ptr<std::function<void()>> current_;  // of the wait that is on; null if none is
};

}  // namespace drcon::base
