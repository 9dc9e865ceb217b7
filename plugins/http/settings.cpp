#include "http/settings.hpp"

#include "common/lower.hpp"
#include "common/shortest_pause.hpp"
#include "common/tls_settings.hpp"

#include <drcon/url.hpp>

#include <algorithm>
#include <string_view>

namespace drcon::http {
namespace {

// Path and query, which go to the server as they are written.
std::string target_of(std::string_view url) {
  const auto authority = url.find("://") + 3;
  const auto begin = std::min(url.find_first_of("/?#", authority), url.size());
  const auto end = std::min(url.find('#', begin), url.size());
  std::string target(url.substr(begin, end - begin));
  return target.starts_with('/') ? target : "/" + target;
}

bool is_token(std::string_view name) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";  // RFC 9110, section 5.6.2
  return !name.empty() && std::ranges::all_of(name, [&](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           others.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

// drcon writes these itself; a second one would contradict it.
bool is_ours(const std::string& name) {
  constexpr std::string_view ours[] = {"host",          "connection", "content-length", "transfer-encoding",
                                       "if-none-match", "prefer",     "user-agent",     "accept-encoding"};
  return std::ranges::find(ours, common::lower(name)) != std::ranges::end(ours);
}

std::vector<common::http_header> read_headers(const options& table) {
  std::vector<common::http_header> all{{"Accept", "application/json"}};
  if (const auto token = table["token"].string_or(""); !token.empty())
    all.push_back({"Authorization", "Bearer " + token});
  const auto headers = table["headers"];
  for (const auto& name : headers.keys()) {
    if (!is_token(name)) throw config_error(headers[name].pointer(), "'" + name + "' is no name of an HTTP header");
    if (is_ours(name)) throw config_error(headers[name].pointer(), "drcon sets the header '" + name + "' itself");
    if (common::lower(name) == "authorization" && all.size() > 1 && all[1].name == "Authorization")
      throw config_error(headers[name].pointer(), "'token' is sent as the header Authorization: give one of the two");
    if (common::lower(name) == "accept") all.front().value = headers[name].string();
    else all.push_back({name, headers[name].string()});
  }
  return all;
}

watching read_watching(const std::string& word) {
  if (word == "index") return watching::index;
  return word == "etag" ? watching::etag : watching::poll;
}

void read_place(settings& result, const options& table) {
  result.url = table["url"].string();
  const auto parsed = parse_url(result.url);
  if (parsed && parsed->has_user)
    throw config_error("/url",
                       "a name and a password have no place in the URL, which is shown in messages: use "
                       "'token', or 'headers' with Authorization");
  result.server = common::read_http_server(result.url, table["url"], table["tls"]);
  const bool is_unix = !result.server.path.empty();
  if (table["path"].present() != is_unix)
    throw config_error(is_unix ? "/url" : table["path"].pointer(),
                       is_unix ? "a unix socket has no path of its own: say with 'path' what to ask it for"
                               : "'path' goes with unix:// only; write it into the URL");
  result.target = is_unix ? table["path"].string() : target_of(result.url);
}

}  // namespace

settings read_settings(const options& table) {
  settings result;
  read_place(result, table);
  result.headers = read_headers(table);
  result.how = read_watching(table["watch"].string());
  result.index_header = common::lower(table["index_header"].string());
  result.poll = common::pause_of_at_least(std::chrono::milliseconds(100), table["poll"]);
  result.wait = table["wait"].duration();
  result.timeout = common::pause_of_at_least(std::chrono::milliseconds(100), table["timeout"]);
  result.retry_max = common::pause_of_at_least(std::chrono::milliseconds(100), table["retry_max"]);
  result.max_size = table["max_size"].bytes();
  if (result.wait < std::chrono::seconds(1) || result.wait > std::chrono::minutes(10))
    throw config_error("/wait", "wait must be between 1s and 10m");
  return result;
}

}  // namespace drcon::http
