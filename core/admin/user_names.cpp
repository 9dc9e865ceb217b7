#include "admin/user_names.hpp"

#include <drcon/detail/user_name.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <utility>

namespace drcon::admin {

namespace asio = boost::asio;

std::string user_name(uid_t user) { return detail::user_name(user).value_or(std::to_string(user)); }

// Awaited on the thread of the context. The timer runs out, or the answer cancels it.
struct user_names::question {
  explicit question(asio::steady_timer until) : timer(std::move(until)) {}
  asio::steady_timer timer;
  std::optional<std::string> text;
};

asio::awaitable<std::string> user_names::text_of(peer who, std::chrono::nanoseconds at_most,
                                                 std::weak_ptr<void> owner) {
  const auto in_numbers = [](uid_t user) { return std::to_string(user); };
  if (!who.user || !overdue_.expired()) co_return admin::text_of(who, in_numbers);
  if (!lane_) lane_ = std::make_unique<base::lane>("admin-users");
  const auto executor = co_await asio::this_coro::executor;
  const auto asked = std::make_shared<question>(asio::steady_timer(executor, at_most));
  auto is_open = std::make_shared<bool>(true);
  const std::weak_ptr<bool> open = is_open;
  // The question belongs to the context, so that the lane, which may come back when that is gone, must not keep it.
  lane_->post([by = std::weak_ptr(asked), is_open = std::move(is_open), executor, owner, who, name_of = name_of_] {
    auto text = admin::text_of(who, name_of);
    const auto kept = owner.lock();
    if (!kept) return;
    asio::post(executor, [by, text = std::move(text)]() mutable {
      const auto asked = by.lock();
      if (!asked) return;
      asked->text = std::move(text);
      asked->timer.cancel();
    });
  });
  // The answer cannot come before this waits: it comes by way of this very thread.
  boost::system::error_code ended;
  co_await asked->timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  if (asked->text) co_return std::move(*asked->text);
  overdue_ = open;
  co_return admin::text_of(who, in_numbers);
}

}  // namespace drcon::admin
