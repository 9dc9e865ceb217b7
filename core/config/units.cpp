#include "config/units.hpp"

#include <array>
#include <utility>

namespace drcon::config {
std::optional<double> parse_percent(std::string_view text) {
  if (!text.ends_with('%') || text.size() < 2) return {};
  text.remove_suffix(1);
  const auto number = detail::take_number(text);
  if (!number || !text.empty() || *number > 100) return {};
  return static_cast<double>(*number / 100);
}

std::string to_text(std::chrono::nanoseconds duration) {
  auto left = duration.count();
  if (left <= 0) return "0s";
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 7> steps{{{"d", 86'400'000'000'000},
                                                                            {"h", 3'600'000'000'000},
                                                                            {"m", 60'000'000'000},
                                                                            {"s", 1'000'000'000},
                                                                            {"ms", 1'000'000},
                                                                            {"us", 1'000},
                                                                            {"ns", 1}}};
  std::string text;
  for (const auto& [name, length] : steps) {
    if (left < length) continue;
    text += std::to_string(left / length) + std::string(name);
    left %= length;
  }
  return text;
}

}  // namespace drcon::config
