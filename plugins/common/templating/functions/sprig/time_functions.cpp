// sprig: lengths of time. What asks the clock or the time zone is not there.
#include "common/templating/format/number.hpp"
#include "common/templating/functions/sprig/duration.hpp"
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/invocation.hpp"

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

value call_duration(invocation& in, arguments all) {
  std::int64_t seconds = 0;
  if (all[0].is(kind::text)) seconds = read_signed(all[0].text(), 10).number;
  if (all[0].is(kind::integer64)) seconds = all[0].whole();
  const auto nanoseconds = static_cast<std::uint64_t>(seconds) * 1'000'000'000U;
  return in.text(duration_text(static_cast<std::int64_t>(nanoseconds)));
}

value call_duration_round(invocation& in, arguments all) {
  std::int64_t duration = 0;
  if (all[0].is(kind::text)) duration = read_duration(all[0].text()).value_or(0);
  if (all[0].is(kind::integer64)) duration = all[0].whole();
  const auto size = duration < 0 ? 0 - static_cast<std::uint64_t>(duration) : static_cast<std::uint64_t>(duration);
  constexpr std::uint64_t second = 1'000'000'000;
  constexpr std::uint64_t hour = 3600 * second;
  struct unit {
    std::uint64_t size;
    const char* name;
  };
  for (const auto& each : {unit{hour * 24 * 365, "y"}, unit{hour * 24 * 30, "mo"}, unit{hour * 24, "d"},
                           unit{hour, "h"}, unit{60 * second, "m"}, unit{second, "s"}})
    if (size > each.size) return in.text(std::to_string(size / each.size) + each.name);
  return value(std::string_view("0s"));
}

constexpr parameter any[] = {takes::any};

constexpr function all_functions[] = {
    {"sprig_duration", any, false, call_duration, "SECONDS", "as hours, minutes and seconds: 1h1m5s"},
    {"sprig_durationRound", any, false, call_duration_round, "DURATION", "in its largest unit: 2h10m5s is 2h"},
};

}  // namespace

std::span<const function> time_functions() { return all_functions; }

}  // namespace drcon::templating::sprig
