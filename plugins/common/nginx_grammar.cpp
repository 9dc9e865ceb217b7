#include "common/nginx_grammar.hpp"

#include <algorithm>

namespace drcon::common::nginx {
namespace {

constexpr std::size_t longest_value = 4000;  // nginx refuses an argument of 4096 bytes or more

}  // namespace

bool is_upstream_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  };
  return !text.empty() && text.size() <= 200 && std::ranges::all_of(text, fits);
}

std::optional<std::string> hazard(std::string_view text) {
  if (text.size() > longest_value) return std::to_string(text.size()) + " bytes";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return "a control character";
    if (std::string_view(";{}\"'\\$#").find(c) != std::string_view::npos) return "'" + std::string(1, c) + "'";
  }
  return {};
}

std::string argument(std::string_view text) {
  const bool plain = !text.empty() && text.find(' ') == std::string_view::npos;
  return plain ? std::string(text) : "\"" + std::string(text) + "\"";
}

}  // namespace drcon::common::nginx
