#include "common/http2/pool.hpp"

#include "common/http_dial.hpp"
#include "common/http_message.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace drcon::common {

namespace asio = boost::asio;
using clock = std::chrono::steady_clock;

namespace {

constexpr auto waiting = asio::as_tuple(asio::use_awaitable);
/// A request that comes back unprocessed is sent again so often; a server that refuses everything gets no more of it.
constexpr int most_repeats = 2;
/// More streams than these on one connection would make its loss a loss of everything.
constexpr std::size_t most_streams = 1000;
/// Between a failure to connect and the next attempt: it doubles.
constexpr auto first_pause = std::chrono::milliseconds(50);
constexpr unsigned most_doublings = 4;

}  // namespace

// One connection that is being made. It counts until it is on the list of connections, or has failed.
class http2_pool::dialling {
public:
  explicit dialling(http2_pool& pool) : pool_(pool) { ++pool_.dialling_; }
  ~dialling() { done(); }
  dialling(const dialling&) = delete;
  dialling& operator=(const dialling&) = delete;
  void done() {
    if (!std::exchange(done_, true)) --pool_.dialling_;
  }

private:
  http2_pool& pool_;
  bool done_ = false;
};

// ---- requests ----

asio::awaitable<http_answer> http2_pool::get(http2_request& request, std::chrono::nanoseconds timeout) {
  const auto end = clock::now() + std::chrono::duration_cast<clock::duration>(timeout);
  // Also when the coroutine is destroyed while it waits: nothing may refer to the request then.
  const std::unique_ptr<http2_request, std::function<void(http2_request*)>> guard(
      &request, [this](http2_request* each) { leave(*each); });
  for (int repeats = 0;; ++repeats) {
    request.answer.reset();
    request.timer.expires_at(end);
    if (!place(request)) {
      request.is_waiting = true;
      waiting_.push_back(&request);
      dial_as_needed();
    }
    while (!request.answer) {
      const auto [error] = co_await request.timer.async_wait(waiting);
      if (error || request.answer) continue;
      co_return lost_answer(std::string(request.connection ? "no answer" : "no free connection") +
                                " within the time-out (" + name_of(with_.server) + ")",
                            http_fault::timeout);
    }
    if (!request.may_be_repeated || repeats == most_repeats || clock::now() >= end)
      co_return *std::exchange(request.answer, std::nullopt);
  }
}

void http2_pool::end(http2_request& request) {
  leave(request);
  request.needs_http1 = false;  // else whoever asks would make an HTTP/1.1 connection for what was given up
  request.finish(lost_answer("the request was given up"), false);
}

void http2_pool::leave(http2_request& request) {
  if (request.connection != nullptr) request.connection->abandon(request);
  if (std::exchange(request.is_waiting, false)) waiting_.remove(&request);
}

bool http2_pool::place(http2_request& request) {
  return std::ranges::any_of(connections_,
                             [&](const auto& each) { return each->has_free_stream() && each->start(request); });
}

void http2_pool::place_waiting() {
  while (!waiting_.empty() && place(*waiting_.front())) {
    waiting_.front()->is_waiting = false;
    waiting_.pop_front();
  }
}

void http2_pool::finish_waiting(const http_answer& how, bool needs_http1) {
  for (auto* each : std::exchange(waiting_, {})) {
    each->needs_http1 = needs_http1;
    each->finish(how, false);
  }
}

// ---- connections ----

void http2_pool::limit(std::size_t connections) {
  most_ = std::max<std::size_t>(connections, 1);
  dial_as_needed();
}

std::size_t http2_pool::proven_connections() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(connections_, [](const auto& each) { return each->is_proven(); }));
}

std::size_t http2_pool::unsettled() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(connections_, [](const auto& each) { return !each->is_settled(); }));
}

void http2_pool::connection_changed() {
  remove_ended();
  std::size_t answering = 0;
  std::optional<std::size_t> streams;
  for (const auto& each : connections_) {
    if (each->has_answered()) ++answering;
    if (each->is_settled() && !each->is_draining())
      streams = std::min(streams.value_or(most_streams), each->most_streams());
  }
  if (answering > std::exchange(answering_, answering)) failures_ = 0;
  if (streams) speak(protocol::http2, *streams);
  place_waiting();
  dial_as_needed();
}

void http2_pool::remove_ended() {
  std::vector<connection_ptr> gone;
  std::erase_if(connections_, [&](const auto& each) {
    if (each->has_ended()) gone.push_back(each);
    return each->has_ended();
  });
  for (const auto& each : gone) {
    if (each->has_answered()) continue;
    note_failure();
    if (!each->is_settled()) dial_failed(each->why_ended());
  }
}

// A server may change how many streams it takes at any time.
void http2_pool::speak(protocol spoken, std::size_t streams) {
  streams = std::clamp<std::size_t>(streams, 1, most_streams);
  const bool is_news = spoken_ != spoken || streams_ != streams;
  spoken_ = spoken;
  streams_ = streams;
  if (is_news) with_.changed();
}

// Until the first connection is settled nobody knows how many are needed.
void http2_pool::dial_as_needed() {
  const auto in_use = static_cast<std::size_t>(
      std::ranges::count_if(connections_, [](const auto& each) { return !each->is_draining(); }));
  auto live = in_use + dialling_;
  auto to_come = dialling_ + unsettled();
  const bool is_known = spoken_ == protocol::http2 && failures_ == 0;
  while (live < most_ && connections_.size() + dialling_ < 2 * most_ &&
         (is_known ? waiting_.size() > to_come * streams_ : !waiting_.empty() && to_come == 0)) {
    const auto mine = std::make_shared<dialling>(*this);
    with_.spawn([this, mine] { return dial_one(mine); }, [](const std::string&) {});
    ++live;
    ++to_come;
  }
}

asio::awaitable<void> http2_pool::dial_one(std::shared_ptr<dialling> mine) {
  while (clock::now() < next_dial_) {
    asio::steady_timer timer(with_.executor, next_dial_);
    co_await timer.async_wait(asio::use_awaitable);
  }
  auto stream = std::make_unique<byte_stream>(with_.executor, with_.server);
  std::vector<std::string> protocols{"h2"};
  if (with_.may_be_http1) protocols.emplace_back("http/1.1");
  auto fault = co_await dial(*stream, with_.server, std::chrono::hours(1), std::move(protocols));
  mine->done();
  if (fault.fault == http_fault::none && stream->protocol() == "h2") co_return add(std::move(stream));
  if (fault.fault == http_fault::none && with_.may_be_http1) co_return give_away(std::move(stream));
  if (fault.fault == http_fault::none)
    fault = lost_answer("the server at " + name_of(with_.server) +
                            " has no HTTP/2, which http = \"2\" asks for; with \"auto\" HTTP/1.1 is used then",
                        http_fault::connect);
  note_failure();
  dial_failed(fault);
  dial_as_needed();
}

void http2_pool::add(std::unique_ptr<byte_stream> stream) {
  const auto made = std::make_shared<http2_connection>(
      with_.executor, std::move(stream), name_of(with_.server), authority_of(with_.server), with_.headers,
      [this] { connection_changed(); }, with_.patience);
  connections_.push_back(made);
  const auto failed = [made](const std::string& why) { made->end(lost_answer(why)); };
  with_.spawn([made] { return made->read(); }, failed);
  with_.spawn([made] { return made->write(); }, failed);
  with_.spawn([made] { return made->watch(); }, failed);
}

// Channels that do not fit on HTTP/1.1 are closed first: those that still wait then make a connection each.
void http2_pool::give_away(std::unique_ptr<byte_stream> stream) {
  failures_ = 0;
  speak(protocol::http1, 1);
  stream->expires_never();  // the limit was for making it
  // An idle one would count at the server for nobody, and its end be taken for that of a new connection.
  if (!waiting_.empty()) http1_ = std::move(stream);
  finish_waiting({}, true);
}

std::unique_ptr<byte_stream> http2_pool::take_http1() {
  if (http1_ && http1_->is_closed()) http1_.reset();
  return std::move(http1_);
}

void http2_pool::note_failure() {
  next_dial_ = clock::now() + first_pause * (1U << std::min(failures_, most_doublings));
  ++failures_;
}

// While others are being made they may serve those that wait.
void http2_pool::dial_failed(const http_answer& why) {
  if (dialling_ + unsettled() == 0) finish_waiting(why, false);
}

}  // namespace drcon::common
