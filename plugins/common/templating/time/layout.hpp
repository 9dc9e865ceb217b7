// Go's layouts of times: the text that 2 January 2006, 15:04:05 would have. Other times are written and read by them.
//
// Pure functions.
#pragma once

#include "common/templating/time/moment.hpp"

#include <string>
#include <string_view>

namespace drcon::templating {

/// What a part of a layout stands for.
enum class time_part : std::uint8_t {
  none,
  month_name,
  month_abbreviation,
  month_number,
  month_digits,
  weekday_name,
  weekday_abbreviation,
  day,
  day_with_space,
  day_digits,
  day_of_year_with_spaces,
  day_of_year_digits,
  hour,
  half_day_hour,
  half_day_hour_digits,
  minute,
  minute_digits,
  second,
  second_digits,
  year,
  year_digits,
  half_of_day,
  small_half_of_day,
  zone_name,
  offset,  // how it is written says the part's text: -07:00, Z0700 …
  fraction,
  short_fraction,
};

/// The first part of a layout, what is in front of it, and what is behind it.
struct layout_piece {
  std::string_view before;
  time_part what = time_part::none;
  std::string_view text;
  std::string_view rest;
};
layout_piece first_piece(std::string_view layout);

std::string time_text(const moment& of, std::string_view layout);

/// Throws a failure that says what does not fit, as Go says it. What has no zone is of `local`; a zone that the text
/// names and `local` does not have is made in the memory.
moment read_time(std::string_view layout, std::string_view text, const time_zone& local, memory& scratch);

constexpr std::string_view rfc3339 = "2006-01-02T15:04:05Z07:00";
constexpr std::string_view rfc3339_with_fraction = "2006-01-02T15:04:05.999999999Z07:00";

/// As Go's time package quotes in its messages: byte by byte.
std::string quoted_in_time(std::string_view text);

std::string_view month_name(int month);
std::string_view weekday_name(int weekday);

}  // namespace drcon::templating
