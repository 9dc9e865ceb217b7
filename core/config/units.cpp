#include "config/units.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace drcon::config {
namespace {

struct unit {
  std::string_view name;
  long double factor;
};

constexpr std::array duration_units{unit{"ns", 1},   unit{"us", 1e3},   unit{"ms", 1e6},   unit{"s", 1e9},
                                    unit{"m", 6e10}, unit{"h", 3.6e12}, unit{"d", 8.64e13}};
constexpr std::array size_units{unit{"B", 1},      unit{"kB", 1e3},      unit{"MB", 1e6},        unit{"GB", 1e9},
                                unit{"KiB", 1024}, unit{"MiB", 1048576}, unit{"GiB", 1073741824}};

// Takes a number such as "1.5" off the front of `text`. No sign, no exponent. Long double keeps 64 bits exact, so that
// the largest whole numbers of nanoseconds and bytes come out as they were written.
std::optional<long double> take_number(std::string_view& text) {
  const auto digits = text.substr(0, text.find_first_not_of("0123456789."));
  if (digits.empty() || digits.front() == '.' || digits.back() == '.') return {};
  long double value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != digits.data() + digits.size()) return {};
  text.remove_prefix(digits.size());
  return value;
}

template <std::size_t N>
std::optional<long double> take_unit(std::string_view& text, const std::array<unit, N>& units) {
  const auto length = std::min(text.find_first_of("0123456789."), text.size());
  for (const auto& each : units) {
    if (each.name != text.substr(0, length)) continue;
    text.remove_prefix(length);
    return each.factor;
  }
  return {};
}

std::optional<std::int64_t> whole(long double value) {
  if (!(value >= 0) || value > static_cast<long double>(std::numeric_limits<std::int64_t>::max())) return {};
  return std::llround(value);
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return {};
  long double sum = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return {};
    const auto factor = take_unit(text, duration_units);
    if (!factor) return {};
    sum += *number * *factor;
  }
  const auto nanoseconds = whole(sum);
  if (!nanoseconds) return {};
  return std::chrono::nanoseconds(*nanoseconds);
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  if (text.substr(0, text.find_first_not_of("0123456789.")).find('.') != std::string_view::npos) return {};
  const auto number = take_number(text);
  if (!number) return {};
  if (text.empty()) return whole(*number);
  const auto factor = take_unit(text, size_units);
  if (!factor || !text.empty()) return {};
  return whole(*number * *factor);
}

std::optional<double> parse_percent(std::string_view text) {
  if (!text.ends_with('%') || text.size() < 2) return {};
  text.remove_suffix(1);
  const auto number = take_number(text);
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
