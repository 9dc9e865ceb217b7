#include "common/templating/fault.hpp"

#include <algorithm>

namespace drcon::templating {

position place_of(std::string_view text, std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line_start = before.rfind('\n');
  return {.line = 1 + static_cast<std::size_t>(std::ranges::count(before, '\n')),
          .column = 1 + before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1)};
}

std::string fault::message() const {
  return "template: " + name + ":" + std::to_string(where.line) + ":" + std::to_string(where.column) + ": " + text;
}

}  // namespace drcon::templating
