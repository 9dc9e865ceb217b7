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

std::string invocation::excess_of(std::span<const value> given, std::uint64_t count, std::string_view unit) {
  const auto* oversees = around_.oversees;
  if (oversees == nullptr) return {};
  const auto origin = oversees->known().of_all(given);
  if (origin == origins::none) return {};
  if (count > most_that_data_asks_for)
    return "data asks for " + std::to_string(count) + " " + std::string(unit) + ", more than " +
           std::to_string(most_that_data_asks_for);
  if (!oversees->may_ask(origin, count, memory_))
    throw left_out("all data together asks for more than " + std::to_string(most_that_all_data_asks_for) +
                   " rounds of loops and bytes of repeated texts");
  return {};
}

}  // namespace drcon::templating
