#include "import/toml.hpp"

#include "common/toml_text.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace drcon::importing::toml {

std::string list(const std::vector<std::string>& texts) {
  std::string result = "[";
  for (const auto& each : texts) result += (result.size() > 1 ? ", " : "") + common::toml_text(each);
  return result + "]";
}

std::string comment(const std::string& content) {
  static constexpr std::size_t longest = 118;
  std::string result;
  std::istringstream lines(content);
  for (std::string line; std::getline(lines, line);) {
    std::string row = "#";
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      // A template's text may hold any byte, and a comment of TOML may not.
      std::ranges::replace_if(
          word, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
      if (row.size() > 1 && row.size() + 1 + word.size() > longest) {
        result += row + "\n";
        row = "#";
      }
      row += " " + word;
    }
    result += row + "\n";
  }
  return result;
}

std::string free_name(std::string_view wish, std::vector<std::string>& taken) {
  std::string base;
  for (const char c : wish) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0)
      base += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else if (!base.empty() && base.back() != '-') base += '-';
  }
  base.resize(std::min<std::size_t>(base.size(), 40));
  while (base.ends_with('-')) base.pop_back();
  if (base.empty()) base = "file";
  auto name = base;
  for (std::size_t i = 2; std::ranges::find(taken, name) != taken.end(); ++i) name = base + "-" + std::to_string(i);
  taken.push_back(name);
  return name;
}

}  // namespace drcon::importing::toml
