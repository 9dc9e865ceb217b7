#include "admin/server.hpp"

#include "admin/events.hpp"
#include "admin/listener.hpp"
#include "admin/server_state.hpp"
#include "admin/tls_context.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <pthread.h>

#include <filesystem>
#include <functional>
#include <future>
#include <system_error>
#include <thread>
#include <utility>

namespace drcon::admin {

namespace asio = boost::asio;

// There while the server listens. Made, used and destroyed on the engine's thread; `state` is the server thread's.
struct server::running {
  running(asio::io_context& engine_context, subject about)
      : state(std::make_shared<server_state>(engine_context, std::move(about))),
        events(state->about.engine, engine_context, state->context, state->hub),
        work(asio::make_work_guard(*state->context)),
        thread([context = state->context] {
          ::pthread_setname_np(::pthread_self(), "admin");
          context->run();
        }) {
    state->on_event_client = [this] { events.add_listener(state->event_clients); };
  }
  ~running() {
    state->closed = true;
    state->context->stop();
    thread.join();
    std::error_code ignored;
    if (unix_socket) std::filesystem::remove(config.socket, ignored);
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

  void stop_listening(std::shared_ptr<any_acceptor>& acceptor) const {
    if (!acceptor) return;
    run_on_server_thread([&acceptor] { acceptor->close(); });
    acceptor.reset();
  }

  bool move_unix_socket(const config::admin_config& next, std::string& why) {
    if (next.socket == config.socket && unix_socket) return true;
    std::error_code ignored;
    if (unix_socket) std::filesystem::remove(config.socket, ignored);
    stop_listening(unix_socket);
    if (next.socket.empty()) return true;
    unix_socket = open_unix_socket(*state->context, next.socket, why);
    if (unix_socket) start_accepting(*state, unix_socket, way_in::unix_socket);
    return unix_socket != nullptr;
  }

  bool move_tcp_port(const config::admin_config& next, bool is_allowed, std::string& why) {
    if (next.address == config.address && next.port == config.port && tcp_port) return true;
    stop_listening(tcp_port);
    if (next.address.empty()) return true;
    if (!is_allowed) return false;
    tcp_port = open_tcp_port(*state->context, next.address, next.port, why);
    if (tcp_port) start_accepting(*state, tcp_port, way_in::tcp);
    return tcp_port != nullptr;
  }

  state_ptr state;
  publisher events;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  config::admin_config config;
  std::shared_ptr<any_acceptor> unix_socket;
  std::shared_ptr<any_acceptor> tcp_port;
  std::thread thread;  // last: it uses what is above
};

server::server(asio::io_context& engine_context, subject about)
    : engine_context_(engine_context), about_(std::move(about)) {}

server::~server() { close(); }

bool server::listen(const config::admin_config& next, std::string& why) {
  if (!next.is_on()) {
    close();
    return true;
  }
  if (!running_) running_ = std::make_unique<running>(engine_context_, about_);
  auto& now = *running_;
  const bool wants_tls = !next.certificate.empty();
  const auto tls = wants_tls ? make_tls_context(next.certificate, next.private_key, why) : nullptr;
  const bool may_use_tcp = !wants_tls || tls;  // what was to be secured is never served in the clear
  now.run_on_server_thread([&] {
    now.state->rules.token = next.token;
    if (may_use_tcp) now.state->tls = tls;
  });
  bool all = may_use_tcp;
  all &= now.move_unix_socket(next, why);
  all &= now.move_tcp_port(next, may_use_tcp, why);
  now.config = next;
  return all;
}

void server::close() { running_.reset(); }

}  // namespace drcon::admin
