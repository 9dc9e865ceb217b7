#include "common/templating/time/layout.hpp"

#include "common/templating/digit.hpp"
#include "common/templating/time/calendar.hpp"

#include <algorithm>
#include <array>

namespace drcon::templating {
namespace {

constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

// Each in front of those that it begins with.
struct known_part {
  std::string_view text;
  time_part what;
};
constexpr known_part known_parts[] = {
    {"January", time_part::month_name},
    {"Jan", time_part::month_abbreviation},
    {"Monday", time_part::weekday_name},
    {"Mon", time_part::weekday_abbreviation},
    {"MST", time_part::zone_name},
    {"002", time_part::day_of_year_digits},
    {"01", time_part::month_digits},
    {"02", time_part::day_digits},
    {"03", time_part::half_day_hour_digits},
    {"04", time_part::minute_digits},
    {"05", time_part::second_digits},
    {"06", time_part::year_digits},
    {"15", time_part::hour},
    {"1", time_part::month_number},
    {"2006", time_part::year},
    {"2", time_part::day},
    {"__2", time_part::day_of_year_with_spaces},
    {"_2", time_part::day_with_space},
    {"3", time_part::half_day_hour},
    {"4", time_part::minute},
    {"5", time_part::second},
    {"PM", time_part::half_of_day},
    {"pm", time_part::small_half_of_day},
    {"-070000", time_part::offset},
    {"-07:00:00", time_part::offset},
    {"-0700", time_part::offset},
    {"-07:00", time_part::offset},
    {"-07", time_part::offset},
    {"Z070000", time_part::offset},
    {"Z07:00:00", time_part::offset},
    {"Z0700", time_part::offset},
    {"Z07:00", time_part::offset},
    {"Z07", time_part::offset},
};

// .000 or .999, also with a comma: parts of a second, in front of what is no digit. How long it is, or 0.
std::size_t fraction_length(std::string_view layout) {
  if (layout.size() < 2 || (layout[0] != '.' && layout[0] != ',') || (layout[1] != '0' && layout[1] != '9')) return 0;
  const auto end = std::min(layout.find_first_not_of(layout[1], 1), layout.size());
  return end < layout.size() && is_digit(layout[end]) ? 0 : end;
}

// The part that the layout begins with.
known_part part_at(std::string_view layout) {
  if (const auto length = fraction_length(layout))
    return {layout.substr(0, length), layout[1] == '0' ? time_part::fraction : time_part::short_fraction};
  // _2006 is a low line and a year.
  if (layout.starts_with("_2006")) return {{}, time_part::none};
  for (const auto& each : known_parts) {
    if (!layout.starts_with(each.text)) continue;
    // "Jan" is no month within a word such as "Janus", and "Mon" no day in "Month".
    const bool is_name = each.what == time_part::month_abbreviation || each.what == time_part::weekday_abbreviation;
    if (is_name && layout.size() > 3 && layout[3] >= 'a' && layout[3] <= 'z') continue;
    return each;
  }
  return {{}, time_part::none};
}

std::string number(std::int64_t of, std::size_t width, char fill = '0') {
  auto digits = std::to_string(of);
  const std::size_t sign = of < 0 ? 1 : 0;
  if (digits.size() - sign < width) digits.insert(sign, width - (digits.size() - sign), fill);
  return digits;
}

std::string fraction(std::string_view layout, std::int64_t nanosecond) {
  auto digits = number(nanosecond, 9);
  digits.resize(std::min<std::size_t>(9, layout.size() - 1));
  if (layout[1] == '9') {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.empty()) return "";
  }
  return layout[0] + digits;
}

// In the form of the layout's -07:00 or Z07:00.
std::string offset_text(std::string_view layout, std::int64_t offset) {
  if (layout[0] == 'Z' && offset == 0) return "Z";
  const auto digits = std::ranges::count_if(layout, [](char c) { return is_digit(c); });
  const std::string between = layout.find(':') == std::string_view::npos ? "" : ":";
  const auto minutes = offset / 60;
  const bool is_negative = minutes < 0;
  auto result = (is_negative ? "-" : "+") + number(std::abs(minutes) / 60, 2);
  if (digits > 2) result += between + number(std::abs(minutes) % 60, 2);
  if (digits > 4) result += between + number((is_negative ? -offset : offset) % 60, 2);
  return result;
}

// A moment, taken apart once for all parts of a layout.
struct fields {
  clock_time clock;
  int day_of_year = 0;
  int weekday = 0;
  zone_kind zone;
};

fields fields_of(const moment& of) {
  fields result{.clock = clock_of(of), .zone = of.zone->at(of.seconds).shown};
  const auto days = days_of({.year = result.clock.year, .month = result.clock.month, .day = result.clock.day});
  result.day_of_year = static_cast<int>(days - days_of({.year = result.clock.year, .month = 1, .day = 1})) + 1;
  result.weekday = weekday_of(days);
  return result;
}

std::string date_text(const fields& of, time_part part) {
  const auto& clock = of.clock;
  switch (part) {
    case time_part::year: return number(clock.year, 4);
    case time_part::year_digits: return number(std::abs(clock.year) % 100, 2);
    case time_part::month_name: return std::string(month_name(clock.month));
    case time_part::month_abbreviation: return std::string(month_name(clock.month).substr(0, 3));
    case time_part::month_number: return number(clock.month, 1);
    case time_part::month_digits: return number(clock.month, 2);
    case time_part::weekday_name: return std::string(weekday_name(of.weekday));
    case time_part::weekday_abbreviation: return std::string(weekday_name(of.weekday).substr(0, 3));
    case time_part::day: return number(clock.day, 1);
    case time_part::day_with_space: return number(clock.day, 2, ' ');
    case time_part::day_digits: return number(clock.day, 2);
    case time_part::day_of_year_with_spaces: return number(of.day_of_year, 3, ' ');
    default: return number(of.day_of_year, 3);
  }
}

std::string part_text(const fields& of, const layout_piece& piece) {
  const auto& clock = of.clock;
  const auto half_day_hour = clock.hour % 12 == 0 ? 12 : clock.hour % 12;
  switch (piece.what) {
    case time_part::hour: return number(clock.hour, 2);
    case time_part::half_day_hour: return number(half_day_hour, 1);
    case time_part::half_day_hour_digits: return number(half_day_hour, 2);
    case time_part::minute: return number(clock.minute, 1);
    case time_part::minute_digits: return number(clock.minute, 2);
    case time_part::second: return number(clock.second, 1);
    case time_part::second_digits: return number(clock.second, 2);
    case time_part::half_of_day: return clock.hour >= 12 ? "PM" : "AM";
    case time_part::small_half_of_day: return clock.hour >= 12 ? "pm" : "am";
    case time_part::zone_name:
      return of.zone.name.empty() ? offset_text("-0700", of.zone.offset) : std::string(of.zone.name);
    case time_part::offset: return offset_text(piece.text, of.zone.offset);
    case time_part::fraction:
    case time_part::short_fraction: return fraction(piece.text, clock.nanosecond);
    default: return date_text(of, piece.what);
  }
}

}  // namespace

std::string_view month_name(int month) { return months.at(static_cast<std::size_t>(month - 1)); }
std::string_view weekday_name(int weekday) { return weekdays.at(static_cast<std::size_t>(weekday)); }

layout_piece first_piece(std::string_view layout) {
  for (std::size_t i = 0; i < layout.size(); ++i) {
    const auto found = part_at(layout.substr(i));
    if (found.what != time_part::none)
      return {.before = layout.substr(0, i),
              .what = found.what,
              .text = found.text,
              .rest = layout.substr(i + found.text.size())};
  }
  return {.before = layout, .what = time_part::none, .text = {}, .rest = {}};
}

std::string time_text(const moment& of, std::string_view layout) {
  const auto all = fields_of(of);
  std::string result;
  for (;;) {
    const auto piece = first_piece(layout);
    result += piece.before;
    if (piece.what == time_part::none) return result;
    result += part_text(all, piece);
    layout = piece.rest;
  }
}

}  // namespace drcon::templating
