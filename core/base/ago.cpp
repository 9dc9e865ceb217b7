#include "base/ago.hpp"

#include "base/count_of.hpp"

namespace drcon::base {

std::string ago(std::chrono::system_clock::time_point when) {
  if (when == std::chrono::system_clock::time_point()) return "at a time that is not known";
  const auto age = std::chrono::system_clock::now() - when;
  if (const auto days = std::chrono::floor<std::chrono::days>(age).count(); days > 0)
    return count_of(days, "day") + " ago";
  if (const auto hours = std::chrono::floor<std::chrono::hours>(age).count(); hours > 0)
    return count_of(hours, "hour") + " ago";
  if (const auto minutes = std::chrono::floor<std::chrono::minutes>(age).count(); minutes > 0)
    return count_of(minutes, "minute") + " ago";
  return "less than a minute ago";
}

bool is_days_old(std::chrono::system_clock::time_point when) {
  return std::chrono::system_clock::now() - when > std::chrono::days(1);
}

}  // namespace drcon::base
