#include "admin/server.hpp"

#include "admin/events.hpp"
#include "admin/listener.hpp"
#include "admin/server_state.hpp"
#include "admin/tls_context.hpp"
#include "base/last_catch.hpp"
#include "log/log.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <pthread.h>

#include <functional>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace drcon::admin {

namespace asio = boost::asio;

// There while the server listens. Made, used and destroyed on the engine's thread; `state` is the server thread's.
struct server::running {
  running(asio::io_context& engine_context, served_host about)
      : state(std::make_shared<server_state>(engine_context, std::move(about))),
        events(state->about.engine, engine_context, state->context, state->hub),
        work(asio::make_work_guard(*state->context)),
        thread([context = state->context] {
          ::pthread_setname_np(::pthread_self(), "admin");
          // One request that fails in an unexpected way must not end the interface, and drcon with it.
          while (!base::caught_last("the admin interface goes on; every pipeline does", [&] { context->run(); })) {
          }
        }) {
    state->on_event_client = [this] { events.add_listener(state->event_clients); };
  }
  ~running() {
    state->closed = true;
    state->context->stop();
    thread.join();
    if (unix_socket.acceptor) unix_socket.file.remove();
  }
  running(const running&) = delete;
  running& operator=(const running&) = delete;

  // Runs `task` on the server's thread, and waits for it.
  void run_on_server_thread(const std::function<void()>& task) const {
    std::promise<void> done;
    asio::post(*state->context, [&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

  void stop_listening(acceptor_ptr& acceptor) const {
    if (!acceptor) return;
    run_on_server_thread([&acceptor] { acceptor->close(); });
    acceptor.reset();
  }

  // The port may be one that this process listens on at another address: 0.0.0.0 and 127.0.0.1 exclude each other.
  // Then the old listener goes first, and comes back when the new one cannot be opened.
  base::result<acceptor_ptr> open_tcp(const config::admin_config& next, bool& displaced) {
    auto opened = open_tcp_port(*state->context, next.address, next.port);
    if (opened || !tcp_port || next.port != config.port) return opened;
    stop_listening(tcp_port);
    displaced = true;
    return open_tcp_port(*state->context, next.address, next.port);
  }

  void reopen_tcp() {
    const auto opened = open_tcp_port(*state->context, config.address, config.port);
    if (!opened)
      return log::error(base::subject_kind::admin, "{}, though it was served until this reload", opened.error().why);
    tcp_port = *opened;
    start_accepting(*state, tcp_port, way_in::tcp);
  }

  // What was to be secured is not served in the clear, whatever else could not be done.
  bool close_tcp_in_the_clear() {
    if (!tcp_port || !config.certificate.empty()) return false;
    stop_listening(tcp_port);
    run_on_server_thread([this] { ++state->rules_changed; });
    return true;
  }

  state_ptr state;
  publisher events;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  config::admin_config config;
  unix_listener unix_socket;
  acceptor_ptr tcp_port;
  std::thread thread;  // last: it uses what is above
};

// All that a new configuration needs, opened and not used yet. When it is destroyed unused, what it has opened goes,
// and what it has displaced comes back.
struct server::opened {
  opened(running* of, const config::admin_config& of_next) : in(of), next(of_next) {}
  ~opened() {
    if (is_used || in == nullptr) return;
    if (unix_socket.acceptor) unix_socket.file.remove();
    tcp_port.reset();
    if (displaced_tcp) in->reopen_tcp();
  }
  opened(const opened&) = delete;
  opened& operator=(const opened&) = delete;

  // Whoever asks for a reload may do so because the file is gone.
  bool keeps_unix_socket() const {
    return in->unix_socket.acceptor && next.socket == in->config.socket && in->unix_socket.file.is_there();
  }
  bool keeps_tcp_port() const {
    return in->tcp_port && next.address == in->config.address && next.port == in->config.port;
  }

  running* in;  // null: it is to listen nowhere
  config::admin_config next;
  std::shared_ptr<asio::ssl::context> tls;
  unix_listener unix_socket;  // without an acceptor: the one that is there stays, or there is to be none
  acceptor_ptr tcp_port;      // the same
  bool displaced_tcp = false;
  bool is_used = false;
};

void server::destroy_opened::operator()(opened* unused) const { delete unused; }

server::server(asio::io_context& engine_context, served_host about)
    : engine_context_(engine_context), about_(std::move(about)) {}

server::~server() { close(); }

base::result<server::opened_ptr> server::open(const config::admin_config& next) {
  if (!next.is_on()) return opened_ptr(new opened(nullptr, next));
  if (!running_) running_ = std::make_unique<running>(engine_context_, about_);
  auto& in = *running_;
  opened_ptr made(new opened(&in, next));
  std::string faults;
  const auto add = [&faults](const std::string& fault) { faults += (faults.empty() ? "" : "; ") + fault; };
  if (!next.certificate.empty()) {
    if (const auto tls = make_tls_context(next.certificate, next.private_key)) made->tls = *tls;
    else add(tls.error().why);
  }
  if (!next.socket.empty() && !made->keeps_unix_socket()) {
    if (const auto opened = open_unix_socket(*in.state->context, next.socket)) made->unix_socket = *opened;
    else add(opened.error().why);
  }
  if (!next.address.empty() && !made->keeps_tcp_port()) {
    if (const auto opened = in.open_tcp(next, made->displaced_tcp)) made->tcp_port = *opened;
    else add(opened.error().why);
  }
  if (faults.empty()) return made;
  made.reset();
  if (!next.certificate.empty() && in.close_tcp_in_the_clear()) add(closed_since_in_the_clear);
  return base::failure{faults};
}

bool server::close_in_the_clear(const config::admin_config& refused) {
  return running_ && !refused.certificate.empty() && running_->close_tcp_in_the_clear();
}

void server::switch_to(opened_ptr made) {
  made->is_used = true;
  if (made->in == nullptr) return close();
  auto& in = *made->in;
  if (made->unix_socket.acceptor || made->next.socket != in.config.socket) {
    if (in.unix_socket.acceptor) in.unix_socket.file.remove();
    in.stop_listening(in.unix_socket.acceptor);
  }
  if (!made->keeps_tcp_port()) in.stop_listening(in.tcp_port);
  in.run_on_server_thread([&] {
    auto& state = *in.state;
    const bool other_rules = state.rules.token != made->next.token || (state.tls == nullptr) != (made->tls == nullptr);
    if (other_rules) ++state.rules_changed;
    state.rules.token = made->next.token;
    state.tls = made->tls;
  });
  if (made->unix_socket.acceptor) {
    in.unix_socket = made->unix_socket;
    start_accepting(*in.state, in.unix_socket.acceptor, way_in::unix_socket);
  }
  if (made->tcp_port) start_accepting(*in.state, in.tcp_port = made->tcp_port, way_in::tcp);
  in.config = made->next;
}

base::result<> server::listen(const config::admin_config& next) {
  auto made = open(next);
  if (!made) return made.error();
  switch_to(std::move(*made));
  return {};
}

void server::close() { running_.reset(); }

}  // namespace drcon::admin
