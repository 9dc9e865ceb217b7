// drcon/url.hpp: URLs (RFC 3986): read, and written from parts that nobody vouches for.
//
// Read strictly: a byte that has no place in a URL makes it none. It stands where Boost.URL could: that is a shared
// library whose name changes with each release of a distribution, and a plugin that links it runs on one of them only.
// Thread rule: pure functions.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drcon {

/// A URL with a scheme, such as "https://[::1]:8501/v1". Query and fragment are checked, and not kept.
struct url {
  std::string scheme;     ///< as written
  std::string host;       ///< decoded; an IPv6 address is without its brackets, in its shortest form
  std::string port;       ///< digits; empty: none is given
  std::string path;       ///< decoded; empty, or it begins with '/' where there is a host
  bool has_user = false;  ///< a user, and perhaps a password, stands before the host
};

/// What a request line asks for: "/v1/pipelines/a%20b?limit=5".
struct url_target {
  std::vector<std::string> segments;                            ///< of the path, decoded; "/" has one, which is empty
  std::vector<std::pair<std::string, std::string>> parameters;  ///< of the query, decoded, '+' as a space, in order
};

namespace detail {

inline bool is_url_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_url_digit(char c) { return c >= '0' && c <= '9'; }
/// Means itself wherever it stands, and is never encoded.
inline bool is_url_unreserved(char c) {
  return is_url_letter(c) || is_url_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}
/// May separate parts of a segment, a host or a query; has no meaning to the URL itself.
inline bool is_url_delimiter(char c) { return std::string_view("!$&'()*+,;=").find(c) != std::string_view::npos; }

inline int hex_value(char c) {
  if (is_url_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Decodes each %XX. Nothing when a %XX is broken, or when a byte stands there as it is and is neither unreserved, nor
/// a delimiter, nor one of `more`.
inline std::optional<std::string> url_decoded(std::string_view text, std::string_view more,
                                              bool plus_is_space = false) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return {};
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else if (is_url_unreserved(c) || is_url_delimiter(c) || more.find(c) != std::string_view::npos) {
      decoded += plus_is_space && c == '+' ? ' ' : c;
    } else {
      return {};
    }
  }
  return decoded;
}

inline std::string url_encoded(std::string_view text, std::string_view literal) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_url_unreserved(c) || literal.find(c) != std::string_view::npos) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += digits[byte >> 4U];
    encoded += digits[byte & 0xfU];
  }
  return encoded;
}

/// Takes "[::1]" or "name" off the front of `text`, into `host`.
inline bool take_url_host(std::string_view& text, std::string& host) {
  if (!text.starts_with('[')) {
    const auto end = text.find(':');
    auto decoded = url_decoded(text.substr(0, end), "");
    text.remove_prefix(end < text.size() ? end : text.size());
    if (decoded) host = std::move(*decoded);
    return decoded.has_value();
  }
  const auto end = text.find(']');
  if (end == std::string_view::npos) return false;
  in6_addr address{};
  char shortest[INET6_ADDRSTRLEN] = {};
  const std::string written(text.substr(1, end - 1));
  // A NUL would end the text for inet_pton before its real end.
  if (written.find('\0') != std::string::npos || ::inet_pton(AF_INET6, written.c_str(), &address) != 1 ||
      ::inet_ntop(AF_INET6, &address, shortest, sizeof shortest) == nullptr)
    return false;
  host = shortest;
  text.remove_prefix(end + 1);
  return true;
}

/// "user:password@host:port"
inline bool read_url_authority(std::string_view text, url& into) {
  if (const auto end = text.rfind('@'); end != std::string_view::npos) {
    if (!url_decoded(text.substr(0, end), ":")) return false;
    into.has_user = true;
    text.remove_prefix(end + 1);
  }
  if (!take_url_host(text, into.host)) return false;
  if (text.empty()) return true;
  if (text.front() != ':') return false;
  into.port = text.substr(1);
  for (const char c : into.port)
    if (!is_url_digit(c)) return false;
  return true;
}

inline bool is_url_scheme(std::string_view text) {
  if (text.empty() || !is_url_letter(text.front())) return false;
  for (const char c : text)
    if (!is_url_letter(c) && !is_url_digit(c) && c != '+' && c != '-' && c != '.') return false;
  return true;
}

/// Takes `mark` and what follows it off the end of `text`, and returns what follows; nothing when there is no mark.
inline std::optional<std::string_view> take_url_tail(std::string_view& text, char mark) {
  const auto start = text.find(mark);
  if (start == std::string_view::npos) return {};
  const auto tail = text.substr(start + 1);
  text = text.substr(0, start);
  return tail;
}

}  // namespace detail

/// The parts of a URL, or nothing when the text is none: without a scheme, with a byte that has no place in it, a
/// broken %XX, an IPv6 address that is none, or a port that is no number.
inline std::optional<url> parse_url(std::string_view text) {
  url read;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || !detail::is_url_scheme(text.substr(0, colon))) return {};
  read.scheme = text.substr(0, colon);
  text.remove_prefix(colon + 1);
  for (const char mark : {'#', '?'})
    if (const auto tail = detail::take_url_tail(text, mark); tail && !detail::url_decoded(*tail, ":@/?")) return {};
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    const auto end = text.find('/') < text.size() ? text.find('/') : text.size();
    if (!detail::read_url_authority(text.substr(0, end), read)) return {};
    text.remove_prefix(end);
  }
  auto path = detail::url_decoded(text, ":@/");
  if (!path) return {};
  read.path = std::move(*path);
  return read;
}

/// The parts of a request's target (RFC 9112, origin form), or nothing when it is none.
inline std::optional<url_target> parse_url_target(std::string_view text) {
  url_target read;
  auto query = detail::take_url_tail(text, '?');
  if (!text.starts_with('/')) return {};
  while (!text.empty()) {
    text.remove_prefix(1);  // the '/'
    const auto end = text.find('/') < text.size() ? text.find('/') : text.size();
    auto segment = detail::url_decoded(text.substr(0, end), ":@");
    if (!segment) return {};
    read.segments.push_back(std::move(*segment));
    text.remove_prefix(end);
  }
  while (query) {
    auto one = *query;
    query = detail::take_url_tail(one, '&');
    const auto value = detail::take_url_tail(one, '=');
    auto key = detail::url_decoded(one, ":@/?", true);
    auto decoded = detail::url_decoded(value.value_or(""), ":@/?", true);
    if (!key || !decoded) return {};
    if (!key->empty()) read.parameters.emplace_back(std::move(*key), std::move(*decoded));
  }
  return read;
}

/// The text as a part of a URL: everything is encoded that could have a meaning anywhere in one.
inline std::string url_encode(std::string_view text) { return detail::url_encoded(text, ""); }

/// The text as a path of several parts: its slashes stay.
inline std::string url_encode_path(std::string_view text) { return detail::url_encoded(text, "/"); }

/// Puts a request's target together. No part can leave its place, whatever bytes it has.
class url_target_writer {
public:
  url_target_writer& segment(std::string_view name) {
    path_ += '/';
    path_ += detail::url_encoded(name, "!$&'()*+,;=:@");
    return *this;
  }
  /// A parameter without a value: "?stale".
  url_target_writer& parameter(std::string_view key) {
    query_ += query_.empty() ? '?' : '&';
    query_ += detail::url_encoded(key, "");
    return *this;
  }
  url_target_writer& parameter(std::string_view key, std::string_view value) {
    parameter(key);
    query_ += '=';
    query_ += detail::url_encoded(value, "/:,@");
    return *this;
  }
  /// "/" when it has no segment.
  std::string text() const { return (path_.empty() ? "/" : path_) + query_; }

private:
  std::string path_;
  std::string query_;
};

}  // namespace drcon
