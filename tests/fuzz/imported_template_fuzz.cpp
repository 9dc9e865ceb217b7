// Any text as a template of Consul Template's: what it asks for is found, in bounded time, or there is a fault.
#include "common/templating/go/parser.hpp"
#include "fuzz/fuzzer.hpp"
#include "import/registry_functions.hpp"
#include "import/watches.hpp"

#include <memory>
#include <string>
#include <variant>

namespace drcon::fuzz {
namespace {

bool asks(std::string_view input) {
  const importing::functions_of_text functions(input);
  auto parsed = templating::go::parse("input", std::string(input), functions.table(), {});
  if (std::holds_alternative<templating::fault>(parsed)) return false;
  importing::report found;
  const auto asked = importing::find_asks(*std::get<0>(parsed), "input", found);
  const auto watched = importing::smallest(asked);
  importing::report_overlaps(watched, found);
  for (const auto& each : watched.services)
    if (each.which.text.empty() || each.reasons.empty())
      broken("a watch says of what, and why", "service '" + each.which.text + "' in " + std::string(input));
  for (const auto& each : watched.keys)
    if (each.path.empty() || each.path.starts_with('/') || each.reasons.empty())
      broken("a watch says of what, and why", "key '" + each.path + "' in " + std::string(input));
  if (asked.keys.size() < watched.keys.size()) broken("no more watches than questions");
  return !asked.services.empty() || !asked.keys.empty();
}

}  // namespace

bool is_sound(std::string_view input) { return asks(input); }

void try_input(std::string_view input) { asks(input); }

}  // namespace drcon::fuzz
