#include "common/templating/functions/time_layout.hpp"

#include <algorithm>
#include <array>

namespace drcon::templating {
namespace {

constexpr std::array months{"January", "February", "March",     "April",   "May",      "June",
                            "July",    "August",   "September", "October", "November", "December"};
constexpr std::array days{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

struct fields {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned weekday = 0;
  int of_year = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  long nanosecond = 0;
};

fields fields_of(std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  const auto midnight = floor<std::chrono::days>(time);
  const year_month_day date(midnight);
  const hh_mm_ss clock(duration_cast<nanoseconds>(time - midnight));
  return {.year = int(date.year()),
          .month = unsigned(date.month()),
          .day = unsigned(date.day()),
          .weekday = weekday(midnight).c_encoding(),
          .of_year = static_cast<int>((midnight - sys_days(date.year() / January / 1)).count()) + 1,
          .hour = static_cast<int>(clock.hours().count()),
          .minute = static_cast<int>(clock.minutes().count()),
          .second = static_cast<int>(clock.seconds().count()),
          .nanosecond = static_cast<long>(clock.subseconds().count())};
}

std::string number(long of, int width, char fill = '0') {
  auto digits = std::to_string(of);
  if (digits.size() < static_cast<std::size_t>(width))
    digits.insert(0, static_cast<std::size_t>(width) - digits.size(), fill);
  return digits;
}

// What stands for a part of the time, the longer ones in front of those that they begin with.
struct part {
  std::string_view layout;
  std::string (*text)(const fields& of);
};
constexpr part parts[] = {
    {"January", [](const fields& of) { return std::string(months[of.month - 1]); }},
    {"Jan", [](const fields& of) { return std::string(months[of.month - 1]).substr(0, 3); }},
    {"Monday", [](const fields& of) { return std::string(days[of.weekday]); }},
    {"Mon", [](const fields& of) { return std::string(days[of.weekday]).substr(0, 3); }},
    {"MST", [](const fields&) { return std::string("UTC"); }},
    {"002", [](const fields& of) { return number(of.of_year, 3); }},
    {"01", [](const fields& of) { return number(of.month, 2); }},
    {"02", [](const fields& of) { return number(of.day, 2); }},
    {"03", [](const fields& of) { return number(of.hour % 12 == 0 ? 12 : of.hour % 12, 2); }},
    {"04", [](const fields& of) { return number(of.minute, 2); }},
    {"05", [](const fields& of) { return number(of.second, 2); }},
    {"06", [](const fields& of) { return number(of.year % 100, 2); }},
    {"15", [](const fields& of) { return number(of.hour, 2); }},
    {"1", [](const fields& of) { return number(of.month, 1); }},
    {"2006", [](const fields& of) { return number(of.year, 4); }},
    {"2", [](const fields& of) { return number(of.day, 1); }},
    {"__2", [](const fields& of) { return number(of.of_year, 3, ' '); }},
    {"_2006", [](const fields& of) { return "_" + number(of.year, 4); }},
    {"_2", [](const fields& of) { return number(of.day, 2, ' '); }},
    {"3", [](const fields& of) { return number(of.hour % 12 == 0 ? 12 : of.hour % 12, 1); }},
    {"4", [](const fields& of) { return number(of.minute, 1); }},
    {"5", [](const fields& of) { return number(of.second, 1); }},
    {"PM", [](const fields& of) { return std::string(of.hour >= 12 ? "PM" : "AM"); }},
    {"pm", [](const fields& of) { return std::string(of.hour >= 12 ? "pm" : "am"); }},
    {"-07:00:00", [](const fields&) { return std::string("+00:00:00"); }},
    {"-070000", [](const fields&) { return std::string("+000000"); }},
    {"-07:00", [](const fields&) { return std::string("+00:00"); }},
    {"-0700", [](const fields&) { return std::string("+0000"); }},
    {"-07", [](const fields&) { return std::string("+00"); }},
    {"Z07:00:00", [](const fields&) { return std::string("Z"); }},
    {"Z070000", [](const fields&) { return std::string("Z"); }},
    {"Z07:00", [](const fields&) { return std::string("Z"); }},
    {"Z0700", [](const fields&) { return std::string("Z"); }},
    {"Z07", [](const fields&) { return std::string("Z"); }},
};

// .000 or .999, also with a comma: parts of a second, in front of what is no digit. How long it is, or 0.
std::size_t fraction_length(std::string_view layout) {
  if (layout.size() < 2 || (layout[0] != '.' && layout[0] != ',') || (layout[1] != '0' && layout[1] != '9')) return 0;
  const auto end = std::min(layout.find_first_not_of(layout[1], 1), layout.size());
  return end < layout.size() && layout[end] >= '0' && layout[end] <= '9' ? 0 : end;
}

std::string fraction(std::string_view layout, const fields& of) {
  auto digits = number(of.nanosecond, 9).substr(0, std::min<std::size_t>(9, layout.size() - 1));
  if (layout[1] == '9') {
    digits.erase(digits.find_last_not_of('0') + 1);
    if (digits.empty()) return "";
  }
  return layout[0] + digits;
}

}  // namespace

std::string time_text(std::chrono::system_clock::time_point time, std::string_view layout) {
  const auto now = fields_of(time);
  std::string result;
  while (!layout.empty()) {
    if (const auto length = fraction_length(layout)) {
      result += fraction(layout.substr(0, length), now);
      layout.remove_prefix(length);
      continue;
    }
    const part* found = nullptr;
    for (const auto& each : parts) {
      if (!layout.starts_with(each.layout)) continue;
      // "Jan" is no month within a word such as "January" misspelt, and "Mon" no day in "Month".
      const bool is_name = each.layout == "Jan" || each.layout == "Mon";
      if (is_name && layout.size() > 3 && layout[3] >= 'a' && layout[3] <= 'z') continue;
      found = &each;
      break;
    }
    if (found == nullptr) {
      result += layout.front();
      layout.remove_prefix(1);
    } else {
      result += found->text(now);
      layout.remove_prefix(found->layout.size());
    }
  }
  return result;
}

}  // namespace drcon::templating
