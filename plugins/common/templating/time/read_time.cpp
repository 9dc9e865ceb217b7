// Times read by Go's layouts, with what Go forgives and refuses.
#include "common/templating/digit.hpp"
#include "common/templating/fault.hpp"
#include "common/templating/time/calendar.hpp"
#include "common/templating/time/layout.hpp"

#include <algorithm>
#include <optional>

namespace drcon::templating {
namespace {

bool is_digit_at(std::string_view text, std::size_t at) { return at < text.size() && templating::is_digit(text[at]); }
bool is_point(std::string_view text) { return text.starts_with('.') || text.starts_with(','); }

// Why a part of the text is not as the layout has it: it does not fit, or its number is out of a range.
struct refusal {
  std::string_view range;  // empty: it does not fit
};

std::string_view without_spaces(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(' '), text.size()));
}

bool is_same_letter(char left, char right) {
  if (left == right) return true;
  const auto small = static_cast<char>(left | 0x20);
  return small == static_cast<char>(right | 0x20) && small >= 'a' && small <= 'z';
}

// A whole text as a number, which may have a sign.
std::optional<int> whole_number(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  int result = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_digit_at(text, i)) return {};
    result = result * 10 + (text[i] - '0');
  }
  return is_negative ? -result : result;
}

// How long the offset is that the text begins with, such as +03: up to 23 hours; or 0.
std::size_t offset_length(std::string_view text) {
  if (!text.starts_with('-') && !text.starts_with('+')) return 0;
  std::size_t end = 1;
  int hours = 0;
  for (; is_digit_at(text, end); ++end) hours = std::min(24, hours * 10 + (text[end] - '0'));
  return end == 1 || hours > 23 ? 0 : end;
}

// How long the zone's name is that the text begins with, by its looks; or 0.
std::size_t zone_name_length(std::string_view text) {
  if (text.size() < 3) return 0;
  if (text.starts_with("ChST") || text.starts_with("MeST")) return 4;
  if (text.starts_with("GMT")) return 3 + offset_length(text.substr(3));
  if (text[0] == '+' || text[0] == '-') return offset_length(text);
  std::size_t letters = 0;
  while (letters < 6 && letters < text.size() && text[letters] >= 'A' && text[letters] <= 'Z') ++letters;
  const bool ends_in_t = letters > 0 && text[letters - 1] == 'T';
  const bool is_name =
      letters == 3 || (letters == 4 && (ends_in_t || text.starts_with("WITA"))) || (letters == 5 && ends_in_t);
  return is_name ? letters : 0;
}

class reader {
public:
  reader(std::string_view layout, std::string_view text, const time_zone& local, memory& scratch)
      : layout_(layout), text_(text), rest_(text), local_(local), scratch_(scratch) {}

  moment read() {
    for (auto layout = layout_;;) {
      const auto piece = first_piece(layout);
      skip(piece.before);
      if (piece.what == time_part::none) break;
      layout = piece.rest;
      take(piece, layout);
    }
    if (!rest_.empty()) fail(": extra text: " + quoted_in_time(rest_));
    if (is_second_half_ && clock_.hour < 12) clock_.hour += 12;
    else if (is_first_half_ && clock_.hour == 12) clock_.hour = 0;
    find_day();
    return result();
  }

private:
  [[noreturn]] void fail(const std::string& why) const { throw failure("parsing time " + quoted_in_time(text_) + why); }
  [[noreturn]] void fail_to_fit(std::string_view rest, std::string_view part) const {
    fail(" as " + quoted_in_time(layout_) + ": cannot parse " + quoted_in_time(rest) + " as " + quoted_in_time(part));
  }

  // What stands in the layout for itself. One space stands for any number of them.
  void skip(std::string_view wanted) {
    const auto whole = wanted;
    while (!wanted.empty()) {
      const bool is_space = wanted[0] == ' ';
      const bool fits = is_space ? rest_.empty() || rest_[0] == ' ' : rest_.starts_with(wanted[0]);
      if (!fits) fail_to_fit(rest_, whole);
      wanted = is_space ? without_spaces(wanted) : wanted.substr(1);
      rest_ = is_space ? without_spaces(rest_) : rest_.substr(1);
    }
  }

  void take(const layout_piece& piece, std::string_view behind) {
    const auto start = rest_;
    try {
      take_part(piece, behind);
    } catch (const refusal& why) {
      if (why.range.empty()) fail_to_fit(start, piece.text);
      fail(": " + std::string(why.range) + " out of range");
    }
  }

  void take_part(const layout_piece& piece, std::string_view behind) {
    switch (piece.what) {
      case time_part::hour: clock_.hour = in_range(number(false), 0, 23, "hour"); return;
      case time_part::half_day_hour: clock_.hour = in_range(number(false), 0, 12, "hour"); return;
      case time_part::half_day_hour_digits: clock_.hour = in_range(number(true), 0, 12, "hour"); return;
      case time_part::minute: clock_.minute = in_range(number(false), 0, 59, "minute"); return;
      case time_part::minute_digits: clock_.minute = in_range(number(true), 0, 59, "minute"); return;
      case time_part::second:
      case time_part::second_digits: take_second(piece.what == time_part::second_digits, behind); return;
      case time_part::half_of_day: take_half("AM", "PM"); return;
      case time_part::small_half_of_day: take_half("am", "pm"); return;
      case time_part::zone_name: take_zone_name(); return;
      case time_part::offset: take_offset(piece.text); return;
      case time_part::fraction: take_fraction(piece.text.size()); return;
      case time_part::short_fraction:
        if (is_point(rest_) && is_digit_at(rest_, 1)) take_fraction(point_and_digits());
        return;
      default: take_date(piece.what);
    }
  }

  void take_date(time_part part) {
    switch (part) {
      case time_part::year: take_year(); return;
      case time_part::year_digits: take_short_year(); return;
      case time_part::month_name: month_ = name(month_name, 1, 12, false); return;
      case time_part::month_abbreviation: month_ = name(month_name, 1, 12, true); return;
      case time_part::month_number: month_ = in_range(number(false), 1, 12, "month"); return;
      case time_part::month_digits: month_ = in_range(number(true), 1, 12, "month"); return;
      case time_part::weekday_name: name(weekday_name, 0, 6, false); return;
      case time_part::weekday_abbreviation: name(weekday_name, 0, 6, true); return;
      case time_part::day: day_ = number(false); return;
      case time_part::day_digits: day_ = number(true); return;
      case time_part::day_with_space:
        if (rest_.starts_with(' ')) rest_.remove_prefix(1);
        day_ = number(false);
        return;
      case time_part::day_of_year_with_spaces:
        for (int i = 0; i < 2 && rest_.starts_with(' '); ++i) rest_.remove_prefix(1);
        day_of_year_ = three_digits(false);
        return;
      default: day_of_year_ = three_digits(true);
    }
  }

  static int in_range(int number, int least, int most, std::string_view what) {
    if (number < least || number > most) throw refusal{what};
    return number;
  }

  // One digit or two; two of them where the layout has two.
  int number(bool has_two) {
    if (!is_digit_at(rest_, 0) || (has_two && !is_digit_at(rest_, 1))) throw refusal{};
    return *whole_number(taken(is_digit_at(rest_, 1) ? 2 : 1));
  }
  int three_digits(bool has_three) {
    std::size_t count = 0;
    while (count < 3 && is_digit_at(rest_, count)) ++count;
    if (count == 0 || (has_three && count != 3)) throw refusal{};
    return *whole_number(taken(count));
  }
  std::string_view taken(std::size_t count) {
    if (rest_.size() < count) throw refusal{};
    const auto result = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return result;
  }

  int name(std::string_view (*name_of)(int), int first, int last, bool is_short) {
    for (int i = first; i <= last; ++i) {
      const auto each = is_short ? name_of(i).substr(0, 3) : name_of(i);
      if (rest_.size() < each.size() || !std::equal(each.begin(), each.end(), rest_.begin(), is_same_letter)) continue;
      rest_.remove_prefix(each.size());
      return i;
    }
    throw refusal{};
  }

  void take_year() {
    if (!is_digit_at(rest_, 0)) throw refusal{};
    const auto year = whole_number(taken(4));
    if (!year) throw refusal{};
    clock_.year = *year;
  }
  // From 1969 to 2068.
  void take_short_year() {
    const auto year = whole_number(taken(2));
    if (!year) throw refusal{};
    clock_.year = *year + (*year >= 69 ? 1900 : 2000);
  }

  void take_half(std::string_view first, std::string_view second) {
    const auto half = taken(2);
    if (half == second) is_second_half_ = true;
    else if (half == first) is_first_half_ = true;
    else throw refusal{};
  }

  // With parts of a second, also where the layout has none.
  void take_second(bool has_two, std::string_view behind) {
    clock_.second = in_range(number(has_two), 0, 59, "second");
    if (!is_point(rest_) || !is_digit_at(rest_, 1)) return;
    const auto next = first_piece(behind).what;
    if (next != time_part::fraction && next != time_part::short_fraction) take_fraction(point_and_digits());
  }

  std::size_t point_and_digits() const {
    std::size_t size = 1;
    while (is_digit_at(rest_, size)) ++size;
    return size;
  }
  void take_fraction(std::size_t size) {
    auto part = taken(size);
    if (!is_point(part)) throw refusal{};
    part = part.substr(1, 9);
    const auto read = whole_number(part);
    if (!read) throw refusal{};
    clock_.nanosecond = in_range(*read, 0, 999'999'999, "fractional second");
    for (auto i = part.size(); i < 9; ++i) clock_.nanosecond *= 10;
  }

  void take_zone_name() {
    if (rest_.starts_with("UTC")) {
      rest_.remove_prefix(3);
      is_utc_ = true;
      return;
    }
    const auto length = zone_name_length(rest_);
    if (length == 0) throw refusal{};
    zone_name_ = taken(length);
  }

  void take_offset(std::string_view form) {
    if (form[0] == 'Z' && rest_.starts_with('Z')) {
      rest_.remove_prefix(1);
      is_utc_ = true;
      return;
    }
    const auto part = taken(form.size());
    for (std::size_t i = 0; i < form.size(); ++i)
      if (form[i] == ':' && part[i] != ':') throw refusal{};
    std::string digits(part.substr(1));
    std::erase(digits, ':');
    const auto has_digits = std::ranges::all_of(digits, [](char c) { return templating::is_digit(c); });
    // A part that is no number ends the reading of those behind it.
    const auto two = [&digits](std::size_t at) {
      for (std::size_t i = 0; i < std::min(at + 2, digits.size()); ++i)
        if (!is_digit_at(digits, i)) return 0;
      return at < digits.size() ? *whole_number(std::string_view(digits).substr(at, 2)) : 0;
    };
    if (two(4) > 60) throw refusal{"time zone offset second"};
    if (two(2) > 60) throw refusal{"time zone offset minute"};
    if (two(0) > 24) throw refusal{"time zone offset hour"};
    if (!has_digits || (part[0] != '+' && part[0] != '-')) throw refusal{};
    const auto offset = (two(0) * 60 + two(2)) * 60 + two(4);
    offset_ = part[0] == '-' ? -offset : offset;
  }

  // Of the year, where the text has that; and whether the month has such a day.
  void find_day() {
    if (day_of_year_ >= 0) {
      const auto days = days_of({.year = clock_.year, .month = 1, .day = 1}) + day_of_year_ - 1;
      const auto found = date_of(days);
      if (day_of_year_ < 1 || found.year != clock_.year) fail(": day-of-year out of range");
      if (month_ >= 0 && month_ != found.month) fail(": day-of-year does not match month");
      if (day_ >= 0 && day_ != found.day) fail(": day-of-year does not match day");
      month_ = found.month;
      day_ = found.day;
    }
    clock_.month = month_ < 0 ? 1 : month_;
    clock_.day = day_ < 0 ? 1 : day_;
    if (clock_.day < 1 || clock_.day > days_in(clock_.year, clock_.month)) fail(": day out of range");
  }

  moment result() const {
    if (is_utc_) return moment_at(clock_, utc_zone);
    const auto shown = moment_at(clock_, utc_zone);
    // An offset of one second is what Go takes for none.
    if (offset_ != -1) {
      const moment found{.seconds = shown.seconds - offset_, .nanosecond = shown.nanosecond, .zone = &local_};
      const auto here = local_.at(found.seconds).shown;
      if (here.offset == offset_ && (zone_name_.empty() || here.name == zone_name_)) return found;
      return found.in(*fixed_zone(zone_name_, offset_, scratch_));
    }
    if (zone_name_.empty()) return moment_at(clock_, local_);
    if (const auto offset = local_.offset_of(zone_name_, shown.seconds))
      return {.seconds = shown.seconds - *offset, .nanosecond = shown.nanosecond, .zone = &local_};
    // Nobody knows how far off such a zone is, but for GMT+3.
    const bool is_known = zone_name_.size() > 3 && zone_name_.starts_with("GMT");
    const std::int64_t offset = is_known ? *whole_number(zone_name_.substr(3)) * 3600 : 0;
    return shown.in(*fixed_zone(zone_name_, offset, scratch_));
  }

  std::string_view layout_;
  std::string_view text_;
  std::string_view rest_;
  const time_zone& local_;
  memory& scratch_;
  clock_time clock_{.year = 0};
  int month_ = -1;
  int day_ = -1;
  int day_of_year_ = -1;
  bool is_first_half_ = false;
  bool is_second_half_ = false;
  bool is_utc_ = false;
  std::int64_t offset_ = -1;
  std::string_view zone_name_;
};

}  // namespace

std::string quoted_in_time(std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || byte < ' ') {
      result += "\\x";
      result += digits[byte >> 4U];
      result += digits[byte & 0xfU];
      continue;
    }
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

moment read_time(std::string_view layout, std::string_view text, const time_zone& local, memory& scratch) {
  return reader(layout, text, local, scratch).read();
}

}  // namespace drcon::templating
