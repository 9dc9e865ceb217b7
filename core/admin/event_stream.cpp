#include "admin/event_stream.hpp"

#include "admin/limits.hpp"
#include "base/printed.hpp"

#include <drcon/printed.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <memory>
#include <vector>

namespace drcon::admin {
namespace {

namespace asio = boost::asio;

// One client in the hub and in the count, however its coroutine ends.
class registration {
public:
  registration(server_state& state, event_hub::waiting& timer) : state_(state), timer_(timer) {
    state_.hub->enter(timer_);
    ++*state_.event_clients;
    asio::post(state_.engine_context, [state = state_.shared_from_this()] {
      if (!state->closed) state->on_event_client();
    });
  }
  ~registration() {
    state_.hub->leave(timer_);
    --*state_.event_clients;
  }
  registration(const registration&) = delete;
  registration& operator=(const registration&) = delete;

private:
  server_state& state_;
  event_hub::waiting& timer_;
};

// The text is shared by all clients; few have something that programs have printed.
shared_text shown_to(bool may_see_contents, shared_text text) {
  if (text->find(printed_begin) == std::string::npos) return text;
  return std::make_shared<const std::string>(may_see_contents ? base::with_printed(*text)
                                                              : base::without_printed(*text, base::text_kind::json));
}

}  // namespace

std::optional<std::uint64_t> first_event(const std::string& last_event_id, const asked& request) {
  auto text = last_event_id;
  if (const auto after = request.query.find("after"); text.empty() && after != request.query.end())
    text = after->second;
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc()) return {};
  return number;
}

asio::awaitable<void> send_events(server_state& state, connection& client, std::optional<std::uint64_t> after,
                                  bool may_see_contents) {
  static const auto head = std::make_shared<const std::string>(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n");
  static const auto heartbeat = std::make_shared<const std::string>(": beat\n\n");
  event_hub::waiting wake(*state.context);
  auto place = state.hub->begin(after);
  const registration here(state, wake);
  boost::system::error_code error;
  std::vector<shared_text> texts{head};
  while (!error && !state.closed) {
    if (texts.empty()) {
      wake.expires_after(limits::heartbeat_interval);
      boost::system::error_code woken;
      co_await wake.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      if (!woken) texts.push_back(heartbeat);  // nothing happened for so long
      if (!state.still_admits(client)) co_return;
    }
    for (auto& each : texts) each = shown_to(may_see_contents, std::move(each));
    std::vector<asio::const_buffer> buffers;
    for (const auto& each : texts) buffers.emplace_back(asio::buffer(*each));
    const deadline within(client, limits::write_timeout);
    co_await client.write(std::move(buffers), error);
    texts = state.hub->take(place);
  }
}

}  // namespace drcon::admin
