#include "conformance/cases.hpp"

#include <algorithm>

namespace drcon::conformance {
namespace {

bool applies(const test_case& what, kind kind) {
  return what.of == scope::instance || (what.of == scope::source) == (kind == kind::source);
}

}  // namespace

std::string planned_case::needs() const {
  const std::string name = what->needs;
  const auto is_of_library =
      std::ranges::any_of(library_cases(), [&](const test_case& each) { return each.name == name; });
  return name.empty() || is_of_library ? name : std::string(to_string(*kind)) + "." + name;
}

std::vector<planned_case> plan(const std::vector<kind>& kinds) {
  std::vector<planned_case> all;
  for (const auto& group : {file_cases(), library_cases()})
    for (const auto& each : group) all.push_back({&each, {}});
  for (const auto kind : kinds)
    for (const auto& group : {option_cases(), life_cases(), source_cases(), sink_cases()})
      for (const auto& each : group)
        if (applies(each, kind)) all.push_back({&each, kind});
  return all;
}

}  // namespace drcon::conformance
