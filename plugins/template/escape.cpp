#include "template/escape.hpp"

#include "common/nginx_grammar.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>

namespace drcon::templates {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// JSON's escapes are YAML's and TOML's, too, in double quotes: all three have \uXXXX. DEL is the one that TOML wants
// escaped and JSON does not.
std::string quoted_part(const std::string& text) {
  const auto dumped = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string result;
  for (const char c : dumped.substr(1, dumped.size() - 2)) {
    if (c == 0x7f) result += "\\u007f";
    else result += c;
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
