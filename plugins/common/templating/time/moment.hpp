// A point in time with the zone that it is shown in: Go's time.Time.
//
// Thread rule: values; the zone lies in the memory of the rendering.
#pragma once

#include "common/templating/function.hpp"
#include "common/templating/time/zone.hpp"

#include <chrono>
#include <compare>
#include <cstdint>

namespace drcon::templating {

class invocation;

struct moment {
  std::int64_t seconds = -62'135'596'800;  // since 1970; Go's zero is the first of January of the year 1
  std::int64_t nanosecond = 0;             // 0 to 999,999,999
  const time_zone* zone = &utc_zone;

  bool is_zero() const { return *this <=> moment() == 0; }
  /// Which of two is earlier, wherever they are shown.
  std::strong_ordering operator<=>(const moment& other) const {
    if (const auto order = seconds <=> other.seconds; order != 0) return order;
    return nanosecond <=> other.nanosecond;
  }
  moment in(const time_zone& other) const { return {.seconds = seconds, .nanosecond = nanosecond, .zone = &other}; }
  moment after(std::int64_t nanoseconds) const;
  /// In nanoseconds, at most what fits.
  std::int64_t since(const moment& other) const;
};

/// What clocks show.
struct clock_time {
  std::int64_t year = 1;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t nanosecond = 0;
};

/// When clocks of the zone show that. Months, days and hours beyond their range count on.
moment moment_at(const clock_time& shown, const time_zone& zone);
moment moment_of(std::chrono::system_clock::time_point time);
clock_time clock_of(const moment& of);

/// The surroundings' clock.
moment now_of(const invocation& in);
/// "UTC", "Local", or as the database has it. Nothing where there is none of that name.
const time_zone* zone_named(invocation& in, std::string_view name);
const time_zone& local_zone(invocation& in);

value time_value(invocation& in, const moment& of);
bool is_time(const value& of);
/// Of what is_time().
const moment& moment_in(const value& of);

inline constexpr parameter takes_time{parameter::form::structure, "time.Time"};

}  // namespace drcon::templating
