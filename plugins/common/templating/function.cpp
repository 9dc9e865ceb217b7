#include "common/templating/function.hpp"

#include <algorithm>

namespace drcon::templating {
namespace {

std::string_view name_of(const function* of) { return of->name; }

}  // namespace

void function_table::add(std::span<const function> more) {
  for (const auto& each : more) {
    const auto place = std::ranges::lower_bound(all_, each.name, {}, name_of);
    if (place != all_.end() && (*place)->name == each.name) *place = &each;
    else all_.insert(place, &each);
  }
}

const function* function_table::find(std::string_view name) const {
  const auto place = std::ranges::lower_bound(all_, name, {}, name_of);
  return place == all_.end() || (*place)->name != name ? nullptr : *place;
}

}  // namespace drcon::templating
