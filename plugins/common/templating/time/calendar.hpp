// The calendar as Go's time package has it: Gregorian for all time, in days and seconds since 1970.
//
// Pure functions.
#pragma once

#include <cstdint>

namespace drcon::templating {

constexpr std::int64_t seconds_of_day = 86'400;
constexpr std::int64_t nanoseconds_of_second = 1'000'000'000;

struct date {
  std::int64_t year = 1970;
  int month = 1;
  int day = 1;
};

bool is_leap(std::int64_t year);
int days_in(std::int64_t year, int month);
/// How many days of a year that is no leap year lie before the month, which may be 13.
int days_before(int month);

/// Since the first of January 1970.
std::int64_t days_of(const date& of);
date date_of(std::int64_t days);
/// Sunday is 0.
int weekday_of(std::int64_t days);

/// Towards the past, where division goes towards 0.
constexpr std::int64_t floor_of(std::int64_t number, std::int64_t by) {
  return number / by - (number % by < 0 ? 1 : 0);
}

/// Without regard to what is beyond the range: it begins again at the other end.
constexpr std::int64_t sum(std::int64_t left, std::int64_t right) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) + static_cast<std::uint64_t>(right));
}

}  // namespace drcon::templating
