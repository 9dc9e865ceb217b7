#include "common/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace drcon::common {
namespace {

// Levenshtein's distance, with a swap of neighbours as one step, since that is the most common typing error.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::vector<std::size_t>> table(left.size() + 1, std::vector<std::size_t>(right.size() + 1));
  for (std::size_t i = 0; i <= left.size(); ++i) table[i][0] = i;
  std::iota(table[0].begin(), table[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i)
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t differs = left[i - 1] == right[j - 1] ? 0 : 1;
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + differs});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  return table[left.size()][right.size()];
}

}  // namespace

std::string nearest(std::string_view written, std::span<const std::string_view> known) {
  constexpr std::size_t longest = 64;  // each comparison takes time that grows with both lengths
  constexpr std::size_t most = 1000;   // and there may be as many names as somebody registers
  std::string_view found;
  auto least = std::max<std::size_t>(1, written.size() / 3) + 1;
  if (written.size() > longest) return {};
  for (const auto each : known.first(std::min(known.size(), most))) {
    if (each.size() > longest || each == written) continue;
    if (const auto steps = distance(written, each); steps < least) {
      least = steps;
      found = each;
    }
  }
  return found.empty() ? std::string() : " (did you mean \"" + std::string(found) + "\"?)";
}

}  // namespace drcon::common
