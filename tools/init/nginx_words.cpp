#include "init/nginx_words.hpp"

namespace drcon::init {
namespace {

constexpr std::string_view blank = " \t\r\n";

// The word that begins at `at`, which is moved behind it; quotes are taken away.
std::string word_at(std::string_view text, std::size_t& at) {
  if (text[at] == '"' || text[at] == '\'') {
    const char quote = text[at++];
    std::string word;
    for (; at < text.size() && text[at] != quote; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      word += text[at];
    }
    if (at < text.size()) ++at;
    return word;
  }
  const auto end = std::min(text.find_first_of(" \t\r\n;{}", at), text.size());
  std::string word(text.substr(at, end - at));
  at = end;
  return word;
}

}  // namespace

void walk_directives(std::string_view text, const directive& each) {
  std::vector<std::string> blocks;
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const char next = text[at];
    if (blank.find(next) != std::string_view::npos) {
      ++at;
    } else if (next == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (next == ';') {
      if (!words.empty()) each(blocks, words);
      words.clear();
      ++at;
    } else if (next == '{') {
      blocks.push_back(words.empty() ? "" : words.front());
      words.clear();
      ++at;
    } else if (next == '}') {
      if (!blocks.empty()) blocks.pop_back();
      words.clear();
      ++at;
    } else {
      words.push_back(word_at(text, at));
    }
  }
}

}  // namespace drcon::init
