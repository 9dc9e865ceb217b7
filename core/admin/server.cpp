#include "admin/server.hpp"

#include "admin/access.hpp"
#include "admin/dashboard.hpp"
#include "admin/events.hpp"
#include "base/build_facts.hpp"
#include "log/log.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <pthread.h>
#include <sys/stat.h>

#include <charconv>
#include <future>
#include <optional>
#include <thread>
#include <utility>

namespace drcon::admin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using local = asio::local::stream_protocol;
using asio::ip::tcp;
using local_stream = beast::basic_stream<local>;
using tcp_stream = beast::basic_stream<tcp>;
using tls_stream = asio::ssl::stream<tcp_stream>;
using request = http::request<http::string_body>;
using response = http::response<http::string_body>;

constexpr auto request_timeout = std::chrono::seconds(30);  // a client that says nothing does not keep its place
constexpr auto write_timeout = std::chrono::seconds(30);    // nor one that does not read
constexpr auto handshake_timeout = std::chrono::seconds(10);
constexpr auto beat_interval = std::chrono::seconds(15);    // proxies cut what is silent for longer than a minute
constexpr auto liveness_timeout = std::chrono::seconds(5);  // of /healthz: the engine's thread turns, or it does not
constexpr auto answer_timeout = std::chrono::seconds(90);   // a target may have to be asked
constexpr std::size_t most_connections = 64;                // this serves people and scrapers, not load
constexpr std::size_t most_event_clients = 1024;
constexpr std::uint64_t longest_body = std::uint64_t{64} * 1024;
constexpr std::uint32_t longest_header = 16 * 1024;

}  // namespace

// Everything of the server's thread. What the engine was asked keeps it alive, so that an answer that comes late finds
// its loop; the connections are the loop's own, and end with it.
struct server_state : std::enable_shared_from_this<server_state> {
  explicit server_state(asio::io_context& engine_context, subject about)
      : engine_context(engine_context), about(std::move(about)) {
    this->about.event_clients = listeners;
  }

  asio::io_context& engine_context;
  subject about;
  const std::shared_ptr<event_hub> hub = std::make_shared<event_hub>();
  const std::shared_ptr<std::atomic<std::size_t>> listeners = std::make_shared<std::atomic<std::size_t>>(0);
  std::function<void()> on_listener;  // told on the engine's thread
  std::atomic<bool> closed{false};

  access_rules rules;
  std::shared_ptr<asio::ssl::context> tls;
  std::size_t connections = 0;
  // Last: the connections that go with it refer to what is above.
  const std::shared_ptr<asio::io_context> context = std::make_shared<asio::io_context>(1);
};
using state_ptr = std::shared_ptr<server_state>;

namespace {

// An answer that the engine's thread gives, waited for on the server's. Completed once: by the answer or by the clock.
template <class Handler>
struct question : std::enable_shared_from_this<question<Handler>> {
  question(state_ptr of, Handler&& handler)
      : state(std::move(of)), timer(*state->context), handler(std::move(handler)) {}

  void complete(answer made) {
    if (!handler) return;
    timer.cancel();
    auto once = std::move(*handler);
    handler.reset();
    std::move(once)(std::move(made));
  }

  state_ptr state;  // first: what is below belongs to its loop
  asio::steady_timer timer;
  std::optional<Handler> handler;
};

asio::awaitable<answer> ask_engine(server_state& of, asked what) {
  auto begin = [state = of.shared_from_this(), what = std::move(what)](auto handler) {
    auto open = std::make_shared<question<decltype(handler)>>(state, std::move(handler));
    const bool live = what.path == std::vector<std::string>{"healthz"};
    open->timer.expires_after(live ? liveness_timeout : answer_timeout);
    open->timer.async_wait([late = std::weak_ptr(open)](const boost::system::error_code& error) {
      const auto open = late.lock();
      if (!error && open)
        open->complete(
            refuse(503, "the engine's thread does not answer", "see the log; a restart keeps the last good state"));
    });
    asio::post(state->engine_context, [state, what, open] {
      if (state->closed) return;
      handle(state->about, what, [state, open](answer made) {
        asio::post(*state->context, [open, made = std::move(made)]() mutable { open->complete(std::move(made)); });
      });
    });
  };
  co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(answer)>(std::move(begin),
                                                                                       asio::use_awaitable);
}

response to_http(const request& asked, answer from) {
  response made(http::int_to_status(from.status), asked.version());
  made.set(http::field::server, std::string("drcon/") + build::version);
  made.set(http::field::content_type, from.type);
  made.set(http::field::cache_control, "no-store");
  made.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : from.headers) made.set(name, value);
  made.keep_alive(asked.keep_alive());
  made.body() = std::move(from.body);
  made.prepare_payload();
  if (asked.method() == http::verb::head) made.body().clear();
  return made;
}

answer too_busy(const char* what) {
  auto refused = refuse(503, std::string("too many ") + what, "try again in a second");
  refused.headers.emplace_back("Retry-After", "1");
  return refused;
}

// Places are given back however a coroutine ends.
class counted {
public:
  explicit counted(std::size_t& in) : in_(in) { ++in_; }
  ~counted() { --in_; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;

private:
  std::size_t& in_;
};

class listener {
public:
  listener(server_state& state, event_hub::waiting& timer) : state_(state), timer_(timer) {
    state_.hub->enter(timer_);
    ++*state_.listeners;
    asio::post(state_.engine_context, [state = state_.shared_from_this()] {
      if (!state->closed) state->on_listener();
    });
  }
  ~listener() {
    state_.hub->leave(timer_);
    --*state_.listeners;
  }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

private:
  server_state& state_;
  event_hub::waiting& timer_;
};

std::optional<std::uint64_t> first_event(const request& asked, const std::map<std::string, std::string>& query) {
  std::string text;
  if (const auto last = asked.find("Last-Event-ID"); last != asked.end()) text = std::string(last->value());
  if (const auto after = query.find("after"); text.empty() && after != query.end()) text = after->second;
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc()) return {};
  return number;
}

template <class Stream>
asio::awaitable<void> tell_events(server_state& state, Stream& client, std::optional<std::uint64_t> after) {
  static const auto head = std::make_shared<const std::string>(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
      "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n");
  static const auto beat = std::make_shared<const std::string>(": beat\n\n");
  event_hub::waiting wake(*state.context);
  auto place = state.hub->begin(after);
  const listener here(state, wake);
  boost::system::error_code error;
  std::vector<shared_text> texts{head};
  while (!error && !state.closed) {
    if (texts.empty()) {
      wake.expires_after(beat_interval);
      boost::system::error_code woken;
      co_await wake.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      if (!woken) texts.push_back(beat);
    }
    std::vector<asio::const_buffer> buffers;
    for (const auto& each : texts) buffers.emplace_back(asio::buffer(*each));
    beast::get_lowest_layer(client).expires_after(write_timeout);
    co_await asio::async_write(client, buffers, asio::redirect_error(asio::use_awaitable, error));
    texts = state.hub->take(place);
  }
}

// True when the connection goes on.
template <class Stream>
asio::awaitable<bool> serve(server_state& state, Stream& client, way_in by, const request& asked_for) {
  asked what;
  what.method = asked_for.method() == http::verb::head ? "GET" : std::string(asked_for.method_string());
  answer made;
  const auto header = [&](http::field name) { return std::string(asked_for[name]); };
  if (!parse_target(std::string(asked_for.target()), what)) {
    made = refuse(400, "the path of the request cannot be read", "GET /v1/openapi.json lists what there is");
  } else if (auto refused =
                 refusal(state.rules, by, what, header(http::field::host), header(http::field::authorization))) {
    made = std::move(*refused);
  } else if (what.method == "GET" && what.path.empty()) {
    made = dashboard();
  } else if (what.method == "GET" && what.path == std::vector<std::string>{"v1", "events"}) {
    if (state.hub->clients() < most_event_clients) {
      --state.connections;  // it has a place of another kind
      co_await tell_events(state, client, first_event(asked_for, what.query));
      ++state.connections;
      co_return false;
    }
    made = too_busy("event clients");
  } else {
    made = co_await ask_engine(state, std::move(what));
  }
  state.about.figures.add(metrics::admin_requests, {{"code", std::to_string(made.status)}});
  auto reply = to_http(asked_for, std::move(made));
  const bool more = reply.keep_alive();
  boost::system::error_code error;
  beast::get_lowest_layer(client).expires_after(write_timeout);
  co_await http::async_write(client, reply, asio::redirect_error(asio::use_awaitable, error));
  co_return more && !error;
}

std::optional<answer> answer_to(const boost::system::error_code& error) {
  if (error == http::error::header_limit) return refuse(431, "the request's header is too long", "at most 16 KiB");
  if (error == http::error::body_limit) return refuse(413, "the request's body is too long", "no body is needed here");
  const bool is_http = error.category() == make_error_code(http::error::end_of_stream).category();
  if (is_http && error != http::error::end_of_stream && error != http::error::partial_message)
    return refuse(400, "this is not HTTP/1.1: " + error.message(), "the connection is closed");
  return {};
}

template <class Stream>
asio::awaitable<void> converse(server_state& state, Stream& client, way_in by) {
  beast::flat_buffer buffer;
  for (bool more = true; more && !state.closed;) {
    auto parser = std::make_unique<http::request_parser<http::string_body>>();
    parser->body_limit(longest_body);
    parser->header_limit(longest_header);
    boost::system::error_code error;
    beast::get_lowest_layer(client).expires_after(request_timeout);
    co_await http::async_read(client, buffer, *parser, asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      const auto whole = parser->release();
      parser.reset();
      if (buffer.size() == 0) buffer.shrink_to_fit();  // an event client may stay for days
      more = co_await serve(state, client, by, whole);
      continue;
    }
    if (auto refused = answer_to(error)) {
      auto reply = to_http(parser->get(), std::move(*refused));
      reply.keep_alive(false);
      state.about.figures.add(metrics::admin_requests, {{"code", std::to_string(reply.result_int())}});
      beast::get_lowest_layer(client).expires_after(write_timeout);
      co_await http::async_write(client, reply, asio::redirect_error(asio::use_awaitable, error));
    }
    more = false;
  }
}

asio::awaitable<void> meet(server_state& state, local_stream client) {
  const counted place(state.connections);
  co_await converse(state, client, way_in::unix_socket);
}

asio::awaitable<void> meet(server_state& state, tcp_stream client) {
  const counted place(state.connections);
  if (!state.tls) {
    co_await converse(state, client, way_in::tcp);
    co_return;
  }
  const auto tls = state.tls;  // a reload may bring another one
  tls_stream secure(std::move(client), *tls);
  boost::system::error_code error;
  beast::get_lowest_layer(secure).expires_after(handshake_timeout);
  co_await secure.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return;
  co_await converse(state, secure, way_in::tcp);
  beast::get_lowest_layer(secure).expires_after(handshake_timeout);
  co_await secure.async_shutdown(asio::redirect_error(asio::use_awaitable, error));
}

template <class Stream, class Acceptor>
asio::awaitable<void> accept(server_state& state, std::shared_ptr<Acceptor> from) {
  for (;;) {
    boost::system::error_code error;
    auto client = co_await from->async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!from->is_open() || state.closed) co_return;
    if (error) {
      // No descriptor is left, as a rule: turning at once would burn the processor for nothing.
      asio::steady_timer pause(*state.context, std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    if (state.connections >= most_connections) {
      static const std::string busy =
          "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      client.non_blocking(true, error);
      client.write_some(asio::buffer(busy), error);  // it fits into any socket's buffer, or is not worth waiting for
      state.about.figures.add(metrics::admin_requests, {{"code", "503"}});
      continue;
    }
    asio::co_spawn(*state.context, meet(state, Stream(std::move(client))), asio::detached);
  }
}

// True when nobody answers on it: left behind by a process that died.
bool is_stale(asio::io_context& context, const std::filesystem::path& socket) {
  local::socket probe(context);
  boost::system::error_code error;
  probe.connect(local::endpoint(socket.string()), error);
  return error == asio::error::connection_refused;
}

std::shared_ptr<local::acceptor> listen_on(asio::io_context& context, const std::filesystem::path& socket,
                                           std::string& why) {
  std::error_code ignored;
  if (std::filesystem::is_socket(socket, ignored) && is_stale(context, socket))
    std::filesystem::remove(socket, ignored);
  auto made = std::make_shared<local::acceptor>(context);
  boost::system::error_code error;
  made->open(local(), error);
  if (!error && socket.string().size() >= sizeof(sockaddr_un::sun_path))
    error = boost::system::errc::make_error_code(boost::system::errc::filename_too_long);
  // The mode is set by the mask, so that there is no moment at which others could connect.
  const auto before = ::umask(0117);
  if (!error) made->bind(local::endpoint(socket.string()), error);
  ::umask(before);
  if (!error) made->listen(asio::socket_base::max_listen_connections, error);
  if (!error) return made;
  why = "cannot listen on " + socket.string() + ": " + error.message();
  return nullptr;
}

std::shared_ptr<tcp::acceptor> listen_on(asio::io_context& context, const std::string& address, std::uint16_t port,
                                         std::string& why) {
  auto made = std::make_shared<tcp::acceptor>(context);
  boost::system::error_code error;
  const auto ip = asio::ip::make_address(address, error);
  const tcp::endpoint at(ip, port);
  if (!error) made->open(at.protocol(), error);
  if (!error) made->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) made->bind(at, error);
  if (!error) made->listen(asio::socket_base::max_listen_connections, error);
  if (!error) return made;
  why = "cannot listen on " + address + ":" + std::to_string(port) + ": " + error.message();
  return nullptr;
}

std::shared_ptr<asio::ssl::context> secure_with(const config::admin_config& how, std::string& why) {
  auto made = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  boost::system::error_code error;
  made->set_options(
      asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
  made->use_certificate_chain_file(how.certificate.string(), error);
  if (error) {
    why = "certificate " + how.certificate.string() + " cannot be used: " + error.message();
    return nullptr;
  }
  made->use_private_key_file(how.private_key.string(), asio::ssl::context::pem, error);
  if (!error) return made;
  why = "private key " + how.private_key.string() + " cannot be used: " + error.message();
  return nullptr;
}

}  // namespace

struct server::wires {
  wires(asio::io_context& engine_context, subject about)
      : state(std::make_shared<server_state>(engine_context, std::move(about))),
        told(state->about.engine, engine_context, state->context, state->hub),
        work(asio::make_work_guard(*state->context)),
        thread([context = state->context] {
          ::pthread_setname_np(::pthread_self(), "admin");
          context->run();
        }) {
    state->on_listener = [this] { told.listened_to(state->listeners); };
  }
  ~wires() {
    state->closed = true;
    state->context->stop();
    thread.join();
    std::error_code ignored;
    if (on_socket) std::filesystem::remove(where.socket, ignored);
  }
  wires(const wires&) = delete;
  wires& operator=(const wires&) = delete;

  // Runs on the server's thread, and waits for it.
  void there(std::function<void()> what) {
    std::promise<void> over;
    asio::post(*state->context, [&] {
      what();
      over.set_value();
    });
    over.get_future().wait();
  }

  state_ptr state;
  publisher told;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  config::admin_config where;
  std::shared_ptr<local::acceptor> on_socket;
  std::shared_ptr<tcp::acceptor> on_tcp;
  std::thread thread;  // last: it uses what is above
};

server::server(asio::io_context& engine_context, subject about)
    : engine_context_(engine_context), about_(std::move(about)) {}

server::~server() { close(); }

bool server::listen(const config::admin_config& where, std::string& why) {
  if (!where.is_on()) {
    close();
    return true;
  }
  if (!wires_) wires_ = std::make_unique<wires>(engine_context_, about_);
  auto& at = *wires_;
  const auto shut = [&at](auto& acceptor) {
    if (!acceptor) return;
    at.there([&] { acceptor->close(); });
    acceptor.reset();
  };
  std::shared_ptr<asio::ssl::context> tls;
  bool all = true;
  if (!where.certificate.empty()) {
    tls = secure_with(where, why);
    all = tls != nullptr;
  }
  const bool may_tcp = all;  // never in the clear what was to be secured
  at.there([&] {
    at.state->rules.token = where.token;
    if (may_tcp) at.state->tls = tls;
  });
  if (where.socket != at.where.socket || !at.on_socket) {
    std::error_code ignored;
    if (at.on_socket) std::filesystem::remove(at.where.socket, ignored);
    shut(at.on_socket);
    if (!where.socket.empty()) at.on_socket = listen_on(*at.state->context, where.socket, why);
    all &= where.socket.empty() || at.on_socket;
    if (at.on_socket) asio::co_spawn(*at.state->context, accept<local_stream>(*at.state, at.on_socket), asio::detached);
  }
  if (where.address != at.where.address || where.port != at.where.port || !at.on_tcp) {
    shut(at.on_tcp);
    if (!where.address.empty() && may_tcp) at.on_tcp = listen_on(*at.state->context, where.address, where.port, why);
    all &= where.address.empty() || at.on_tcp;
    if (at.on_tcp) asio::co_spawn(*at.state->context, accept<tcp_stream>(*at.state, at.on_tcp), asio::detached);
  }
  at.where = where;
  return all;
}

void server::close() { wires_.reset(); }

}  // namespace drcon::admin
