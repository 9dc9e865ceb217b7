#include "common/http_message.hpp"

#include "common/lower.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <utility>

namespace drcon::common {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

// A body that is appended to a string as it comes. Beast's own string_body reserves what Content-Length promises
// before a byte of it has come, which a server could use to exhaust our memory.
struct growing_body {
  using value_type = std::string;

  class reader {
  public:
    template <bool is_request, class Fields>
    reader(http::header<is_request, Fields>&, value_type& body) : body_(body) {}
    void init(const boost::optional<std::uint64_t>&, error_code& error) { error = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, error_code& error) {
      error = {};
      const auto before = body_.size();
      for (const auto each : boost::beast::buffers_range_ref(buffers))
        body_.append(static_cast<const char*>(each.data()), each.size());
      return body_.size() - before;
    }
    void finish(error_code& error) { error = {}; }

  private:
    value_type& body_;
  };
};

void add_header(std::string& bytes, std::string_view name, std::string_view value) {
  bytes.append(name).append(": ").append(header_value(value)).append("\r\n");
}

}  // namespace

std::string authority_of(const http_server& server) {
  const bool is_ipv6 = server.host.find(':') != std::string::npos;
  const auto host = is_ipv6 ? "[" + server.host + "]" : server.host;
  return server.port.empty() ? host : host + ":" + server.port;
}

std::string header_value(std::string_view value) {
  std::string kept;
  std::ranges::copy_if(value, std::back_inserter(kept), [](char c) { return c != '\r' && c != '\n' && c != '\0'; });
  return kept;
}

std::string to_bytes(const http_request& request, const http_server& server, const std::vector<http_header>& headers) {
  const bool has_body = request.method != http_method::get;
  const char* const method = request.method == http_method::put ? "PUT " : has_body ? "POST " : "GET ";
  std::string bytes = method + request.target + " HTTP/1.1\r\n";
  add_header(bytes, "Host", authority_of(server));
  add_header(bytes, "User-Agent", "drcon");
  for (const auto& [name, value] : headers) add_header(bytes, name, value);
  for (const auto& [name, value] : request.headers) add_header(bytes, name, value);
  if (has_body) {
    add_header(bytes, "Content-Type", "application/json");
    add_header(bytes, "Content-Length", std::to_string(request.body.size()));
  }
  bytes += "\r\n";
  return has_body ? bytes + request.body : bytes;
}

struct http_answer_parser::parser {
  http::response_parser<growing_body> beast;
};

http_answer_parser::http_answer_parser(std::optional<std::uint64_t> largest_body)
    : parser_(std::make_unique<parser>()) {
  parser_->beast.eager(true);  // else put() would stop at the end of each part of the answer
  if (largest_body) parser_->beast.body_limit(*largest_body);
  else parser_->beast.body_limit(boost::none);
}

http_answer_parser::~http_answer_parser() = default;
http_answer_parser::http_answer_parser(http_answer_parser&&) noexcept = default;
http_answer_parser& http_answer_parser::operator=(http_answer_parser&&) noexcept = default;

std::size_t http_answer_parser::put(std::string_view bytes, error_code& error) {
  const auto used = parser_->beast.put(asio::buffer(bytes.data(), bytes.size()), error);
  if (error == http::error::need_more) error = {};
  return used;
}

void http_answer_parser::put_end(error_code& error) {
  if (!parser_->beast.got_some()) {
    error = http::error::end_of_stream;
    return;
  }
  parser_->beast.put_eof(error);
}

bool http_answer_parser::has_head() const { return parser_->beast.is_header_done(); }

bool http_answer_parser::is_complete() const { return parser_->beast.is_done(); }

bool http_answer_parser::keeps_connection() const { return parser_->beast.keep_alive(); }

http_answer http_answer_parser::head() const {
  const auto& message = parser_->beast.get();
  http_answer answer;
  answer.status = message.result_int();
  for (const auto& field : message) {
    answer.headers[lower(std::string(field.name_string()))] = std::string(field.value());
  }
  return answer;
}

std::string http_answer_parser::take_body() { return std::exchange(parser_->beast.get().body(), {}); }

}  // namespace drcon::common
