// What becomes of a coroutine source whose coroutines end by an exception.
#include <drcon/asio.hpp>
#include <drcon/testing.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <stdexcept>

namespace drcon {
namespace {

// As a thread limit would, while a name is resolved.
class failing_source final : public asio_source {
public:
  static constexpr const char* schema = R"({"type": "object", "properties": {
    "child": {"type": "boolean", "default": false}}})";
  failing_source(context host, const drcon::options& options)
      : asio_source(host), has_child_(options["child"].boolean()) {}

  boost::asio::awaitable<void> run() override {
    if (has_child_) spawn([this] { return work(); }, [this](const std::string& why) { host().unknown("web", why); });
    else co_await work();
  }

private:
  boost::asio::awaitable<void> work() {
    if (++tries_ == 1) throw std::runtime_error("no more threads");
    host().publish({.name = "web", .revision = tries_, .endpoints = {}, .values = {}});
    host().ready();
    boost::asio::steady_timer never(executor(), std::chrono::hours(1));
    co_await never.async_wait(boost::asio::use_awaitable);
  }

  const bool has_child_;
  std::uint64_t tries_ = 0;
};

TEST(AsioSource, RunsAgainAfterAnException) {
  auto source = testing::source<failing_source>();
  source.start();
  auto& host = source.host();
  ASSERT_TRUE(host.wait_until([&] { return host.unknown().contains(""); }));
  EXPECT_EQ(host.unknown().at(""), "no more threads");
  EXPECT_TRUE(host.wait_until([&] { return host.ready(); }));
  EXPECT_TRUE(host.services().contains("web"));
  source.stop();
  EXPECT_TRUE(host.breaches().empty());
}

TEST(AsioSource, BeginsAChildAgainAndReportsAsTheChildSays) {
  auto source = testing::source<failing_source>({{"child", true}});
  source.start();
  auto& host = source.host();
  ASSERT_TRUE(host.wait_until([&] { return host.unknown().contains("web"); }));
  EXPECT_FALSE(host.unknown().contains(""));
  EXPECT_TRUE(host.wait_until([&] { return host.ready(); }));
  source.stop();
  EXPECT_TRUE(host.breaches().empty());
}

// The threads are of the host's process: an exception that leaves one would end every pipeline.
TEST(SharedContext, GoesOnAfterAnExceptionOutOfAHandler) {
  const auto shared = shared_context::acquire();
  shared->run();
  for (int i = 0; i < 10; ++i) boost::asio::post(shared->context(), [] { throw std::runtime_error("no room"); });
  std::promise<void> done;
  boost::asio::post(shared->context(), [&done] { done.set_value(); });
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(Worker, RunsAgainAfterAnException) {
  detail::worker worker;
  std::promise<void> again;
  int runs = 0;
  worker.start([&](const stop_token&) {
    if (++runs == 1) throw std::runtime_error("no room");
    again.set_value();
  });
  EXPECT_EQ(again.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  worker.stop();
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace drcon
