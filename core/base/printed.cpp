#include "base/printed.hpp"

#include <drcon/printed.hpp>

namespace drcon::base {
namespace {

// Without quotes, so that it may stand in a string of JSON.
constexpr std::string_view instead = "(what it printed is shown over the unix socket, or with [admin] token)";

// Where what is printed ends: at its mark, or where that was cut off.
std::size_t end_of_printed(std::string_view text, std::size_t at, text_kind kind) {
  for (; at < text.size(); ++at) {
    if (text.substr(at).starts_with(printed_end)) return at;
    if (text[at] == '\n' || (kind == text_kind::json && text[at] == '"')) return at;
    if (kind == text_kind::json && text[at] == '\\') ++at;  // what follows belongs to it, a quote included
  }
  return text.size();
}

}  // namespace

std::string with_printed(std::string_view text) {
  std::string shown(text);
  for (const auto mark : {printed_begin, printed_end})
    for (auto at = shown.find(mark); at != std::string::npos; at = shown.find(mark, at)) shown.erase(at, mark.size());
  return shown;
}

std::string without_printed(std::string_view text, text_kind kind) {
  std::string shown;
  for (auto begin = text.find(printed_begin); begin != std::string_view::npos; begin = text.find(printed_begin)) {
    shown.append(text.substr(0, begin)).append(instead);
    const auto end = end_of_printed(text, begin + printed_begin.size(), kind);
    text.remove_prefix(text.substr(end).starts_with(printed_end) ? end + printed_end.size() : end);
  }
  return shown.append(text);
}

}  // namespace drcon::base
