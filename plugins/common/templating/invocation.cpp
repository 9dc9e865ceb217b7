#include "common/templating/invocation.hpp"

#include <algorithm>

namespace drcon::templating {

void invocation::look_at_the_clock() {
  const auto& bounds = around_.bounds;
  if (steps_ > bounds.steps)
    throw limit_reached("the template takes more than " + std::to_string(bounds.steps) + " steps");
  const auto so_far = std::chrono::steady_clock::now() - start_;
  if (so_far > bounds.time)
    throw limit_reached("the template takes longer than " + std::to_string(bounds.time.count()) + " ms");
  if (around_.at_work) around_.at_work(so_far);
  next_look_ = std::min(steps_ + 20'000, bounds.steps + 1);
}

std::string invocation::excess_of(std::span<const value> given, std::uint64_t count, std::string_view unit) const {
  constexpr auto most = most_that_data_asks_for;
  const auto* oversees = around_.oversees;
  if (count <= most || oversees == nullptr || oversees->known().of_all(given) == origins::none) return {};
  return "data asks for " + std::to_string(count) + " " + std::string(unit) + ", more than " + std::to_string(most);
}

}  // namespace drcon::templating
