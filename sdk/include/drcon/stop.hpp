// drcon/stop.hpp: how a blocking source or sink is asked to stop, and the thread that it has.
//
// stop_token is that of the standard library. Libraries without it (libc++ before 20) get the part of it that a plugin
// needs, so that the same plugin builds with either.
// Thread rule: a token may be asked from any thread; a worker is started and stopped on the instance's lane.
#pragma once

#include <drcon/detail/last_catch.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <version>

#ifdef __cpp_lib_jthread
#include <stop_token>
#endif

namespace drcon {

#ifdef __cpp_lib_jthread
using std::stop_source;
using std::stop_token;
#else
/// Tells whether a stop was requested, as std::stop_token does.
class stop_token {
public:
  stop_token() = default;
  bool stop_requested() const noexcept { return requested_ && *requested_; }

private:
  friend class stop_source;
  explicit stop_token(std::shared_ptr<const std::atomic<bool> > requested) : requested_(std::move(requested)) {}
  std::shared_ptr<const std::atomic<bool> > requested_;
};

/// Requests a stop of whoever holds its tokens, as std::stop_source does.
class stop_source {
public:
  stop_token get_token() const { return stop_token(requested_); }
  bool request_stop() noexcept { return !requested_->exchange(true); }

private:
  std::shared_ptr<std::atomic<bool> > requested_ = std::make_shared<std::atomic<bool> >(false);
};
#endif

namespace detail {

/// A thread that can be asked to stop, and what it waits on: news, a time, or the stop.
class worker {
public:
  worker() = default;
  ~worker() { stop(); }
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  /// Runs work(stop_token) on the thread; once more, after a pause, when an exception has left it.
  template <class Work>
  void start(Work work) {
    stop_ = stop_source();
    thread_ = std::thread([this, work = std::move(work), token = stop_.get_token()] {
      while (!caught_last("the thread of a source or sink", [&] { work(token); }) && !token.stop_requested())
        wait(token, std::chrono::seconds(1), [] { return false; });
    });
  }
  void stop() {
    if (!thread_.joinable()) return;
    stop_.request_stop();  // outside of the lock: it may call the plugin
    tell([] {});
    thread_.join();
  }

  /// Makes a change that wait() may be waiting for.
  template <class Change>
  void tell(Change change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    wake_.notify_all();
  }
  /// Waits until there is news, a stop or the end of the time; returns news(), which is called under the lock.
  template <class News>
  auto wait(const stop_token& stop, std::chrono::nanoseconds length, News news) {
    std::unique_lock lock(mutex_);
    const auto enough = [&] { return stop.stop_requested() || news(); };
    if (length == std::chrono::nanoseconds::max()) wake_.wait(lock, enough);
    else wake_.wait_for(lock, length, enough);
    return news();
  }

private:
  std::mutex mutex_;
  std::condition_variable wake_;
  stop_source stop_;
  std::thread thread_;
};

}  // namespace detail
}  // namespace drcon
