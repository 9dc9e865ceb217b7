#include "common/http2/request_channels.hpp"

#include "common/byte_stream.hpp"

#include <algorithm>
#include <utility>

namespace drcon::common {

namespace asio = boost::asio;

request_channels::request_channels(setup with)
    : with_(std::move(with)),
      negotiates_(with_.server.tls && with_.choice != http_choice::http1),
      pool_({.executor = with_.executor,
             .server = with_.server,
             .headers = with_.headers,
             .may_be_http1 = with_.choice == http_choice::automatic,
             .spawn = with_.spawn,
             .changed = with_.changed,
             .patience = with_.patience}) {}

std::shared_ptr<request_channel> request_channels::channel() { return std::make_shared<request_channel>(*this); }

std::size_t request_channels::connections_for(std::size_t channels) const {
  const auto each = capacity(1);
  return (channels + each - 1) / each;
}

std::size_t request_channels::open_connections() const {
  return pool_.open_connections() +
         static_cast<std::size_t>(std::ranges::count_if(all_, [](const auto* each) { return each->is_open(); }));
}

std::size_t request_channels::proven_connections() const {
  return pool_.proven_connections() +
         static_cast<std::size_t>(std::ranges::count_if(all_, [](const auto* each) { return each->is_proven(); }));
}

request_channel::request_channel(request_channels& all)
    : all_(all),
      own_(all.with_.executor, all.with_.server, all.with_.headers),
      place_(all.all_.insert(all.all_.end(), this)) {}

request_channel::~request_channel() { all_.all_.erase(place_); }

bool request_channel::uses_own() const {
  if (!all_.negotiates_ || all_.pool_.spoken() == http2_pool::protocol::http1) return true;
  return all_.pool_.spoken() == http2_pool::protocol::unknown && own_.is_open();
}

asio::awaitable<http_answer> request_channel::get(std::string target, std::chrono::nanoseconds timeout) {
  const auto began = std::chrono::steady_clock::now();
  if (!uses_own()) {
    own_.close();
    http2_request request{.target = target, .timer = asio::steady_timer(all_.with_.executor)};
    request_ = &request;
    const std::unique_ptr<http2_request*, void (*)(http2_request**)> guard(
        &request_, [](http2_request** each) { *each = nullptr; });
    auto answer = co_await all_.pool_.get(request, timeout);
    if (!request.needs_http1) co_return answer;
  }
  if (auto connected = all_.negotiates_ ? all_.pool_.take_http1() : nullptr) own_.adopt(std::move(connected));
  auto answer = co_await own_.get(std::move(target), timeout - (std::chrono::steady_clock::now() - began));
  // Who listens there next may speak HTTP/2.
  if (all_.negotiates_ && answer.fault == http_fault::connect && all_.pool_.spoken() == http2_pool::protocol::http1)
    all_.pool_.forget_protocol();
  co_return answer;
}

void request_channel::close() {
  if (request_ != nullptr) all_.pool_.end(*request_);
  else own_.close();
}

}  // namespace drcon::common
