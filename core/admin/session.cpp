#include "admin/session.hpp"

#include "admin/ask_engine.hpp"
#include "admin/event_stream.hpp"
#include "admin/http_message.hpp"
#include "admin/limits.hpp"
#include "admin/parameters.hpp"
#include "log/log.hpp"

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

answer head_of_events() {
  answer head;
  head.type = "text/event-stream";
  return head;
}

answer too_many_event_clients() {
  auto refused = refuse(503, "too many event clients", "try again in a second");
  refused.headers.emplace_back("Retry-After", "1");
  return refused;
}

// A client over TCP that has not shown so far that it may ask: it may be ended to make a place for another.
class unheard {
public:
  unheard(server_state& state, connection& client, way_in by) : state_(state), client_(client) {
    if (by == way_in::tcp) state_.silent.push_back(&client_);
  }
  ~unheard() { heard(); }
  unheard(const unheard&) = delete;
  unheard& operator=(const unheard&) = delete;
  void heard() {
    state_.silent.remove(&client_);
    is_over_ = true;
  }
  bool is_over() const { return is_over_; }

private:
  server_state& state_;
  connection& client_;
  bool is_over_ = false;
};

// True when a whole request was read, or one that has to be refused. False when the client has closed the connection
// or has taken too long.
asio::awaitable<bool> read_request(connection& client, http_request_reader& reader,
                                   http_request_reader::progress& progress, std::chrono::seconds timeout) {
  const deadline within(client, timeout);
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
asio::awaitable<bool> serve(server_state& state, connection& client, way_in by, const http_request& request,
                            unheard& until_heard) {
  auto parsed = parse_request(request.method == "HEAD" ? "GET" : request.method, request.target);
  if (!parsed)
    co_return co_await write_answer(state, client, request,
                                    refuse(400, parsed.error().why, "GET /v1/openapi.json lists what there is"));
  auto& what = *parsed;
  what.may_see_contents = by == way_in::unix_socket || !state.rules.token.empty();
  if (auto refused = refusal(state.rules, by, what, request.host, request.authorization))
    co_return co_await write_answer(state, client, request, std::move(*refused));
  if (what.method != "GET") {
    const std::weak_ptr<void> until_closed = state.weak_from_this();
    what.who = co_await state.users.text_of(client.other_end, limits::user_name_timeout, until_closed);
    if (by == way_in::tcp && !state.rules.token.empty()) what.who.insert(0, "[admin] token from ");
  }
  // Only now: one whose requests are refused has shown nothing, and must not keep its place before those who may ask.
  if (shows_who(state.rules, request.authorization)) until_heard.heard();
  const auto* which = find_route(what);
  if (which != nullptr && which->by != served_by::engine_thread)
    if (auto fault = fault_of_parameters(*which, what))
      co_return co_await write_answer(state, client, request, std::move(*fault));
  if (which != nullptr && which->by == served_by::event_stream) {
    if (state.followers(by) >= limits::event_clients)
      co_return co_await write_answer(state, client, request, too_many_event_clients());
    if (request.method == "HEAD") co_return co_await write_answer(state, client, request, head_of_events());
    --state.connections(by);  // it has a place of another kind
    {
      const counted place(state.followers(by));
      co_await send_events(state, client, first_event(request.last_event_id, what), what.may_see_contents);
    }
    ++state.connections(by);
    co_return false;
  }
  if (which != nullptr && which->by == served_by::server_thread)
    co_return co_await write_answer(state, client, request, answer_here(state, *which, what));
  // Whoever gave up does not know that it would be done after all, as after drcon itself was stopped for a while.
  if (what.method != "GET" && client.is_gone()) {
    log::warning(base::subject_kind::admin, "{} {} is not done: the client has gone", request.method,
                 request.target.substr(0, 200));
    co_return false;
  }
  const auto timeout = which != nullptr ? which->timeout : limits::answer_timeout;
  const bool may_see_contents = what.may_see_contents;
  auto made = co_await ask_engine(state, std::move(what), timeout);
  show_printed(made, may_see_contents);
  co_return co_await write_answer(state, client, request, std::move(made));
}

asio::awaitable<void> converse(server_state& state, connection& client, way_in by, unheard& until_heard) {
  http_request_reader reader;
  auto progress = http_request_reader::progress::incomplete;
  auto timeout = by == way_in::tcp ? limits::first_request_timeout : limits::request_timeout;
  while (!state.closed && co_await read_request(client, reader, progress, timeout)) {
    if (!state.still_admits(client)) co_return;
    const auto request = reader.take_request();
    if (progress == http_request_reader::progress::refused) {
      co_await write_answer(state, client, request, reader.refusal());
      co_return;
    }
    if (!co_await serve(state, client, by, request, until_heard)) co_return;
    if (by != way_in::tcp || until_heard.is_over()) timeout = limits::request_timeout;
    progress = reader.next();
  }
}

}  // namespace

asio::awaitable<void> run_session(server_state& state, std::unique_ptr<connection> client, way_in by) {
  const counted place(state.connections(by));
  unheard until_heard(state, *client, by);
  error_code error;
  co_await client->handshake(error);
  if (error) co_return;
  co_await converse(state, *client, by, until_heard);
  co_await client->shutdown();
}

}  // namespace drcon::admin
