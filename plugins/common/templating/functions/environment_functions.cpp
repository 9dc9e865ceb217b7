// Functions that ask the surroundings: the environment, the clock, other templates of the same text.
#include "common/templating/functions/functions.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"
#include "common/templating/time/layout.hpp"

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

std::optional<std::string> environment(const invocation& in, std::string_view name) {
  return in.around().environment ? in.around().environment(name) : std::nullopt;
}

value call_env(invocation& in, arguments all) { return in.text(environment(in, all[0].text()).value_or("")); }

value call_must_env(invocation& in, arguments all) {
  const auto found = environment(in, all[0].text()).value_or("");
  if (found.empty()) throw failure("required environment variable " + std::string(all[0].text()) + " is empty");
  return in.text(found);
}

value call_env_or_default(invocation& in, arguments all) {
  const auto found = environment(in, all[0].text());
  return found ? in.text(*found) : all[1];
}

value call_timestamp(invocation& in, arguments all) {
  if (all.size() > 1)
    throw failure("timestamp: wrong number of arguments, expected 0 or 1, but got " + std::to_string(all.size()));
  const auto now = now_of(in);
  if (all.empty()) return in.text(time_text(now, rfc3339));
  if (all[0].text() != "unix") return in.text(time_text(now, all[0].text()));
  return in.text(std::to_string(now.seconds));
}

value call_execute_template(invocation& in, arguments all) {
  if (all.size() > 2)
    throw failure("executeTemplate: wrong number of arguments, expected 1 or 2, but got " + std::to_string(all.size()));
  const auto dot = all.size() == 1 || all[1].is(kind::nil) ? value() : all[1].in_any(false);
  return in.text(in.execute(all[0].text(), dot));
}

constexpr function environment_table[] = {
    {"env", expects::text, false, call_env, "NAME", "a variable of drcon's environment, or empty"},
    {"envOrDefault", expects::two_texts, false, call_env_or_default, "NAME DEFAULT",
     "a variable of drcon's environment"},
    {"executeTemplate", expects::text_and_any, true, call_execute_template, "NAME [VALUE]",
     "what a template that is defined in this file makes of the value"},
    {"mustEnv", expects::text, false, call_must_env, "NAME",
     "a variable of drcon's environment, which must be there and not empty"},
    {"timestamp", expects::text, true, call_timestamp, "[LAYOUT]",
     "the time in UTC: RFC 3339, seconds since 1970 for \"unix\", or as Go's layout says"},
};

}  // namespace

std::span<const function> environment_functions() { return environment_table; }

}  // namespace drcon::templating
