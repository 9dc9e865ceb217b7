// Any bytes as what a client of the admin interface sends: through the reader, in pieces, to the path, the question who
// may ask, and the answer's bytes.
#include "admin/access.hpp"
#include "admin/http_message.hpp"
#include "fuzz/fuzzer.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace drcon::fuzz {
namespace {

using namespace admin;
using progress = http_request_reader::progress;

// The fields of an answer are lines, and the only empty one is their end: nothing of a request may add a field.
void check_head(const http_response& sent) {
  if (sent.head.find("\r\n\r\n") != sent.head.size() - 4) broken("a head ends at its first empty line", sent.head);
  if (sent.head.find("injected:") != std::string::npos) broken("a request adds no field to an answer", sent.head);
}

// True when the request has a path that can be read.
bool answer_one(const http_request& request) {
  const auto what = parse_request(request.method, request.target);
  if (!what) {
    check_head(to_http(refuse(400, what.error().why, "write a path"), request));
    return false;
  }
  for (const auto& segment : what->path)
    if (segment.empty()) broken("a path has no empty part", request.target);
  const access_rules open{.token = ""};
  const access_rules closed{.token = "secret"};
  for (const auto* rules : {&open, &closed})
    if (const auto no = refusal(*rules, way_in::tcp, *what, request.host, request.authorization))
      check_head(to_http(*no, request));
  if (request.authorization != "Bearer secret" && what->method != "GET" &&
      !refusal(closed, way_in::tcp, *what, request.host, request.authorization))
    broken("nothing is changed without the token", request.target);
  if (what->method != "GET" && !refusal(open, way_in::tcp, *what, request.host, request.authorization))
    broken("nothing is changed over TCP where there is no token", request.target);
  check_head(to_http(text(200, request.target), request));
  return true;
}

// How many requests were read with a path; they come in pieces of `piece` bytes.
std::size_t serve(std::string_view input, std::size_t piece) {
  http_request_reader reader;
  std::size_t served = 0;
  while (!input.empty()) {
    const auto space = reader.space();
    const auto count = std::min({input.size(), piece, space.size()});
    if (count == 0) broken("there is space for more bytes while a request is incomplete");
    std::memcpy(space.data(), input.data(), count);
    input.remove_prefix(count);
    auto now = reader.received(count);
    for (; now == progress::complete; now = reader.next())
      if (answer_one(reader.take_request())) ++served;
    if (now == progress::refused) {
      check_head(to_http(reader.refusal(), reader.take_request()));
      break;
    }
  }
  return served;
}

}  // namespace

bool is_sound(std::string_view input) { return serve(input, input.size()) > 0; }

void try_input(std::string_view input) {
  const auto whole = serve(input, input.size());
  if (serve(input, 7) != whole) broken("how a request is cut into pieces makes no difference");
}

}  // namespace drcon::fuzz
