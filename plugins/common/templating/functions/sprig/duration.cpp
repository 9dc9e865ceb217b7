#include "common/templating/functions/sprig/duration.hpp"

#include "common/templating/digit.hpp"
#include "common/templating/time/layout.hpp"

#include <array>
#include <utility>

namespace drcon::templating::sprig {
namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t beyond = std::uint64_t{1} << 63U;

// The number of `per` units, with what is behind the point but no zeros at its end.
std::string with_fraction(std::uint64_t number, std::uint64_t per) {
  auto result = std::to_string(number / per);
  auto rest = number % per;
  if (rest == 0) return result;
  result += '.';
  while (rest > 0) {
    rest *= 10;
    result += static_cast<char>('0' + rest / per);
    rest %= per;
  }
  return result;
}

constexpr std::array<std::pair<std::string_view, std::uint64_t>, 8> units{{{"ns", 1},
                                                                           {"us", 1000},
                                                                           {"\xc2\xb5s", 1000},
                                                                           {"\xce\xbcs", 1000},
                                                                           {"ms", 1'000'000},
                                                                           {"s", second},
                                                                           {"m", 60 * second},
                                                                           {"h", 3600 * second}}};

std::uint64_t unit_of(std::string_view name) {
  for (const auto& [each, size] : units)
    if (each == name) return size;
  return 0;
}

// One number with its unit, taken from the front; or what is wrong with it.
std::optional<std::uint64_t> read_part(std::string_view& text, std::string& why) {
  std::uint64_t whole = 0;
  bool has_digits = false;
  for (; !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
    has_digits = true;
    if (whole > beyond / 10) return {};
    whole = whole * 10 + static_cast<std::uint64_t>(text[0] - '0');
    if (whole > beyond) return {};
  }
  std::uint64_t fraction = 0;
  double scale = 1;
  if (text.starts_with('.')) {
    bool is_full = false;
    for (text.remove_prefix(1); !text.empty() && is_digit(text[0]); text.remove_prefix(1)) {
      has_digits = true;
      if (is_full) continue;
      const auto next = fraction * 10 + static_cast<std::uint64_t>(text[0] - '0');
      is_full = fraction > (beyond - 1) / 10 || next > beyond;
      if (is_full) continue;
      fraction = next;
      scale *= 10;
    }
  }
  if (!has_digits) return {};
  const auto end = text.find_first_of(".0123456789");
  const auto name = text.substr(0, end);
  const auto unit = unit_of(name);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  if (unit == 0)
    why = name.empty() ? "missing unit in duration" : "unknown unit " + quoted_in_time(name) + " in duration";
  if (unit == 0 || whole > beyond / unit) return {};
  whole *= unit;
  if (fraction > 0)
    whole += static_cast<std::uint64_t>(static_cast<double>(fraction) * (static_cast<double>(unit) / scale));
  if (whole > beyond) return {};
  return whole;
}

}  // namespace

std::string duration_text(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  const bool is_negative = nanoseconds < 0;
  const auto size = is_negative ? 0 - static_cast<std::uint64_t>(nanoseconds) : static_cast<std::uint64_t>(nanoseconds);
  std::string result = is_negative ? "-" : "";
  if (size < 1000) return result + std::to_string(size) + "ns";
  if (size < 1'000'000) return result + with_fraction(size, 1000) + "\xc2\xb5s";
  if (size < second) return result + with_fraction(size, 1'000'000) + "ms";
  const auto minutes = size / (60 * second);
  if (minutes >= 60) result += std::to_string(minutes / 60) + "h";
  if (minutes > 0) result += std::to_string(minutes % 60) + "m";
  return result + with_fraction(size % (60 * second), second) + "s";
}

namespace {

std::optional<std::int64_t> read_duration_or_why(std::string_view text, std::string& why) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text == "0") return 0;
  if (text.empty()) return {};
  std::uint64_t sum = 0;
  while (!text.empty()) {
    if (text[0] != '.' && !is_digit(text[0])) return {};
    const auto part = read_part(text, why);
    if (!part) return {};
    sum += *part;
    if (sum > beyond) return {};
  }
  if (is_negative) return static_cast<std::int64_t>(0 - sum);
  if (sum == beyond) return {};
  return static_cast<std::int64_t>(sum);
}

}  // namespace

std::optional<std::int64_t> read_duration(std::string_view text) {
  std::string why;
  return read_duration_or_why(text, why);
}

std::string why_no_duration(std::string_view text) {
  std::string why = "invalid duration";
  read_duration_or_why(text, why);
  return "time: " + why + " " + quoted_in_time(text);
}

}  // namespace drcon::templating::sprig
