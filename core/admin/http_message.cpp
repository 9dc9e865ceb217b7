#include "admin/http_message.hpp"

#include "admin/limits.hpp"
#include "base/build_facts.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/read_size.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <utility>

namespace drcon::admin {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using parser = http::request_parser<http::string_body>;

constexpr std::size_t largest_read = 65536;

answer refusal_of(const boost::system::error_code& error) {
  if (error == http::error::header_limit)
    return refuse(431, "the request's header is too long",
                  "at most " + std::to_string(limits::header_bytes / 1024) + " KiB");
  if (error == http::error::body_limit) return refuse(413, "the request's body is too long", "no body is needed here");
  return refuse(400, "this is not HTTP/1.1: " + error.message(), "the connection is closed");
}

http_request request_of(const http::request<http::string_body>& parsed) {
  const auto field = [&parsed](http::field name) { return std::string(parsed[name]); };
  return {.method = std::string(parsed.method_string()),
          .target = std::string(parsed.target()),
          .host = field(http::field::host),
          .authorization = field(http::field::authorization),
          .last_event_id = std::string(parsed["Last-Event-ID"]),
          .version = parsed.version(),
          .keep_alive = parsed.keep_alive()};
}

}  // namespace

struct http_request_reader::parts {
  beast::flat_buffer buffer;
  std::unique_ptr<parser> current;  // of the request that is being read
  http_request request;
  answer refusal;

  void begin() {
    current = std::make_unique<parser>();
    current->eager(true);  // the body too, where it came with the header
    current->body_limit(limits::body_bytes);
    current->header_limit(limits::header_bytes);
  }

  progress parse() {
    if (buffer.size() == 0) return progress::incomplete;
    boost::system::error_code error;
    buffer.consume(current->put(buffer.data(), error));
    if (error && error != http::error::need_more) {
      refusal = refusal_of(error);
      request = request_of(current->get());  // for its version
      request.keep_alive = false;
      return progress::refused;
    }
    if (!current->is_done()) return progress::incomplete;
    request = request_of(current->get());
    // An event client may stay for days: what its request took is given back.
    current.reset();
    if (buffer.size() == 0) buffer.shrink_to_fit();
    return progress::complete;
  }
};

http_request_reader::http_request_reader() : parts_(std::make_unique<parts>()) { parts_->begin(); }

http_request_reader::~http_request_reader() = default;

boost::asio::mutable_buffer http_request_reader::space() {
  return parts_->buffer.prepare(beast::read_size(parts_->buffer, largest_read));
}

http_request_reader::progress http_request_reader::received(std::size_t count) {
  parts_->buffer.commit(count);
  return parts_->parse();
}

http_request_reader::progress http_request_reader::next() {
  parts_->begin();
  return parts_->parse();
}

http_request http_request_reader::take_request() { return std::move(parts_->request); }

const answer& http_request_reader::refusal() const { return parts_->refusal; }

http_response to_http(answer made, const http_request& request) {
  http::response<http::string_body> response(http::int_to_status(made.status), request.version);
  response.set(http::field::server, std::string("drcon/") + build::version);
  response.set(http::field::content_type, made.type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : made.headers) response.set(name, value);
  response.keep_alive(request.keep_alive);
  response.content_length(made.body.size());
  http_response written{.head = "HTTP/" + std::to_string(request.version / 10) + "." +
                                std::to_string(request.version % 10) + " " + std::to_string(made.status) + " " +
                                std::string(response.reason()) + "\r\n",
                        .body = request.method == "HEAD" ? std::string() : std::move(made.body),
                        .keep_alive = response.keep_alive()};
  for (const auto& field : response)
    written.head.append(field.name_string()).append(": ").append(field.value()).append("\r\n");
  written.head += "\r\n";
  return written;
}

}  // namespace drcon::admin
