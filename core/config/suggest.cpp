#include "config/suggest.hpp"

#include <algorithm>
#include <numeric>

namespace drcon::config {
namespace {

// Levenshtein's distance, with a swap of neighbours as one step, since that is the most common typing error.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) table[i][0] = i;
  std::iota(table[0].begin(), table[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + differs});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
}

// "'a', 'b' or 'c'": all known names that begin with what was written; empty when none does.
std::string begun(std::string_view written, const std::vector<std::string>& known) {
  std::vector<std::string> longer;
  for (const auto& each : known)
    if (each.starts_with(written)) longer.push_back("'" + each + "'");
  std::string text;
  for (std::size_t i = 0; i < longer.size(); ++i)
    text += (i == 0 ? "" : i + 1 == longer.size() ? " or " : ", ") + longer[i];
  return text;
}

}  // namespace

std::string suggestion(std::string_view written, const std::vector<std::string>& known) {
  constexpr std::size_t longest_word = 64;  // the table is square: a hostile key must not cost seconds
  constexpr std::size_t telling = 3;        // "warn" is the beginning of "warning"; "e" of too many
  if (written.size() >= telling)
    if (auto longer = begun(written, known); !longer.empty()) return "did you mean " + longer + "?";
  if (written.size() <= longest_word) {
    const auto close =
        std::ranges::min_element(known, {}, [written](const std::string& each) { return distance(written, each); });
    if (close != known.end()) {
      const auto steps = distance(written, *close);
      // One letter for another is no typing error where that is the whole name.
      if (steps <= std::max<std::size_t>(1, close->size() / 3) && steps < std::max(written.size(), close->size()))
        return "did you mean '" + *close + "'?";
    }
  }
  constexpr std::size_t short_list = 12;
  if (known.empty() || known.size() > short_list) return {};
  return "known are: " + listed(known);
}

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& each : names) list += (list.empty() ? "" : ", ") + each;
  return list;
}

}  // namespace drcon::config
