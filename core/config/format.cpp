#include "config/format.hpp"

#include "config/units.hpp"

#include <drcon/url.hpp>

#include <boost/asio/ip/address.hpp>
#include <pattern.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace drcon::config {
namespace {

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size();
}

bool is_host_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  return !text.empty() && text.size() <= 253 && text.front() != '.' && text.front() != '-' &&
         text.find("..") == std::string_view::npos && std::ranges::all_of(text, fits);
}

// HOST:PORT, where HOST is a name, an IPv4 address, or an IPv6 address in brackets. Port 0 lets the system choose.
bool is_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) return false;
  const auto host = text.substr(0, colon);
  if (!host.starts_with('[') || !host.ends_with(']')) return is_host_name(host);
  boost::system::error_code error;
  boost::asio::ip::make_address_v6(std::string(host.substr(1, host.size() - 2)), error);
  return !error;
}

bool is_url(const std::string& text) {
  const auto parsed = parse_url(text);
  return parsed && !parsed->host.empty();
}

// "*web" and the like, which come of shells' patterns; the library's words for them are about parentheses.
std::optional<char> quantifier_of_nothing(std::string_view text) {
  bool escaped = false;
  bool in_class = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char each = text[i];
    const bool begins = i == 0 || (!escaped && (text[i - 1] == '(' || text[i - 1] == '|'));
    if (begins && !in_class && (each == '*' || each == '+' || (each == '?' && (i == 0 || text[i - 1] != '('))))
      return each;
    if (!escaped && each == '[') in_class = true;
    if (!escaped && each == ']') in_class = false;
    escaped = !escaped && each == '\\';
  }
  return {};
}

base::result<> check_regex(const std::string& text) {
  constexpr std::size_t longest = 1024;  // the compiler is recursive, and slow beyond what people write
  if (text.size() > longest) return base::failure{"it is longer than " + std::to_string(longest) + " bytes"};
  try {
    const pattern compiled(text);
    return {};
  } catch (const pattern_error& error) {
    if (const auto each = quantifier_of_nothing(text))
      return base::failure{std::string("the '") + *each + R"(' has nothing before it to repeat; any text is ".*")"};
    return base::failure{error.what()};
  }
}

// A time that is added to the clock's must not leave its range: it would be in the past then.
base::result<> check_duration(const std::string& text) {
  constexpr std::chrono::hours longest(24 * 3650);
  const auto length = parse_duration(text);
  if (!length) return base::failure{};
  if (*length > longest) return base::failure{"it is longer than 3650d"};
  return {};
}

bool fits(const std::string& format, const std::string& text) {
  if (format == "size") return parse_size(text).has_value();
  if (format == "percent") return parse_percent(text).has_value();
  if (format == "path") return !text.empty() && text.find('\0') == std::string::npos;
  if (format == "address") return is_address(text);
  if (format == "url") return is_url(text);
  return true;
}

}  // namespace

std::string describe_format(const std::string& format) {
  if (format == "duration") return R"(a duration such as "250ms" or "1m30s")";
  if (format == "size") return R"(a size such as "64KiB" or "10MB")";
  if (format == "percent") return R"(a share from "0%" to "100%")";
  if (format == "path") return "a path";
  if (format == "address") return R"(an address with a port, such as "127.0.0.1:8500" or "[::1]:8500")";
  if (format == "url") return R"(a URL with a host, such as "http://127.0.0.1:8500")";
  if (format == "regex") return "a regular expression (ECMAScript)";
  return {};
}

base::result<> check_format(const std::string& format, const std::string& text) {
  if (format == "duration") return check_duration(text);
  if (format == "regex") return check_regex(text);
  if (!fits(format, text)) return base::failure{};
  return {};
}

}  // namespace drcon::config
