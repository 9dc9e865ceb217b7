// "1 service", "2 services": a number with its noun, for messages.
//
// A pure function.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace drcon::common {

/// `thing` is the singular, of a word whose plural has an s.
std::string count_of(std::integral auto number, std::string_view thing) {
  return std::to_string(number) + ' ' + std::string(thing) + (number == 1 ? "" : "s");
}

}  // namespace drcon::common
