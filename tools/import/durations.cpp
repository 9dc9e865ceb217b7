#include "import/settings.hpp"

#include <cctype>
#include <cmath>

namespace drcon::importing {

namespace {

std::optional<double> unit_in_nanoseconds(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us" || unit == "µs") return 1e3;
  if (unit == "ms") return 1e6;
  if (unit == "s") return 1e9;
  if (unit == "m") return 60e9;
  if (unit == "h") return 3600e9;
  return {};
}

bool is_of_number(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == '.'; }

}  // namespace

std::optional<std::chrono::nanoseconds> read_duration(const std::string& text) {
  double sum = 0;
  std::size_t place = 0;
  if (text == "0") return std::chrono::nanoseconds(0);
  while (place < text.size()) {
    const auto number = place;
    while (place < text.size() && is_of_number(text[place])) ++place;
    const auto unit = place;
    while (place < text.size() && !is_of_number(text[place])) ++place;
    const auto factor = unit_in_nanoseconds(std::string_view(text).substr(unit, place - unit));
    if (unit == number || unit - number > 15 || !factor) return {};
    try {
      sum += std::stod(text.substr(number, unit - number)) * *factor;
    } catch (const std::exception&) {
      return {};
    }
  }
  if (text.empty() || sum > 3650.0 * 24 * 3600e9) return {};
  return std::chrono::nanoseconds(std::llround(sum));
}

std::string shown(std::chrono::nanoseconds duration) {
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
  if (milliseconds == 0) return "0s";
  if (milliseconds % 3'600'000 == 0) return std::to_string(milliseconds / 3'600'000) + "h";
  if (milliseconds % 60'000 == 0) return std::to_string(milliseconds / 60'000) + "m";
  if (milliseconds % 1000 == 0) return std::to_string(milliseconds / 1000) + "s";
  return std::to_string(milliseconds) + "ms";
}

std::optional<waiting> read_wait(const std::string& text) {
  const auto colon = text.find(':');
  waiting result;
  result.min = read_duration(text.substr(0, colon));
  if (!result.min) return {};
  // Consul Template's rule for one that has no longest time.
  result.max = colon == std::string::npos ? std::optional(*result.min * 4) : read_duration(text.substr(colon + 1));
  if (!result.max || *result.max < *result.min) return {};
  return result;
}

}  // namespace drcon::importing
