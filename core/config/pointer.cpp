#include "config/pointer.hpp"

#include <algorithm>

namespace drcon::config {
namespace {

std::string key_of(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size()) out += token[++i] == '1' ? '/' : '~';
    else out += token[i];
  }
  return out;
}

}  // namespace

std::string pointer_token(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') out += "~0";
    else if (c == '/') out += "~1";
    else out += c;
  }
  return out;
}

std::string readable(std::string_view pointer) {
  std::string out;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);  // the slash
    const auto token = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(token.size());
    const bool is_index = !out.empty() && !token.empty() && token.find_first_not_of("0123456789") == std::string::npos;
    out += is_index ? "[" + std::string(token) + "]" : (out.empty() ? "" : ".") + key_of(token);
  }
  return out;
}

}  // namespace drcon::config
