// A limit on the time that an operation may take: when it has passed, a function ends the operation.
//
// Thread rule: everything on the executor it was made with.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace drcon::common {

class deadline {
public:
  /// `expire` is called at most once for each limit, and never after the deadline has been destroyed.
  deadline(const boost::asio::any_io_executor& executor, std::function<void()> expire)
      : state_(std::make_shared<state>(executor, std::move(expire))) {}

  /// Replaces the limit before.
  void expires_after(std::chrono::nanoseconds limit) {
    const auto turn = ++state_->turn;
    state_->expired = false;
    state_->timer.expires_after(limit);
    // A timer that has fired may already have queued its handler, which cancel() does not take back: the turn tells
    // whether the handler's limit is still the present one, the weak pointer whether there still is a deadline.
    state_->timer.async_wait([weak = std::weak_ptr(state_), turn](const boost::system::error_code& cancelled) {
      const auto present = weak.lock();
      if (cancelled || !present || present->turn != turn) return;
      present->expired = true;
      present->expire();
    });
  }
  /// No limit until expires_after is called again.
  void expires_never() {
    ++state_->turn;
    state_->timer.cancel();
  }
  /// The present limit has passed.
  bool has_expired() const { return state_->expired; }

private:
  struct state {
    state(const boost::asio::any_io_executor& executor, std::function<void()> on_expiry)
        : timer(executor), expire(std::move(on_expiry)) {}
    boost::asio::steady_timer timer;
    std::function<void()> expire;
    std::uint64_t turn = 0;
    bool expired = false;
  };

  std::shared_ptr<state> state_;
};

}  // namespace drcon::common
