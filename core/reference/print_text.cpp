#include "reference/print.hpp"

#include <algorithm>
#include <sstream>

namespace drcon::reference {
namespace {

constexpr std::size_t columns = 100;

// Counts characters, not the bytes of UTF-8.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string wrapped(const std::string& text, const std::string& indent) {
  std::istringstream words(text);
  std::string all;
  std::string line;
  for (std::string word; words >> word;) {
    if (!line.empty() && indent.size() + width(line) + 1 + width(word) > columns) {
      all += indent + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return line.empty() ? all : all + indent + line + "\n";
}

std::string text_of(const section& from) {
  std::string text = from.title.empty() ? "" : "\n" + from.title + "\n";
  for (std::size_t i = 1; i < from.example.size(); ++i) text += "  " + from.example[i] + "\n";
  text += wrapped(from.meaning, "  ");
  for (const auto& each : from.options)
    text += "\n  " + each.path + "\n" + wrapped(each.facts(), "      ") + wrapped(each.meaning, "      ");
  return text;
}

}  // namespace

std::string as_text(const page& from) {
  auto text = from.name + (from.note.empty() ? "" : " (" + from.note + ")") + "\n" + wrapped(from.topic, "");
  for (const auto& each : from.sections) text += text_of(each);
  if (!from.forms.empty()) text += "\nForms of values\n";
  for (const auto& each : from.forms) text += wrapped(each, "  ");
  return text;
}

}  // namespace drcon::reference
