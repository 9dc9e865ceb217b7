#include "consul_catalog/go_duration.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace drcon::consul_catalog {

std::optional<std::chrono::nanoseconds> go_duration(std::string_view text) {
  using namespace std::chrono_literals;
  // "ms" before "m" and "s": the longest that fits.
  constexpr std::array<std::pair<std::string_view, std::chrono::nanoseconds>, 6> units{
      {{"ms", 1ms}, {"us", 1us}, {"ns", 1ns}, {"h", 1h}, {"m", 1min}, {"s", 1s}}};
  constexpr double longest = 1e17;  // three years, in nanoseconds
  double total = 0;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || !(number >= 0)) return {};
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    bool known = false;
    for (const auto& [name, length] : units) {
      if (!text.starts_with(name)) continue;
      total += number * static_cast<double>(length.count());
      text.remove_prefix(name.size());
      known = true;
      break;
    }
    if (!known || total > longest) return {};
  }
  if (total < 1) return {};
  return std::chrono::nanoseconds(static_cast<std::int64_t>(total));
}

}  // namespace drcon::consul_catalog
