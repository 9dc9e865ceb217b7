#include "admin/session.hpp"

#include "admin/ask_engine.hpp"
#include "admin/event_stream.hpp"
#include "admin/http_message.hpp"
#include "admin/limits.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace drcon::admin {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// A place that is given back however the coroutine ends.
class counted {
public:
  explicit counted(std::size_t& count) : count_(count) { ++count_; }
  ~counted() { --count_; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

private:
  std::size_t& count_;
};

answer too_many_event_clients() {
  auto refused = refuse(503, "too many event clients", "try again in a second");
  refused.headers.emplace_back("Retry-After", "1");
  return refused;
}

// True when a whole request was read, or one that has to be refused. False when the client has closed the connection
// or has taken too long.
asio::awaitable<bool> read_request(connection& client, http_request_reader& reader,
                                   http_request_reader::progress& progress) {
  const deadline within(client, limits::request_timeout);
  while (progress == http_request_reader::progress::incomplete) {
    error_code error;
    const auto count = co_await client.read_some(reader.space(), error);
    if (error) co_return false;
    progress = reader.received(count);
  }
  co_return true;
}

// True when the connection stays open for another request.
asio::awaitable<bool> write_answer(server_state& state, connection& client, const http_request& request, answer made) {
  state.about.figures.add(metrics::admin_requests, {{"code", std::to_string(made.status)}});
  const auto response = to_http(std::move(made), request);
  std::vector<asio::const_buffer> buffers{asio::buffer(response.head)};
  if (!response.body.empty()) buffers.emplace_back(asio::buffer(response.body));
  error_code error;
  const deadline within(client, limits::write_timeout);
  co_await client.write(std::move(buffers), error);
  co_return response.keep_alive && !error;
}

// What a route that needs no engine answers.
answer answer_here(server_state& state, const route& which, const asked& what) {
  answer made;
  which.handler(state.about, {}, what, [&made](answer given) { made = std::move(given); });
  return made;
}

// True when the connection stays open for another request.
asio::awaitable<bool> serve(server_state& state, connection& client, way_in by, const http_request& request) {
  auto parsed = parse_request(request.method == "HEAD" ? "GET" : request.method, request.target);
  if (!parsed)
    co_return co_await write_answer(state, client, request,
                                    refuse(400, parsed.error().why, "GET /v1/openapi.json lists what there is"));
  auto& what = *parsed;
  if (auto refused = refusal(state.rules, by, what, request.host, request.authorization))
    co_return co_await write_answer(state, client, request, std::move(*refused));
  const auto* which = find_route(what);
  if (which != nullptr && which->by == served_by::event_stream) {
    if (state.hub->clients() >= limits::event_clients)
      co_return co_await write_answer(state, client, request, too_many_event_clients());
    --state.connections;  // it has a place of another kind
    co_await send_events(state, client, first_event(request.last_event_id, what));
    ++state.connections;
    co_return false;
  }
  if (which != nullptr && which->by == served_by::server_thread)
    co_return co_await write_answer(state, client, request, answer_here(state, *which, what));
  const auto timeout = which != nullptr ? which->timeout : limits::answer_timeout;
  auto made = co_await ask_engine(state, std::move(what), timeout);
  co_return co_await write_answer(state, client, request, std::move(made));
}

asio::awaitable<void> converse(server_state& state, connection& client, way_in by) {
  http_request_reader reader;
  auto progress = http_request_reader::progress::incomplete;
  while (!state.closed && co_await read_request(client, reader, progress)) {
    const auto request = reader.take_request();
    if (progress == http_request_reader::progress::refused) {
      co_await write_answer(state, client, request, reader.refusal());
      co_return;
    }
    if (!co_await serve(state, client, by, request)) co_return;
    progress = reader.next();
  }
}

}  // namespace

asio::awaitable<void> run_session(server_state& state, std::unique_ptr<connection> client, way_in by) {
  const counted place(state.connections);
  error_code error;
  co_await client->handshake(error);
  if (error) co_return;
  co_await converse(state, *client, by);
  co_await client->shutdown();
}

}  // namespace drcon::admin
