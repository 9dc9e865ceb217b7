// sprig: times and lengths of time. What time it is say the surroundings, and where a zone's clocks are.
#include "common/templating/format/number.hpp"
#include "common/templating/functions/sprig/duration.hpp"
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"
#include "common/templating/time/calendar.hpp"
#include "common/templating/time/layout.hpp"

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

constexpr auto second = nanoseconds_of_second;
constexpr std::string_view html_layout = "2006-01-02";

// A time, or seconds since 1970. Everything else is now.
moment any_moment(const invocation& in, const value& of) {
  if (is_time(of)) return moment_in(of);
  if (of.is_signed()) return {.seconds = of.whole(), .nanosecond = 0, .zone = &utc_zone};
  return now_of(in);
}

value shown(invocation& in, std::string_view layout, const value& time, const time_zone& zone) {
  in.spend(layout.size() / 4 + 1);
  return in.text(time_text(any_moment(in, time).in(zone), layout));
}
// A zone that is not known is UTC.
const time_zone& zone_or_utc(invocation& in, const value& name) {
  const auto* found = zone_named(in, name.text());
  return found == nullptr ? utc_zone : *found;
}

value call_now(invocation& in, arguments) { return time_value(in, now_of(in).in(local_zone(in))); }
value call_date(invocation& in, arguments all) { return shown(in, all[0].text(), all[1], local_zone(in)); }
value call_date_in_zone(invocation& in, arguments all) {
  return shown(in, all[0].text(), all[1], zone_or_utc(in, all[2]));
}
value call_html_date(invocation& in, arguments all) { return shown(in, html_layout, all[0], local_zone(in)); }
value call_html_date_in_zone(invocation& in, arguments all) {
  return shown(in, html_layout, all[0], zone_or_utc(in, all[1]));
}

value call_date_modify(invocation& in, arguments all) {
  const auto by = read_duration(all[0].text());
  return by ? time_value(in, moment_in(all[1]).after(*by)) : all[1];
}
value call_must_date_modify(invocation& in, arguments all) {
  const auto by = read_duration(all[0].text());
  if (!by) throw failure(why_no_duration(all[0].text()));
  return time_value(in, moment_in(all[1]).after(*by));
}

// Go does not round what is too long to be counted in nanoseconds.
std::int64_t rounded_to_seconds(std::int64_t nanoseconds) {
  const auto rest = nanoseconds % second;
  const auto down = nanoseconds - rest;
  if (rest * 2 >= second) return down > INT64_MAX - second ? INT64_MAX : down + second;
  if (rest * 2 <= -second) return down < INT64_MIN + second ? INT64_MIN : down - second;
  return down;
}

value call_ago(invocation& in, arguments all) {
  return in.text(duration_text(rounded_to_seconds(now_of(in).since(any_moment(in, all[0])))));
}

moment read(invocation& in, arguments all) {
  in.spend(all[0].size() / 4 + all[1].size() / 16 + 1);
  return read_time(all[0].text(), all[1].text(), local_zone(in), in.scratch());
}
value call_to_date(invocation& in, arguments all) {
  try {
    return time_value(in, read(in, all));
  } catch (const limit_reached&) {
    throw;
  } catch (const failure&) {
    return time_value(in, {});
  }
}
value call_must_to_date(invocation& in, arguments all) { return time_value(in, read(in, all)); }
value call_unix_epoch(invocation& in, arguments all) { return in.text(std::to_string(moment_in(all[0]).seconds)); }

value call_duration(invocation& in, arguments all) {
  std::int64_t seconds = 0;
  if (all[0].is(kind::text)) seconds = read_signed(all[0].text(), 10).number;
  if (all[0].is(kind::integer64)) seconds = all[0].whole();
  const auto nanoseconds = static_cast<std::uint64_t>(seconds) * static_cast<std::uint64_t>(second);
  return in.text(duration_text(static_cast<std::int64_t>(nanoseconds)));
}

value call_duration_round(invocation& in, arguments all) {
  std::int64_t duration = 0;
  if (all[0].is(kind::text)) duration = read_duration(all[0].text()).value_or(0);
  if (all[0].is(kind::integer64)) duration = all[0].whole();
  if (is_time(all[0])) duration = now_of(in).since(moment_in(all[0]));
  const auto size = duration < 0 ? 0 - static_cast<std::uint64_t>(duration) : static_cast<std::uint64_t>(duration);
  constexpr std::uint64_t hour = std::uint64_t{3600} * second;
  struct unit {
    std::uint64_t size;
    const char* name;
  };
  for (const auto& each : {unit{hour * 24 * 365, "y"}, unit{hour * 24 * 30, "mo"}, unit{hour * 24, "d"},
                           unit{hour, "h"}, unit{60 * second, "m"}, unit{second, "s"}})
    if (size > each.size) return in.text(std::to_string(size / each.size) + each.name);
  return value(std::string_view("0s"));
}

constexpr parameter text_and_time[] = {takes::text, takes_time};
constexpr parameter a_time[] = {takes_time};

constexpr std::string_view modified = "that much later, such as -1h30m; the time itself where that is no duration";
constexpr std::string_view must_be_modified = "that much later, such as -1h30m";
constexpr std::string_view in_zone = "by Go's layout, in a zone such as Europe/Berlin; an unknown one is UTC";

constexpr function time_table[] = {
    {"sprig_ago", expects::any, false, call_ago, "TIME", "how long ago it was, in whole seconds: 1h1m5s"},
    {"sprig_date", expects::text_and_any, false, call_date, "LAYOUT TIME", "by Go's layout, in this machine's zone"},
    {"sprig_dateInZone", expects::text_any_text, false, call_date_in_zone, "LAYOUT TIME ZONE", in_zone},
    {"sprig_dateModify", text_and_time, false, call_date_modify, "DURATION TIME", modified},
    {"sprig_date_in_zone", expects::text_any_text, false, call_date_in_zone, "LAYOUT TIME ZONE", in_zone},
    {"sprig_date_modify", text_and_time, false, call_date_modify, "DURATION TIME", modified},
    {"sprig_duration", expects::any, false, call_duration, "SECONDS", "as hours, minutes and seconds: 1h1m5s"},
    {"sprig_durationRound", expects::any, false, call_duration_round, "DURATION",
     "in its largest unit: 2h10m5s is 2h; of a time: how long ago it was"},
    {"sprig_htmlDate", expects::any, false, call_html_date, "TIME", "2006-01-02, in this machine's zone"},
    {"sprig_htmlDateInZone", expects::any_and_text, false, call_html_date_in_zone, "TIME ZONE",
     "2006-01-02, in a zone such as Europe/Berlin"},
    {"sprig_mustDateModify", text_and_time, false, call_must_date_modify, "DURATION TIME", must_be_modified},
    {"sprig_mustToDate", expects::two_texts, false, call_must_to_date, "LAYOUT TEXT", "the time that the text says"},
    {"sprig_must_date_modify", text_and_time, false, call_must_date_modify, "DURATION TIME", must_be_modified},
    {"sprig_now", {}, false, call_now, "", "the time, in this machine's zone"},
    {"sprig_toDate", expects::two_texts, false, call_to_date, "LAYOUT TEXT",
     "the time that the text says; the first day of the year 1 where it says none"},
    {"sprig_unixEpoch", a_time, false, call_unix_epoch, "TIME", "seconds since 1970"},
};

}  // namespace

std::span<const function> time_functions() { return time_table; }

}  // namespace drcon::templating::sprig
