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
#include <string>
#include <system_error>
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

  void stop_listening(acceptor_ptr& acceptor) const {
    if (!acceptor) return;
    run_on_server_thread([&acceptor] { acceptor->close(); });
    acceptor.reset();
  }

  base::result<> move_unix_socket(const config::admin_config& next) {
    if (next.socket == config.socket && unix_socket) return {};
    std::error_code ignored;
    if (unix_socket) std::filesystem::remove(config.socket, ignored);
    stop_listening(unix_socket);
    if (next.socket.empty()) return {};
    const auto opened = open_unix_socket(*state->context, next.socket);
    if (!opened) return opened.error();
    unix_socket = *opened;
    start_accepting(*state, unix_socket, way_in::unix_socket);
    return {};
  }

  base::result<> move_tcp_port(const config::admin_config& next, bool is_allowed) {
    if (next.address == config.address && next.port == config.port && tcp_port) return {};
    stop_listening(tcp_port);
    if (next.address.empty() || !is_allowed) return {};
    const auto opened = open_tcp_port(*state->context, next.address, next.port);
    if (!opened) return opened.error();
    tcp_port = *opened;
    start_accepting(*state, tcp_port, way_in::tcp);
    return {};
  }

  // The TLS context, the token, and where it listens. Each fault is added to `faults`.
  void take(const config::admin_config& next, std::vector<std::string>& faults) {
    std::shared_ptr<asio::ssl::context> tls;
    bool may_use_tcp = true;
    if (!next.certificate.empty()) {
      const auto made = make_tls_context(next.certificate, next.private_key);
      may_use_tcp = made.has_value();  // what was to be secured is never served in the clear
      if (made) tls = *made;
      else faults.push_back(made.error().why);
    }
    run_on_server_thread([&] {
      state->rules.token = next.token;
      if (may_use_tcp) state->tls = tls;
    });
    if (const auto moved = move_unix_socket(next); !moved) faults.push_back(moved.error().why);
    if (const auto moved = move_tcp_port(next, may_use_tcp); !moved) faults.push_back(moved.error().why);
    config = next;
  }

  state_ptr state;
  publisher events;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  config::admin_config config;
  acceptor_ptr unix_socket;
  acceptor_ptr tcp_port;
  std::thread thread;  // last: it uses what is above
};

server::server(asio::io_context& engine_context, served_host about)
    : engine_context_(engine_context), about_(std::move(about)) {}

server::~server() { close(); }

base::result<> server::listen(const config::admin_config& next) {
  if (!next.is_on()) {
    close();
    return {};
  }
  if (!running_) running_ = std::make_unique<running>(engine_context_, about_);
  std::vector<std::string> faults;
  running_->take(next, faults);
  if (faults.empty()) return {};
  std::string all;
  for (const auto& each : faults) all += (all.empty() ? "" : "; ") + each;
  return base::failure{all};
}

void server::close() { running_.reset(); }

}  // namespace drcon::admin
