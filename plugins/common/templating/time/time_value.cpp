// Times as values of templates: time.Time with the methods that templates use.
#include "common/templating/invocation.hpp"
#include "common/templating/time/calendar.hpp"
#include "common/templating/time/layout.hpp"

#include <array>
#include <utility>

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

constexpr std::string_view shown = "2006-01-02 15:04:05.999999999 -0700 MST";

const moment& of(const void* self) { return *static_cast<const moment*>(self); }
const moment& self_of(const invocation& in) { return of(in.self()); }

std::string_view text_of(const void* self, memory& scratch) { return scratch.keep(time_text(of(self), shown)); }

std::string_view document_text_of(const void* self, memory& scratch) {
  return scratch.keep(time_text(of(self), rfc3339_with_fraction));
}

std::string_view json_fault_of(const void* self) {
  const auto year = clock_of(of(self)).year;
  if (year >= 0 && year <= 9999) return {};
  return "json: error calling MarshalJSON for type time.Time: Time.MarshalJSON: year outside of range [0,9999]";
}

// A number that has a name: time.Month and time.Weekday.
const object_class month_class{.type = "time.Month", .fields = {}, .text = [](const void* self, memory&) {
                                 return month_name(*static_cast<const int*>(self));
                               }};
const object_class weekday_class{.type = "time.Weekday", .fields = {}, .text = [](const void* self, memory&) {
                                   return weekday_name(*static_cast<const int*>(self));
                                 }};

std::int64_t days_since_1970(const moment& of) {
  const auto clock = clock_of(of);
  return days_of({.year = clock.year, .month = clock.month, .day = clock.day});
}

value call_format(invocation& in, arguments all) {
  in.spend(all[0].size() / 4 + 1);
  return in.text(time_text(self_of(in), all[0].text()));
}
value call_string(invocation& in, arguments) { return in.text(time_text(self_of(in), shown)); }
value call_unix(invocation& in, arguments) { return value::integer64(self_of(in).seconds); }

// Those two count on at the other end of their range, as Go's do.
std::int64_t in_parts(const moment& of, std::int64_t parts) {
  const auto whole = static_cast<std::uint64_t>(of.seconds) * static_cast<std::uint64_t>(parts);
  return sum(static_cast<std::int64_t>(whole), of.nanosecond / (1'000'000'000 / parts));
}
value call_unix_milli(invocation& in, arguments) { return value::integer64(in_parts(self_of(in), 1000)); }
value call_unix_nano(invocation& in, arguments) { return value::integer64(in_parts(self_of(in), 1'000'000'000)); }

value call_year(invocation& in, arguments) { return value::integer(clock_of(self_of(in)).year); }
value call_month(invocation& in, arguments) {
  return {in.scratch().make<int>(clock_of(self_of(in)).month), month_class};
}
value call_day(invocation& in, arguments) { return value::integer(clock_of(self_of(in)).day); }
value call_weekday(invocation& in, arguments) {
  return {in.scratch().make<int>(weekday_of(days_since_1970(self_of(in)))), weekday_class};
}
value call_year_day(invocation& in, arguments) {
  const auto& self = self_of(in);
  const auto first = days_of({.year = clock_of(self).year, .month = 1, .day = 1});
  return value::integer(days_since_1970(self) - first + 1);
}
value call_hour(invocation& in, arguments) { return value::integer(clock_of(self_of(in)).hour); }
value call_minute(invocation& in, arguments) { return value::integer(clock_of(self_of(in)).minute); }
value call_second(invocation& in, arguments) { return value::integer(clock_of(self_of(in)).second); }
value call_nanosecond(invocation& in, arguments) { return value::integer(self_of(in).nanosecond); }

value call_utc(invocation& in, arguments) { return time_value(in, self_of(in).in(utc_zone)); }
value call_local(invocation& in, arguments) {
  const auto self = self_of(in);
  return time_value(in, self.in(local_zone(in)));
}
value call_is_zero(invocation& in, arguments) { return value(self_of(in).is_zero()); }
value call_before(invocation& in, arguments all) { return value(self_of(in) < moment_in(all[0])); }
value call_after(invocation& in, arguments all) { return value(self_of(in) > moment_in(all[0])); }
value call_equal(invocation& in, arguments all) { return value((self_of(in) <=> moment_in(all[0])) == 0); }
value call_add(invocation& in, arguments all) { return time_value(in, self_of(in).after(all[0].whole())); }
value call_add_date(invocation& in, arguments all) {
  const auto& self = self_of(in);
  auto clock = clock_of(self);
  clock.year = sum(clock.year, all[0].whole());
  // More than these is no date of anybody's.
  constexpr std::int64_t most = 1'000'000'000;
  for (const auto& each : all)
    if (each.whole() > most || each.whole() < -most) throw failure("the date is too far away");
  clock.month += static_cast<int>(all[1].whole());
  clock.day += static_cast<int>(all[2].whole());
  return time_value(in, moment_at(clock, *self.zone));
}

constexpr parameter text[] = {takes::text};
constexpr parameter a_time[] = {takes_time};
constexpr parameter a_duration[] = {{parameter::form::integer64, "time.Duration"}};
constexpr parameter three_numbers[] = {takes::integer, takes::integer, takes::integer};

constexpr function methods[] = {
    {"Add", a_duration, false, call_add, "NANOSECONDS", "that much later"},
    {"AddDate", three_numbers, false, call_add_date, "YEARS MONTHS DAYS", "that much later"},
    {"After", a_time, false, call_after, "TIME", "whether it is later"},
    {"Before", a_time, false, call_before, "TIME", "whether it is earlier"},
    {"Day", {}, false, call_day, "", "of the month"},
    {"Equal", a_time, false, call_equal, "TIME", "whether both are the same moment"},
    {"Format", text, false, call_format, "LAYOUT", "as Go's layout says"},
    {"Hour", {}, false, call_hour, "", "0 to 23"},
    {"IsZero", {}, false, call_is_zero, "", "whether it is no time"},
    {"Local", {}, false, call_local, "", "in this machine's zone"},
    {"Minute", {}, false, call_minute, "", "0 to 59"},
    {"Month", {}, false, call_month, "", "its name"},
    {"Nanosecond", {}, false, call_nanosecond, "", "of the second"},
    {"Second", {}, false, call_second, "", "0 to 59"},
    {"String", {}, false, call_string, "", "with date, time and zone"},
    {"UTC", {}, false, call_utc, "", "in UTC"},
    {"Unix", {}, false, call_unix, "", "seconds since 1970"},
    {"UnixMilli", {}, false, call_unix_milli, "", "milliseconds since 1970"},
    {"UnixNano", {}, false, call_unix_nano, "", "nanoseconds since 1970"},
    {"Weekday", {}, false, call_weekday, "", "its name"},
    {"Year", {}, false, call_year, "", "such as 2006"},
    {"YearDay", {}, false, call_year_day, "", "of the year, from 1"},
};

template <std::size_t... I>
constexpr auto fields_of(std::index_sequence<I...>) {
  return std::array<field, sizeof...(I)>{field{.name = methods[I].name, .get = nullptr, .method = &methods[I]}...};
}
constexpr auto fields = fields_of(std::make_index_sequence<std::size(methods)>());

const object_class time_class{.type = takes_time.type,
                              .fields = fields,
                              .text = text_of,
                              .unshown = {},
                              .document_text = document_text_of,
                              .json_fault = json_fault_of};

}  // namespace

value time_value(invocation& in, const moment& of) { return {in.scratch().make<moment>(of), time_class}; }
bool is_time(const value& of) { return of.is(kind::object) && &of.as_object() == &time_class; }
const moment& moment_in(const value& of) { return *static_cast<const moment*>(of.self()); }

}  // namespace drcon::templating
