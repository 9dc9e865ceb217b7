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

std::string text_of(const section& section) {
  std::string text = section.title.empty() ? "" : "\n" + section.title + "\n";
  for (std::size_t i = 1; i < section.example.size(); ++i) text += "  " + section.example[i] + "\n";
  text += wrapped(section.meaning, "  ");
  for (const auto& each : section.options)
    text += "\n  " + each.path + "\n" + wrapped(each.facts(), "      ") + wrapped(each.meaning, "      ");
  return text;
}

}  // namespace

std::string as_text(const page& page) {
  auto text = page.name + (page.note.empty() ? "" : " (" + page.note + ")") + "\n" + wrapped(page.topic, "");
  for (const auto& each : page.sections) text += text_of(each);
  if (!page.forms.empty()) text += "\nForms of values\n";
  for (const auto& each : page.forms) text += wrapped(each, "  ");
  return text;
}

}  // namespace drcon::reference
