#include "admin/user_names.hpp"

#include "support/wait.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <optional>

namespace drcon::admin {
namespace {

namespace asio = boost::asio;
using std::chrono::hours;
using std::chrono::milliseconds;

const std::string in_words = "user anna (pid 7)";
const std::string in_numbers = "user 1000 (pid 7)";

class UserNames : public ::testing::Test {
protected:
  ~UserNames() override {
    answer();
    names_.reset();
    EXPECT_TRUE(base::wait_for_lanes(std::chrono::seconds(60))) << "it may still be looking up here";
  }

  // A user database that answers when it is told to.
  std::string look_up(uid_t user) {
    ++asked_;
    EXPECT_EQ(user, 1000U);
    return released_.wait_for(std::chrono::seconds(60)) == std::future_status::ready ? "anna" : "nobody released it";
  }
  void answer() {
    if (!is_released_) release_.set_value();
    is_released_ = true;
  }
  void begin(std::chrono::nanoseconds at_most) {
    const auto ask = [this, at_most]() -> asio::awaitable<void> {
      text_ = co_await names_->text_of(anna_, at_most, owner_);
    };
    asio::co_spawn(context_, ask, asio::detached);
  }
  std::string text_of(std::chrono::nanoseconds at_most) {
    begin(at_most);
    context_.restart();
    context_.run();
    return text_;
  }

  peer anna_{.address = {}, .user = 1000, .login = {}, .process = 7};
  asio::io_context context_;
  std::shared_ptr<void> owner_ = std::make_shared<int>();
  std::promise<void> release_;
  const std::shared_future<void> released_ = release_.get_future();
  bool is_released_ = false;
  std::atomic<int> asked_ = 0;
  std::string text_;
  std::optional<user_names> names_{[this](uid_t user) { return look_up(user); }};
};

TEST_F(UserNames, AreWaitedForWhileOtherClientsAreServed) {
  begin(hours(1));
  asio::post(context_, [this] { answer(); });  // another client's turn, which comes though the database is silent
  context_.run();
  EXPECT_EQ(text_, in_words);
}

TEST_F(UserNames, AreNumbersWhileTheDatabaseDoesNotAnswer) {
  EXPECT_EQ(text_of(milliseconds(1)), in_numbers);
  EXPECT_EQ(text_of(hours(1)), in_numbers) << "it is not waited for again";
  answer();
  EXPECT_TRUE(test::wait_until([this] { return text_of(hours(1)) == in_words; })) << "it has come back";
  EXPECT_EQ(asked_, 2);
}

TEST_F(UserNames, AreNotAskedForOfOneWhoHasAnAddress) {
  anna_ = {.address = "192.0.2.1", .user = {}, .login = {}, .process = 0};
  EXPECT_EQ(text_of(hours(1)), "192.0.2.1");
  EXPECT_EQ(asked_, 0);
}

TEST_F(UserNames, ThatComeAfterTheServerHasGoneAreDropped) {
  EXPECT_EQ(text_of(milliseconds(1)), in_numbers);
  owner_.reset();
  names_.reset();
  answer();
  ASSERT_TRUE(base::wait_for_lanes(std::chrono::seconds(60)));
  context_.restart();
  EXPECT_EQ(context_.poll(), 0U);
}

}  // namespace
}  // namespace drcon::admin
