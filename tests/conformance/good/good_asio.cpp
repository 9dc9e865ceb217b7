// A good sink with the SDK's coroutine base: passes every case.
#include <drcon/asio.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace {

class good_asio final : public drcon::asio_sink {
public:
  static constexpr const char* schema = R"({"type": "object", "additionalProperties": false})";
  good_asio(drcon::context host, const drcon::options&) : asio_sink(host) {}

  boost::asio::awaitable<drcon::outcome> apply(drcon::update_view update) override {
    boost::asio::steady_timer timer(executor(), std::chrono::milliseconds(5));
    co_await timer.async_wait(boost::asio::use_awaitable);
    for (const auto& service : update.wanted().services())
      for (const auto each : service.endpoints()) ports_ += each.port();
    co_return drcon::ok();
  }

private:
  std::uint64_t ports_ = 0;
};

}  // namespace

DRCON_SINK("good-asio", "1.0.0", "Adds up ports.", good_asio)
