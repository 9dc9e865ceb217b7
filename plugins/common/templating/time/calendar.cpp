#include "common/templating/time/calendar.hpp"

#include <array>

namespace drcon::templating {
namespace {

// The years are counted from March here, so that the day which a leap year has more is their last one.
constexpr std::int64_t days_of_era = 146'097;          // of 400 years
constexpr std::int64_t first_march_to_1970 = 719'468;  // from the first of March of the year 0

}  // namespace

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_before(int month) {
  static constexpr std::array<int, 13> before{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};
  return before.at(static_cast<std::size_t>(month - 1));
}

int days_in(std::int64_t year, int month) {
  return days_before(month + 1) - days_before(month) + (month == 2 && is_leap(year) ? 1 : 0);
}

std::int64_t days_of(const date& of) {
  const auto year = of.year - (of.month <= 2 ? 1 : 0);
  const auto era = floor_of(year, 400);
  const auto in_era = year - era * 400;
  const auto month = (of.month + 9) % 12;
  const auto in_year = (153 * month + 2) / 5 + of.day - 1;
  return era * days_of_era + in_era * 365 + in_era / 4 - in_era / 100 + in_year - first_march_to_1970;
}

date date_of(std::int64_t days) {
  days += first_march_to_1970;
  const auto era = floor_of(days, days_of_era);
  const auto in_era = days - era * days_of_era;
  const auto year = (in_era - in_era / 1460 + in_era / 36'524 - in_era / 146'096) / 365;
  const auto in_year = static_cast<int>(in_era - (365 * year + year / 4 - year / 100));
  const auto month = (5 * in_year + 2) / 153;
  return {.year = era * 400 + year + (month >= 10 ? 1 : 0),
          .month = month >= 10 ? month - 9 : month + 3,
          .day = in_year - (153 * month + 2) / 5 + 1};
}

int weekday_of(std::int64_t days) {
  const auto since_thursday = days % 7;
  return static_cast<int>((since_thursday + 11) % 7);
}

}  // namespace drcon::templating
