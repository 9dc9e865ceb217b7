#include "common/templating/functions/sprig/url.hpp"

#include "common/templating/fault.hpp"
#include "common/templating/format/quote.hpp"
#include "common/templating/format/unicode.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

namespace drcon::templating::sprig {
namespace {

enum class part { path, user, host, zone, fragment };

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_one_of(char c, std::string_view all) { return all.find(c) != std::string_view::npos; }

bool is_escaped(char c, part in) {
  if (is_alphanumeric(c) || is_one_of(c, "-_.~")) return false;
  if ((in == part::host || in == part::zone) && is_one_of(c, "!$&'()*+,;=:[]<>\"")) return false;
  if (is_one_of(c, "$&+,/:;=?@")) {
    if (in == part::path) return c == '?';
    if (in == part::user) return is_one_of(c, "@/?:");
    return in != part::fragment;
  }
  return in != part::fragment || !is_one_of(c, "!()*");
}

std::string escaped(std::string_view text, part in) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_escaped(c, in)) result += {'%', digits[byte >> 4U], digits[byte & 0xfU]};
    else result += c;
  }
  return result;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string unescaped(std::string_view text, part in) {
  std::string result;
  const bool is_host = in == part::host || in == part::zone;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '%') {
      if (is_host && static_cast<unsigned char>(c) < 0x80 && is_escaped(c, in))
        throw failure("invalid character " + go_quoted(std::string_view(&c, 1)) + " in host name");
      result += c;
      continue;
    }
    const auto escape = text.substr(i, 3);
    const auto refuse = [&] { throw failure("invalid URL escape " + go_quoted(escape)); };
    if (escape.size() < 3 || hex_digit(escape[1]) < 0 || hex_digit(escape[2]) < 0) refuse();
    const auto meant = static_cast<char>(hex_digit(escape[1]) * 16 + hex_digit(escape[2]));
    if (in == part::host && hex_digit(escape[1]) < 8 && escape != "%25") refuse();
    if (in == part::zone && escape != "%25" && meant != ' ' && is_escaped(meant, part::host)) refuse();
    result += meant;
    i += 2;
  }
  return result;
}

bool is_port(std::string_view text) {
  return text.empty() || (text[0] == ':' && text.substr(1).find_first_not_of("0123456789") == std::string_view::npos);
}

void check_port(std::string_view text) {
  if (!is_port(text)) throw failure("invalid port " + go_quoted(text) + " after host");
}

bool is_ipv6(std::string_view address) {
  const auto zone = address.find('%');
  if (zone != std::string_view::npos && zone + 1 == address.size()) return false;
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET6, std::string(address.substr(0, zone)).c_str(), bytes.data()) == 1;
}

std::string bracketed_host(std::string_view host) {
  const auto close = host.rfind(']');
  if (close == std::string_view::npos) throw failure("missing ']' in host");
  const auto port = host.substr(close + 1);
  check_port(port);
  const auto name = host.substr(1, close - 1);
  const auto zone = name.find("%25");
  auto meant = unescaped(name.substr(0, zone), part::host);
  if (zone != std::string_view::npos) meant += unescaped(name.substr(zone), part::zone);
  if (!is_ipv6(meant)) throw failure("invalid host: ParseAddr(" + go_quoted(meant) + "): unable to parse IP");
  return "[" + meant + "]" + std::string(port);
}

std::string read_host(std::string_view scheme, std::string_view host) {
  if (const auto open = host.rfind('['); open == 0) return bracketed_host(host);
  else if (open != std::string_view::npos) throw failure("invalid IP-literal");
  if (auto colon = host.find(':'); colon != std::string_view::npos) {
    // Lists of hosts with ports are in use, but not for web servers.
    if (scheme != "http" && scheme != "https") colon = host.rfind(':');
    check_port(host.substr(colon));
  }
  return unescaped(host, part::host);
}

url::user_info read_user(std::string_view text) {
  const bool is_valid =
      std::ranges::all_of(text, [](char c) { return is_alphanumeric(c) || is_one_of(c, "-._:~!$&'()*+,;=%@"); });
  if (!is_valid) throw failure("net/url: invalid userinfo");
  const auto colon = text.find(':');
  url::user_info result{.name = unescaped(text.substr(0, colon), part::user), .password = {}};
  if (colon != std::string_view::npos) result.password = unescaped(text.substr(colon + 1), part::user);
  return result;
}

// The scheme, and what is behind it.
std::pair<std::string_view, std::string_view> cut_scheme(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) continue;
    if (is_alphanumeric(c) || is_one_of(c, "+-.")) {
      if (i == 0) break;
      continue;
    }
    if (c != ':') break;
    if (i == 0) throw failure("missing protocol scheme");
    return {text.substr(0, i), text.substr(i + 1)};
  }
  return {{}, text};
}

url read_all_but_fragment(std::string_view text) {
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }))
    throw failure("net/url: invalid control character in URL");
  url result;
  if (text == "*") {
    result.path = "*";
    return result;
  }
  auto [scheme, rest] = cut_scheme(text);
  result.scheme = to_lower(scheme);
  if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
    result.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  if (!rest.starts_with('/')) {
    if (!result.scheme.empty()) {
      result.opaque = rest;
      return result;
    }
    if (rest.substr(0, rest.find('/')).find(':') != std::string_view::npos)
      throw failure("first path segment in URL cannot contain colon");
  }
  if ((!result.scheme.empty() || !rest.starts_with("///")) && rest.starts_with("//")) {
    const auto end = rest.find('/', 2);
    const auto authority = rest.substr(2, end == std::string_view::npos ? end : end - 2);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end);
    const auto mark = authority.rfind('@');
    result.host = read_host(result.scheme, mark == std::string_view::npos ? authority : authority.substr(mark + 1));
    if (mark != std::string_view::npos) result.user = read_user(authority.substr(0, mark));
  }
  result.path = unescaped(rest, part::path);
  return result;
}

}  // namespace

std::string url::user_info::text() const {
  return escaped(name, part::user) + (password ? ":" + escaped(*password, part::user) : "");
}

url url::read(std::string_view text) {
  const auto mark = text.find('#');
  auto shown = text.substr(0, mark);
  try {
    auto result = read_all_but_fragment(shown);
    if (mark == std::string_view::npos) return result;
    shown = text;
    result.fragment = unescaped(text.substr(mark + 1), part::fragment);
    return result;
  } catch (const failure& wrong) {
    throw failure("parse " + go_quoted(shown) + ": " + wrong.text());
  }
}

std::string_view url::host_name() const {
  std::string_view result = host;
  if (const auto colon = result.rfind(':'); colon != std::string_view::npos && is_port(result.substr(colon)))
    result = result.substr(0, colon);
  if (result.starts_with('[') && result.ends_with(']')) result = result.substr(1, result.size() - 2);
  return result;
}

std::string url::text() const {
  std::string result = scheme.empty() ? "" : scheme + ":";
  if (!opaque.empty()) {
    result += opaque;
  } else {
    if ((!scheme.empty() || !host.empty() || user) && (!host.empty() || !path.empty() || user)) result += "//";
    if (user) result += user->text() + "@";
    result += escaped(host, part::host);
    const auto shown = path == "*" ? path : escaped(path, part::path);
    if (!shown.empty() && shown[0] != '/' && !host.empty()) result += "/";
    if (result.empty() && shown.substr(0, shown.find('/')).find(':') != std::string::npos) result += "./";
    result += shown;
  }
  if (!query.empty()) result += "?" + query;
  if (!fragment.empty()) result += "#" + escaped(fragment, part::fragment);
  return result;
}

}  // namespace drcon::templating::sprig
