// What a source says.
#include "conformance/cases.hpp"

#include <array>

namespace drcon::conformance {
namespace {

using namespace std::chrono_literals;

// Lets it work until it has said something, and a little longer.
test_instance watched(const case_context& context) {
  auto one = context.make();
  one.create();
  one.start();
  one.host().wait_until([&] { return one.host().said_anything(); }, 3s);
  one.host().wait_until([&] { return !one.host().malformed().empty(); }, 300ms);
  return one;
}

void publishes_well_formed(const case_context& context) {
  auto one = watched(context);
  one.stop();
  if (const auto faults = one.host().malformed(); !faults.empty()) throw breach(faults.front());
}

void judge_without_data(const recorder& host, const std::string& why) {
  if (host.said_empty()) throw breach(why + ", and it published a service without endpoints");
  if (host.ready() && !host.said_unknown()) throw breach(why + ", and it said ready, and never unknown");
}

// A source that cannot reach its peer has no current data: what it publishes then would be taken for the truth. That
// it cannot is known in two ways: the author gave options for which it is so, or the source reports the state "away".
void error_is_not_empty(const case_context& context) {
  auto usual = watched(context);
  const bool is_away = usual.host().status().state == DRCON_STATE_AWAY;
  if (is_away) judge_without_data(usual.host(), "its state is away (" + usual.host().status().text + ")");
  usual.stop();
  if (is_away && context.unreachable.empty()) return;
  auto one = context.make_unreachable();
  one.create();
  one.start();
  one.host().wait_until([&] { return one.host().said_unknown() || one.host().said_empty(); }, 5s);
  one.host().wait_until([&] { return one.host().said_empty(); }, 300ms);
  judge_without_data(one.host(), "its peer cannot be reached (--unreachable)");
  if (!one.host().said_unknown() && one.host().status().state != DRCON_STATE_AWAY)
    throw breach("its peer cannot be reached (--unreachable), and it reported neither unknown nor the state away");
  one.stop();
}

constexpr std::array all_source_cases{
    test_case{
        scope::source, "publishes-well-formed",
        "What is published has the right sizes and strides, text in UTF-8, unique ids and keys, and possible ports.",
        "set .size and .endpoint_size by sizeof; publish the complete state of a service, each endpoint once", "stops",
        &publishes_well_formed},
    test_case{scope::source, "error-is-not-empty",
              "A source without current data reports unknown; it never publishes an empty service, or ready, because "
              "of an error.",
              "on an error call host->unknown with the reason, and nothing else", "stops", &error_is_not_empty},
};

}  // namespace

std::span<const test_case> source_cases() { return all_source_cases; }

}  // namespace drcon::conformance
