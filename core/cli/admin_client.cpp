#include "cli/admin_client.hpp"

#include "config/configuration.hpp"

#include <parsed_json.hpp>

#include <drcon/url.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <optional>

namespace drcon::cli {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using local = asio::local::stream_protocol;
using stream = boost::beast::basic_stream<local>;
using response_parser = http::response_parser<http::string_body>;

constexpr auto connect_timeout = std::chrono::seconds(5);
constexpr auto alive_timeout = std::chrono::seconds(8);     // more than the server's own for /healthz
constexpr auto answer_timeout = std::chrono::seconds(100);  // more than the server's own: targets may have to be asked
constexpr auto silence_timeout = std::chrono::seconds(40);  // of events: drcon sends a heartbeat every 15 s
constexpr std::size_t largest_read = 65536;
constexpr auto usual_socket = "/run/drcon/admin.sock";

// Throws no_answer where the configuration that was named cannot be read: the socket that everybody else uses is that
// of another drcon, which must not be paused or reloaded in its place.
std::filesystem::path socket_of(const arguments& options) {
  if (!options.socket.empty()) return options.socket;
  std::error_code error;
  const bool was_named = options.config != arguments().config;
  if (was_named || std::filesystem::exists(options.config, error)) {
    config::diagnostics found;
    const auto host = config::load_host(options.config, found);
    if (host && !host->admin.socket.empty()) return host->admin.socket;
    if (!host && was_named) {
      auto faults = found.text();
      while (faults.ends_with('\n')) faults.pop_back();
      throw no_answer(faults +
                      "\n  help: the socket of this drcon is not known, so none was asked; correct the file, or "
                      "name the socket by --socket");
    }
  }
  // Of a unit's own commands, which are not given the credentials that the configuration may name.
  if (const char* runtime = std::getenv("RUNTIME_DIRECTORY")) return std::filesystem::path(runtime) / "admin.sock";
  return usual_socket;
}

// What to write where the configuration that was named leaves out the socket; empty when that is not the reason.
std::string missing_socket(const arguments& options) {
  // The service's own configuration leaves it out rightly: its unit says where the socket is.
  if (!options.socket.empty() || options.config == arguments().config || std::getenv("RUNTIME_DIRECTORY") != nullptr)
    return {};
  std::error_code error;
  if (!std::filesystem::exists(options.config, error)) return {};
  config::diagnostics found;
  const auto host = config::load_host(options.config, found);
  if (!host || !host->admin.socket.empty()) return {};
  return options.config.string() + " has no [admin] socket: add the table [admin] with socket = \"" +
         (std::filesystem::absolute(options.config).parent_path() / "admin.sock").string() +
         "\", and have drcon read it again (kill -HUP PID)";
}

// Why drcon cannot be asked, for people, with what to do.
std::string why_not(const std::filesystem::path& socket, const boost::system::error_code& error,
                    const arguments& options) {
  const auto where = socket.string();
  if (error == asio::error::access_denied)
    return "permission denied: " + where + ": be root or in the socket's group (usually drcon)";
  if (error == boost::system::errc::no_such_file_or_directory || error == asio::error::connection_refused) {
    if (auto missing = missing_socket(options); !missing.empty()) return missing;
    return "no drcon listens on " + where +
           ": does it run (systemctl status drcon), with [admin] socket set? "
           "Another one: --socket PATH, or -c FILE with its configuration";
  }
  if (error == boost::beast::error::timeout) return "drcon does not answer on " + where + " in time; see its log";
  return "drcon does not answer on " + where + ": " + error.message();
}

// The target's words were encoded by target_of(): none of it can end the line.
std::string make(const std::string& method, const std::string& target) {
  const auto* const length = method == "GET" ? "" : "Content-Length: 0\r\n";
  return method + " " + target + " HTTP/1.1\r\nHost: drcon\r\n" + length + "\r\n";
}

asio::awaitable<void> send(stream& connection, const std::filesystem::path& socket, const std::string& request) {
  connection.expires_after(connect_timeout);
  co_await connection.async_connect(local::endpoint(socket.string()), asio::use_awaitable);
  for (std::size_t sent = 0; sent < request.size();)
    sent += co_await connection.async_write_some(asio::buffer(request) + sent, asio::use_awaitable);
}

// Reads until the parser has what it reads, the header or all of a response. Throws boost::system::system_error.
// Bytes go to the parser here, and not by Beast's functions: those cost this object ten seconds of the compiler's time.
asio::awaitable<void> receive(stream& connection, boost::beast::flat_buffer& buffer, response_parser& parser,
                              const std::function<bool()>& is_done) {
  while (!is_done()) {
    const auto read = co_await connection.async_read_some(buffer.prepare(largest_read), asio::use_awaitable);
    buffer.commit(read);
    boost::system::error_code error;
    buffer.consume(parser.put(buffer.data(), error));
    if (error && error != http::error::need_more) throw boost::system::system_error(error);
  }
}

using reply = admin_client::reply;

asio::awaitable<reply> exchange(std::filesystem::path socket, std::string request, std::chrono::seconds timeout) {
  stream connection(co_await asio::this_coro::executor);
  co_await send(connection, socket, request);
  boost::beast::flat_buffer buffer;
  response_parser parser;
  parser.eager(true);
  parser.body_limit(boost::none);  // a snapshot of a hundred thousand endpoints is long
  connection.expires_after(timeout);
  co_await receive(connection, buffer, parser, [&] { return parser.is_done(); });
  reply got;
  got.status = parser.get().result_int();
  got.body = parsed_json(parser.get().body());
  if (got.body.is_discarded()) got.body = parser.get().body();
  co_return got;
}

// A process that is stopped or hangs takes a request all the same, and would do it when it goes on: so it is asked
// first whether it answers at all.
asio::awaitable<reply> exchange_if_alive(std::filesystem::path socket, std::string request) {
  reply alive;
  try {
    alive = co_await exchange(socket, make("GET", "/healthz"), alive_timeout);
  } catch (const boost::system::system_error& error) {
    if (error.code() != boost::beast::error::timeout) throw;
    throw no_answer("drcon gives no sign of life on " + socket.string() +
                    ", and was asked for nothing: is its process stopped or overloaded? See its log and "
                    "systemctl status drcon");
  }
  if (alive.status != 200) co_return alive;
  co_return co_await exchange(socket, std::move(request), answer_timeout);
}

std::optional<server_event> read_event(const std::string& text) {
  server_event event;
  std::string data;
  for (std::size_t start = 0; start < text.size();) {
    const auto end = std::min(text.find('\n', start), text.size());
    const auto line = text.substr(start, end - start);
    start = end + 1;
    if (line.starts_with("event: ")) event.name = line.substr(7);
    if (line.starts_with("data: ")) data = line.substr(6);
    if (line.starts_with("id: ")) std::from_chars(line.data() + 4, line.data() + line.size(), event.number);
  }
  event.data = parsed_json(data);
  if (event.name.empty() || event.data.is_discarded()) return {};
  return event;
}

asio::awaitable<void> read_events(std::filesystem::path socket, std::string request,
                                  const std::function<bool(const server_event&)>& each) {
  stream connection(co_await asio::this_coro::executor);
  co_await send(connection, socket, request);
  boost::beast::flat_buffer buffer;
  response_parser head;
  head.skip(true);
  co_await receive(connection, buffer, head, [&] { return head.is_header_done(); });
  auto text = boost::beast::buffers_to_string(buffer.data());
  if (head.get().result() != http::status::ok)
    throw no_answer("drcon sends no events: too many clients follow them already");
  for (std::array<char, 16384> part{};;) {
    for (auto end = text.find("\n\n"); end != std::string::npos; end = text.find("\n\n")) {
      const auto event = read_event(text.substr(0, end + 1));
      text.erase(0, end + 2);
      if (event && !each(*event)) co_return;
    }
    connection.expires_after(silence_timeout);
    const auto read = co_await connection.async_read_some(asio::buffer(part), asio::use_awaitable);
    text.append(part.data(), read);
  }
}

// Turns a failure of the connection into a message for people.
[[noreturn]] void rethrow(const std::exception_ptr& failed, const std::filesystem::path& socket,
                          const arguments& options) {
  try {
    std::rethrow_exception(failed);
  } catch (const boost::system::system_error& error) {
    throw no_answer(why_not(socket, error.code(), options));
  }
}

}  // namespace

admin_client::admin_client(const arguments& options) : socket_(socket_of(options)), options_(options) {}

admin_client::reply admin_client::ask(const std::string& method, const std::string& target) {
  asio::io_context context;
  reply got;
  std::exception_ptr failed;
  asio::co_spawn(context, exchange_if_alive(socket_, make(method, target)),
                 [&](std::exception_ptr error, reply answer) {
                   failed = std::move(error);
                   got = std::move(answer);
                 });
  context.run();
  if (failed) rethrow(failed, socket_, options_);
  return got;
}

void admin_client::follow(const std::string& target, const std::function<bool(const server_event&)>& each,
                          const std::function<std::shared_ptr<void>(asio::io_context&)>& beside) {
  asio::io_context context;
  std::exception_ptr failed;
  const auto held = beside ? beside(context) : nullptr;
  asio::co_spawn(context, read_events(socket_, make("GET", target), each), [&](std::exception_ptr error) {
    failed = std::move(error);
    context.stop();
  });
  context.run();
  if (failed) rethrow(failed, socket_, options_);
}

std::string target_of(const std::vector<std::string>& path, const std::map<std::string, std::string>& query) {
  url_target_writer target;
  for (const auto& segment : path) target.segment(segment);
  for (const auto& [key, value] : query) target.parameter(key, value);
  return target.text();
}

}  // namespace drcon::cli
