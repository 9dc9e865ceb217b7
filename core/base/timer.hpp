// A timer whose callback is never called after cancel(), a new wait, or the timer's end.
//
// Asio alone does not promise that: a wait that has already expired calls back in spite of cancel().
// Thread rule: the thread of its executor.
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

  void at(clock::time_point when, std::function<void()> call) {
    cancel();
    timer_.expires_at(when);
    current_ = std::make_shared<std::function<void()>>(std::move(call));
    timer_.async_wait([this, mine = std::weak_ptr(current_)](const boost::system::error_code&) {
      const auto held = mine.lock();
      if (!held) return;
      current_.reset();
      (*held)();
    });
  }
  void after(std::chrono::nanoseconds delay, std::function<void()> call) { at(clock::now() + delay, std::move(call)); }

  void cancel() {
    current_.reset();
    timer_.cancel();
  }

private:
  boost::asio::steady_timer timer_;
  std::shared_ptr<std::function<void()>> current_;  // the wait that is on, if any
};

}  // namespace drcon::base
