#include "common/templating/time/moment.hpp"

#include "common/templating/invocation.hpp"
#include "common/templating/time/calendar.hpp"

namespace drcon::templating {
moment moment::after(std::int64_t nanoseconds) const {
  const auto all = nanosecond + nanoseconds % nanoseconds_of_second;
  const auto carried = floor_of(all, nanoseconds_of_second);
  return {.seconds = sum(sum(seconds, nanoseconds / nanoseconds_of_second), carried),
          .nanosecond = all - carried * nanoseconds_of_second,
          .zone = zone};
}

std::int64_t moment::since(const moment& other) const {
  std::int64_t result = 0;
  if (__builtin_sub_overflow(seconds, other.seconds, &result) ||
      __builtin_mul_overflow(result, nanoseconds_of_second, &result) ||
      __builtin_add_overflow(result, nanosecond - other.nanosecond, &result))
    return *this < other ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  return result;
}

moment moment_at(const clock_time& shown, const time_zone& zone) {
  const auto month = shown.year * 12 + shown.month - 1;
  const auto year = floor_of(month, 12);
  const auto days = days_of({.year = year, .month = static_cast<int>(month - year * 12) + 1, .day = 1}) + shown.day - 1;
  const auto midnight = static_cast<std::uint64_t>(days) * static_cast<std::uint64_t>(seconds_of_day);
  const auto clocks = sum(static_cast<std::int64_t>(midnight),
                          std::int64_t{shown.hour} * 3600 + std::int64_t{shown.minute} * 60 + shown.second);
  // What the zone says about the same time in Greenwich is right but near a change.
  const auto guess = zone.at(clocks);
  auto offset = guess.shown.offset;
  if (const auto real = sum(clocks, -offset); offset != 0 && (real < guess.start || real >= guess.end))
    offset = zone.at(real).shown.offset;
  return {.seconds = sum(clocks, -offset), .nanosecond = shown.nanosecond, .zone = &zone};
}

moment moment_of(std::chrono::system_clock::time_point time) {
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  const auto seconds = floor_of(nanoseconds, nanoseconds_of_second);
  return {.seconds = seconds, .nanosecond = nanoseconds - seconds * nanoseconds_of_second, .zone = &utc_zone};
}

clock_time clock_of(const moment& of) {
  const auto shown = sum(of.seconds, of.zone->at(of.seconds).shown.offset);
  const auto days = floor_of(shown, seconds_of_day);
  const auto day = date_of(days);
  const auto in_day = static_cast<int>(shown - days * seconds_of_day);
  return {.year = day.year,
          .month = day.month,
          .day = day.day,
          .hour = in_day / 3600,
          .minute = in_day / 60 % 60,
          .second = in_day % 60,
          .nanosecond = of.nanosecond};
}

moment now_of(const invocation& in) { return moment_of(in.around().now.value_or(std::chrono::system_clock::now())); }

const time_zone* zone_named(invocation& in, std::string_view name) {
  if (name.empty() || name == "UTC") return &utc_zone;
  if (const auto known = in.zones().find(name); known != in.zones().end()) return known->second;
  // A name is no path: it stays within the database.
  constexpr std::string_view not_in_names("\0", 1);
  const bool is_refused = name.starts_with('/') || name.starts_with('\\') ||
                          name.find("..") != std::string_view::npos ||
                          name.find(not_in_names) != std::string_view::npos;
  // Somebody may have data with thousands of names.
  in.spend(1000);
  const time_zone* found = nullptr;
  if (!is_refused && in.around().zone_file)
    if (const auto bytes = in.around().zone_file(name)) found = read_zone(*bytes, in.scratch());
  in.zones().emplace(name, found);
  return found;
}

const time_zone& local_zone(invocation& in) {
  const auto* found = zone_named(in, "Local");
  return found == nullptr ? utc_zone : *found;
}

}  // namespace drcon::templating
