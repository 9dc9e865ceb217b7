#include "admin/listener.hpp"

#include "admin/limits.hpp"
#include "admin/peer.hpp"
#include "admin/port_owner.hpp"
#include "admin/session.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>
#include <sys/stat.h>

#include <chrono>
#include <utility>

namespace drcon::admin {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using local = asio::local::stream_protocol;

// When accepting fails, no descriptor is left, as a rule: trying again at once would only burn the processor.
constexpr auto pause_after_failure = std::chrono::milliseconds(100);

// True when nobody answers on it: a process that died has left it behind.
bool is_stale(asio::io_context& context, const std::filesystem::path& socket) {
  local::socket probe(context);
  error_code error;
  probe.connect(local::endpoint(socket.string()), error);
  return error == asio::error::connection_refused;
}

// "NAME listens there"; of a file that is there and no socket, that.
std::string user_of(asio::io_context& context, const std::filesystem::path& socket) {
  std::error_code ignored;
  if (!std::filesystem::is_socket(socket, ignored)) return "there is a file that is no socket";
  local::socket probe(context);
  error_code error;
  probe.connect(local::endpoint(socket.string()), error);
  ucred who{};
  socklen_t size = sizeof who;
  if (!error && ::getsockopt(probe.native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) who.pid = 0;
  return named_process(who.pid) + " listens there";
}

// Ends the client over TCP that has been connected for longest without a request; false when all have sent one.
bool end_oldest_silent(server_state& state) {
  if (state.silent.empty()) return false;
  state.silent.front()->set_deadline(std::chrono::seconds(0));
  state.silent.pop_front();
  return true;
}

void refuse_connection(server_state& state, any_socket& client, way_in by) {
  state.about.figures.add(metrics::admin_requests, {{"code", "503"}});
  if (by == way_in::tcp && state.tls) return;  // nothing goes out in the clear on this port: it is only closed
  static const std::string busy =
      "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
  error_code ignored;
  client.non_blocking(true, ignored);
  client.write_some(asio::buffer(busy), ignored);  // it fits into any socket's buffer, or is not worth waiting for
}

asio::awaitable<void> accept_connections(server_state& state, acceptor_ptr acceptor, way_in by) {
  for (;;) {
    error_code error;
    auto client = co_await acceptor->async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!acceptor->is_open() || state.closed) co_return;
    if (error) {
      asio::steady_timer pause(*state.context, pause_after_failure);
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    if (state.connections(by) >= limits::connections && !(by == way_in::tcp && end_oldest_silent(state))) {
      refuse_connection(state, client, by);
      continue;
    }
    auto other_end = peer_of(client);
    auto connected = by == way_in::tcp && state.tls ? tls_connection(std::move(client), state.tls)
                                                    : plain_connection(std::move(client));
    connected->other_end = std::move(other_end);
    if (by == way_in::tcp) connected->admitted_by = state.rules_changed;
    asio::co_spawn(*state.context, run_session(state, std::move(connected), by), asio::detached);
  }
}

}  // namespace

socket_file::socket_file(std::filesystem::path path) : path_(std::move(path)) {
  struct stat made {};
  if (::lstat(path_.c_str(), &made) != 0) return;
  device_ = made.st_dev;
  inode_ = made.st_ino;
}

bool socket_file::is_there() const {
  struct stat now {};
  return inode_ != 0 && ::lstat(path_.c_str(), &now) == 0 && now.st_dev == device_ && now.st_ino == inode_;
}

void socket_file::remove() const {
  std::error_code ignored;
  if (is_there()) std::filesystem::remove(path_, ignored);
}

base::result<unix_listener> open_unix_socket(asio::io_context& context, const std::filesystem::path& socket) {
  std::error_code ignored;
  if (std::filesystem::is_socket(socket, ignored) && is_stale(context, socket))
    std::filesystem::remove(socket, ignored);
  auto made = std::make_shared<any_acceptor>(context);
  error_code error;
  made->open(local(), error);
  if (!error && socket.string().size() >= sizeof(sockaddr_un::sun_path))
    error = boost::system::errc::make_error_code(boost::system::errc::filename_too_long);
  // The mode is set by the mask, so that there is no moment at which others could connect.
  const auto mask_before = ::umask(0117);
  if (!error) made->bind(local::endpoint(socket.string()), error);
  ::umask(mask_before);
  if (!error) made->listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use)
    return base::failure{"cannot listen on " + socket.string() + ": " + user_of(context, socket) +
                         "; choose another [admin] socket"};
  if (error) return base::failure{"cannot listen on " + socket.string() + ": " + error.message()};
  return unix_listener{.acceptor = std::move(made), .file = socket_file(socket)};
}

base::result<acceptor_ptr> open_tcp_port(asio::io_context& context, const std::string& address, std::uint16_t port) {
  auto made = std::make_shared<any_acceptor>(context);
  error_code error;
  const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address, error), port);
  if (!error) made->open(endpoint.protocol(), error);
  if (!error) made->set_option(asio::socket_base::reuse_address(true), error);
  if (!error) made->bind(endpoint, error);
  if (!error) made->listen(asio::socket_base::max_listen_connections, error);
  const auto place = [&](int number) { return address + ":" + std::to_string(number); };
  constexpr int highest = 65535;
  if (error == asio::error::address_in_use)
    return base::failure{"cannot listen on " + place(port) + ": " + owner_of_port(port) +
                         " listens there; choose another port for [admin] listen, such as " +
                         place(port < highest ? port + 1 : port - 1)};
  if (error) return base::failure{"cannot listen on " + place(port) + ": " + error.message()};
  return made;
}

void start_accepting(server_state& state, acceptor_ptr acceptor, way_in by) {
  asio::co_spawn(*state.context, accept_connections(state, std::move(acceptor), by), asio::detached);
}

}  // namespace drcon::admin
