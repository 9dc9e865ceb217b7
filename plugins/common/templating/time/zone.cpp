#include "common/templating/time/zone.hpp"

#include "common/templating/digit.hpp"
#include "common/templating/time/calendar.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace drcon::templating {
namespace {

// --- the rule at the end of a file, in the form of POSIX: CET-1CEST,M3.5.0,M10.5.0/3

// Takes parts from the front of a rule. A part that is not as it has to be makes the whole rule void.
class rule_reader {
public:
  explicit rule_reader(std::string_view text) : rest_(text) {}

  std::optional<zone_rule> read() {
    zone_rule result;
    result.usual = {.name = name(), .offset = -offset(), .is_summer = false};
    if (is_void_) return {};
    if (rest_.empty() || rest_[0] == ',') return result;
    result.has_summer = true;
    result.summer = {.name = name(), .offset = result.usual.offset + 3600, .is_summer = true};
    if (is_void_) return {};
    if (!rest_.empty() && rest_[0] != ',') result.summer.offset = -offset();
    if (rest_.empty()) rest_ = ",M3.2.0,M11.1.0";
    if (!skip(',') && !skip(';')) return {};
    result.start = turn();
    need(',');
    result.end = turn();
    if (is_void_ || !rest_.empty()) return {};
    return result;
  }

private:
  bool skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void need(char c) { is_void_ = !skip(c) || is_void_; }

  std::string_view name() {
    const bool is_marked = skip('<');
    const auto end = std::min(rest_.find_first_of(is_marked ? ">" : "0123456789,-+"), rest_.size());
    const auto result = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (is_marked) need('>');
    else if (result.size() < 3) is_void_ = true;
    return result;
  }

  int number(int least, int most) {
    int result = 0;
    std::size_t digits = 0;
    for (; digits < rest_.size() && is_digit(rest_[digits]) && result <= most; ++digits)
      result = result * 10 + (rest_[digits] - '0');
    rest_.remove_prefix(digits);
    if (digits == 0 || result < least || result > most) is_void_ = true;
    return result;
  }

  // Hours, which may go on with minutes and seconds.
  std::int64_t offset() {
    const bool is_negative = rest_.starts_with('-');
    if (!skip('-')) skip('+');
    std::int64_t result = number(0, 24 * 7) * 3600;
    if (skip(':')) {
      result += number(0, 59) * 60;
      if (skip(':')) result += number(0, 59);
    }
    return is_negative ? -result : result;
  }

  zone_turn turn() {
    zone_turn result;
    if (skip('J')) {
      result.by = zone_turn::form::day_without_leap;
      result.day = number(1, 365);
    } else if (skip('M')) {
      result.by = zone_turn::form::weekday;
      result.month = number(1, 12);
      need('.');
      result.week = number(1, 5);
      need('.');
      result.day = number(0, 6);
    } else {
      result.day = number(0, 365);
    }
    if (skip('/')) result.time = offset();
    return result;
  }

  std::string_view rest_;
  bool is_void_ = false;
};

// When that is, in seconds since the year began.
std::int64_t time_of(const zone_turn& turn, std::int64_t year, std::int64_t offset) {
  std::int64_t day = turn.day;
  if (turn.by == zone_turn::form::day_without_leap) {
    day += is_leap(year) && turn.day >= 60 ? 0 : -1;
  } else if (turn.by == zone_turn::form::weekday) {
    const auto first = days_of({.year = year, .month = turn.month, .day = 1});
    int in_month = (turn.day - weekday_of(first) + 7) % 7;
    for (int week = 1; week < turn.week && in_month + 7 < days_in(year, turn.month); ++week) in_month += 7;
    day = first - days_of({.year = year, .month = 1, .day = 1}) + in_month;
  }
  return day * seconds_of_day + turn.time - offset;
}

zone_state by_rule(const zone_rule& rule, std::int64_t last_change, std::int64_t seconds) {
  if (!rule.has_summer) return {.shown = rule.usual, .start = last_change};
  const auto year = date_of(floor_of(seconds, seconds_of_day)).year;
  const auto year_start = days_of({.year = year, .month = 1, .day = 1}) * seconds_of_day;
  auto start = time_of(rule.start, year, rule.usual.offset);
  auto end = time_of(rule.end, year, rule.summer.offset);
  auto outside = rule.usual;
  auto between = rule.summer;
  // In the south the summer is around the end of the year.
  if (end < start) {
    std::swap(start, end);
    std::swap(outside, between);
  }
  const auto in_year = seconds - year_start;
  // The last year that can be counted ends beyond what can be.
  const auto at = [year_start](std::int64_t time) { return sum(year_start, time); };
  if (in_year < start) return {.shown = outside, .start = year_start, .end = at(start)};
  if (in_year < end) return {.shown = between, .start = at(start), .end = at(end)};
  return {.shown = outside, .start = at(end), .end = at(365 * seconds_of_day)};
}

// --- the file

class file_reader {
public:
  explicit file_reader(std::string_view bytes) : rest_(bytes) {}

  std::string_view take(std::size_t count) {
    if (count > rest_.size()) {
      is_short_ = true;
      count = 0;
    }
    const auto result = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return result;
  }
  bool is_short() const { return is_short_; }
  std::string_view rest() const { return rest_; }

private:
  std::string_view rest_;
  bool is_short_ = false;
};

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t result = 0;
  for (const char each : bytes) result = result << 8U | static_cast<unsigned char>(each);
  return result;
}

struct counts {
  std::size_t of_utc = 0;
  std::size_t of_standard = 0;
  std::size_t leaps = 0;
  std::size_t changes = 0;
  std::size_t kinds = 0;
  std::size_t letters = 0;
};

counts read_counts(file_reader& file) {
  const auto next = [&file] { return static_cast<std::size_t>(big_endian(file.take(4))); };
  counts result;
  for (auto* each :
       {&result.of_utc, &result.of_standard, &result.leaps, &result.changes, &result.kinds, &result.letters})
    *each = next();
  return result;
}

struct file_parts {
  std::string_view times;
  std::string_view kinds_of_changes;
  std::string_view kinds;
  std::string_view letters;
};

file_parts read_parts(file_reader& file, const counts& of, std::size_t time_size) {
  file_parts result;
  result.times = file.take(of.changes * time_size);
  result.kinds_of_changes = file.take(of.changes);
  result.kinds = file.take(of.kinds * 6);
  result.letters = file.take(of.letters);
  file.take(of.leaps * (time_size + 4) + of.of_standard + of.of_utc);
  return result;
}

std::optional<std::vector<zone_kind>> kinds_in(const file_parts& of, memory& scratch) {
  std::vector<zone_kind> result;
  for (std::size_t i = 0; i < of.kinds.size(); i += 6) {
    const auto name = static_cast<unsigned char>(of.kinds[i + 5]);
    if (name >= of.letters.size()) return {};
    const auto letters = of.letters.substr(name);
    result.push_back({.name = scratch.keep(letters.substr(0, letters.find('\0'))),
                      .offset = static_cast<std::int32_t>(big_endian(of.kinds.substr(i, 4))),
                      .is_summer = of.kinds[i + 4] != 0});
  }
  return result;
}

std::optional<std::vector<zone_change>> changes_in(const file_parts& of, std::size_t time_size, std::size_t kinds) {
  std::vector<zone_change> result;
  for (std::size_t i = 0; i < of.kinds_of_changes.size(); ++i) {
    const auto time = big_endian(of.times.substr(i * time_size, time_size));
    const auto kind = static_cast<unsigned char>(of.kinds_of_changes[i]);
    if (kind >= kinds) return {};
    result.push_back(
        {.when = time_size == 4 ? static_cast<std::int32_t>(time) : static_cast<std::int64_t>(time), .kind = kind});
  }
  if (result.empty()) result.push_back({.when = std::numeric_limits<std::int64_t>::min(), .kind = 0});
  return result;
}

template <typename T>
std::span<const T> kept(const std::vector<T>& all, memory& scratch) {
  auto* place = static_cast<T*>(scratch.take(all.size() * sizeof(T), alignof(T)));
  std::uninitialized_copy(all.begin(), all.end(), place);
  return {place, all.size()};
}

// What clocks showed before the first change: the first kind, unless that is used later; then one that is no summer's.
const zone_kind& first_kind(const time_zone& of) {
  const auto is_used = std::ranges::any_of(of.changes, [](const zone_change& each) { return each.kind == 0; });
  if (!is_used) return of.kinds[0];
  if (const auto first = of.changes[0].kind; of.kinds[first].is_summer)
    for (auto i = first; i > 0; --i)
      if (!of.kinds[i - 1].is_summer) return of.kinds[i - 1];
  const auto usual = std::ranges::find(of.kinds, false, &zone_kind::is_summer);
  return usual == of.kinds.end() ? of.kinds[0] : *usual;
}

}  // namespace

const time_zone utc_zone;

zone_state time_zone::at(std::int64_t seconds) const {
  if (kinds.empty()) return {.shown = {.name = "UTC", .offset = 0, .is_summer = false}};
  const auto next = std::ranges::upper_bound(changes, seconds, {}, &zone_change::when);
  if (next == changes.begin()) return {.shown = first_kind(*this), .end = next->when};
  const auto last = std::prev(next);
  if (next != changes.end()) return {.shown = kinds[last->kind], .start = last->when, .end = next->when};
  if (has_rule) return by_rule(rule, last->when, seconds);
  return {.shown = kinds[last->kind], .start = last->when};
}

std::optional<std::int64_t> time_zone::offset_of(std::string_view name, std::int64_t shown) const {
  for (const auto& each : kinds) {
    if (each.name != name) continue;
    const auto then = at(sum(shown, -each.offset)).shown;
    if (then.name == name) return then.offset;
  }
  const auto found = std::ranges::find(kinds, name, &zone_kind::name);
  return found == kinds.end() ? std::nullopt : std::optional(found->offset);
}

const time_zone* fixed_zone(std::string_view name, std::int64_t offset, memory& scratch) {
  auto* result = scratch.make<time_zone>();
  result->kinds = kept<zone_kind>({{.name = scratch.keep(name), .offset = offset, .is_summer = false}}, scratch);
  result->changes = kept<zone_change>({{.when = std::numeric_limits<std::int64_t>::min(), .kind = 0}}, scratch);
  return result;
}

const time_zone* read_zone(std::string_view bytes, memory& scratch) {
  file_reader file(bytes);
  if (file.take(4) != "TZif") return nullptr;
  const auto head = file.take(16);
  if (head.empty() || (head[0] != '\0' && head[0] != '2' && head[0] != '3')) return nullptr;
  auto all = read_counts(file);
  std::size_t time_size = 4;
  // What is written again in 64 bits reaches further.
  if (head[0] != '\0') {
    read_parts(file, all, time_size);
    file.take(20);
    all = read_counts(file);
    time_size = 8;
  }
  const auto found = read_parts(file, all, time_size);
  if (file.is_short() || all.kinds == 0) return nullptr;
  const auto kinds = kinds_in(found, scratch);
  const auto changes = changes_in(found, time_size, all.kinds);
  if (!kinds || !changes) return nullptr;
  auto* result = scratch.make<time_zone>();
  result->kinds = kept(*kinds, scratch);
  result->changes = kept(*changes, scratch);
  const auto end = file.rest();
  if (end.size() > 2 && end.front() == '\n' && end.back() == '\n')
    if (const auto rule = rule_reader(scratch.keep(end.substr(1, end.size() - 2))).read()) {
      result->has_rule = true;
      result->rule = *rule;
    }
  return result;
}

}  // namespace drcon::templating
