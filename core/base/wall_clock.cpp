#include "base/wall_clock.hpp"

#include <array>
#include <ctime>

namespace drcon::base {
namespace {

std::string formatted(const char* how, std::time_t when) {
  std::tm parts{};
  ::localtime_r(&when, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), how, &parts)};
}

}  // namespace

// With the zone: the log has UTC, and who compares the two should not have to guess.
std::string time_of_day(std::chrono::system_clock::time_point when) {
  const auto seconds = std::chrono::system_clock::to_time_t(when);
  const bool is_today = formatted("%F", seconds) == formatted("%F", std::time(nullptr));
  return formatted(is_today ? "%T %Z" : "%F %T %Z", seconds);
}

}  // namespace drcon::base
