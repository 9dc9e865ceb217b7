#include "template/escape.hpp"

#include "common/nginx_grammar.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <string_view>
#include <utility>

namespace drcon::templates {
namespace {

// Of letters, digits and these, which few texts have others than, every language takes each as it is.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == ':' ||
           c == '-' || c == '_' || c == '/';
  });
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// The characters that JSON lets stand, and that a reader of TOML or YAML refuses or takes for the end of a line: DEL,
// the C1 controls, two separators, the byte order mark and two that are no characters. One of them, in one value, would
// make the whole file unreadable. Where the text has one, its number and how many bytes it has.
struct unprintable {
  unsigned number = 0;
  std::size_t bytes = 0;
};
std::optional<unprintable> unprintable_in_front(std::string_view text) {
  if (text.starts_with('\x7f')) return unprintable{.number = 0x7f, .bytes = 1};
  if (text.starts_with('\xc2') && text.size() > 1)
    if (const auto second = static_cast<unsigned char>(text[1]); second < 0xa0)
      return unprintable{.number = second, .bytes = 2};
  static constexpr std::pair<std::string_view, unsigned> others[] = {{"\xe2\x80\xa8", 0x2028},
                                                                     {"\xe2\x80\xa9", 0x2029},
                                                                     {"\xef\xbb\xbf", 0xfeff},
                                                                     {"\xef\xbf\xbe", 0xfffe},
                                                                     {"\xef\xbf\xbf", 0xffff}};
  for (const auto& [bytes, number] : others)
    if (text.starts_with(bytes)) return unprintable{.number = number, .bytes = bytes.size()};
  return {};
}

// JSON's escapes are YAML's and TOML's, too, in double quotes: all three have \uXXXX.
std::string quoted_part(const std::string& text) {
  const auto dumped = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string result;
  for (std::string_view rest(dumped.data() + 1, dumped.size() - 2); !rest.empty();) {
    const auto found = unprintable_in_front(rest);
    if (found) {
      std::array<char, 7> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", found->number & 0xffffU);
      result += escape.data();
    } else {
      result += rest.front();
    }
    rest.remove_prefix(found ? found->bytes : 1);
  }
  return result;
}

std::string shell_word(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') result += "'\\''";
    else result += c;
  }
  return result + "'";
}

// HAProxy's configuration manual, 2.2: a backslash takes the meaning of what follows.
std::string haproxy_word(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view(" #\\\"'$").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

std::string html_text(const std::string& text) {
  static const std::map<char, std::string> entities{
      {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
  std::string result;
  for (const char c : text) {
    const auto found = entities.find(c);
    if (found == entities.end()) result += c;
    else result += found->second;
  }
  return result;
}

}  // namespace

std::optional<language> language_of(const std::string& word) {
  static const std::map<std::string, language> all{
      {"none", language::none},   {"nginx", language::nginx}, {"haproxy", language::haproxy}, {"json", language::json},
      {"shell", language::shell}, {"toml", language::toml},   {"yaml", language::yaml},       {"html", language::html}};
  const auto found = all.find(word);
  return found == all.end() ? std::nullopt : std::optional(found->second);
}

std::string escaped(const std::string& text, language in) {
  switch (in) {
    case language::nginx: return common::nginx::argument(text);
    case language::haproxy: return haproxy_word(text);
    case language::json:
    case language::toml:
    case language::yaml: return quoted_part(text);
    case language::shell: return shell_word(text);
    case language::html: return html_text(text);
    case language::none: break;
  }
  return text;
}

void append_escaped(std::string_view text, language in, std::string& output) {
  if (in == language::none || (in != language::shell && !text.empty() && is_plain(text))) output += text;
  else output += escaped(std::string(text), in);
}

std::optional<std::string> unwritable_as_it_is(std::string_view text, language in) {
  if (is_plain(text)) return {};
  const std::string whole(text);
  if (auto found = unwritable(whole, in)) return found;
  if (in == language::none) return {};
  if (in == language::shell) {
    const auto found = std::ranges::find_if_not(whole, [](char c) { return is_plain({&c, 1}) || c == ','; });
    return found == whole.end() ? std::nullopt : std::optional("'" + std::string(1, *found) + "'");
  }
  const auto written = escaped(whole, in);
  if (written == whole) return {};
  if (in == language::nginx) return "a space";
  const auto [place, other] = std::ranges::mismatch(whole, written);
  return "'" + std::string(1, place == whole.end() ? whole.back() : *place) + "'";
}

std::optional<std::string> unwritable(const std::string& text, language in) {
  switch (in) {
    case language::nginx: return common::nginx::hazard(text);
    case language::json:
    case language::toml:
    case language::yaml: return {};
    case language::shell:
      return text.find('\0') == std::string::npos ? std::nullopt : std::optional<std::string>("a NUL");
    case language::haproxy:
    case language::html:
    case language::none: break;
  }
  return std::ranges::any_of(text, is_control) ? std::optional<std::string>("a control character") : std::nullopt;
}

}  // namespace drcon::templates
