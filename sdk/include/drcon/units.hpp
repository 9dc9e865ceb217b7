// drcon/units.hpp: durations ("250ms", "1m30s") and sizes ("64KiB") as users write them.
//
// The host parses them for a plugin (drcon_value's nanoseconds and bytes); this is for text from elsewhere.
// Thread rule: pure functions.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string_view>

namespace drcon {
namespace detail {

struct unit {
  std::string_view name;
  long double factor;
};

// Takes a number such as "1.5" off the front of `text`. No sign, no exponent. Long double keeps 64 bits exact, so that
// the largest whole numbers of nanoseconds and bytes come out as they were written. By hand: libc++ has no
// std::from_chars for it, and strtold heeds the locale.
inline std::optional<long double> take_number(std::string_view& text) {
  const auto digits = text.substr(0, text.find_first_not_of("0123456789."));
  if (digits.empty() || digits.front() == '.' || digits.back() == '.') return {};
  const auto point = std::min(digits.find('.'), digits.size());
  long double value = 0;
  long double scale = 1;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i == point) continue;
    if (digits[i] == '.') return {};
    value = value * 10 + (digits[i] - '0');
    if (i > point) scale *= 10;
  }
  text.remove_prefix(digits.size());
  return value / scale;
}

inline std::optional<long double> take_unit(std::string_view& text, std::initializer_list<unit> units) {
  const auto length = std::min(text.find_first_of("0123456789."), text.size());
  for (const auto& each : units) {
    if (each.name != text.substr(0, length)) continue;
    text.remove_prefix(length);
    return each.factor;
  }
  return {};
}

inline std::optional<std::int64_t> whole(long double value) {
  if (!(value >= 0) || value > static_cast<long double>(std::numeric_limits<std::int64_t>::max())) return {};
  return std::llround(value);
}

}  // namespace detail

/// A sum of numbers with a unit of ns, us, ms, s, m, h or d: "250ms", "1.5s", "1m30s". A bare "0" is allowed, any other
/// number without a unit is not. Not negative, at most about 292 years.
inline std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::nanoseconds(0);
  if (text.empty()) return {};
  long double sum = 0;
  while (!text.empty()) {
    const auto number = detail::take_number(text);
    if (!number) return {};
    const auto factor = detail::take_unit(
        text, {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 6e10}, {"h", 3.6e12}, {"d", 8.64e13}});
    if (!factor) return {};
    sum += *number * *factor;
  }
  const auto nanoseconds = detail::whole(sum);
  if (!nanoseconds) return {};
  return std::chrono::nanoseconds(*nanoseconds);
}

/// A whole number of bytes with an optional unit: B, kB, MB, GB (powers of 1000), KiB, MiB, GiB (powers of 1024).
inline std::optional<std::int64_t> parse_size(std::string_view text) {
  if (text.substr(0, text.find_first_not_of("0123456789.")).find('.') != std::string_view::npos) return {};
  const auto number = detail::take_number(text);
  if (!number) return {};
  if (text.empty()) return detail::whole(*number);
  const auto factor = detail::take_unit(
      text, {{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}});
  if (!factor || !text.empty()) return {};
  return detail::whole(*number * *factor);
}

}  // namespace drcon
