#include "import/held.hpp"

#include <algorithm>

namespace drcon::importing {
namespace {

// Texts that a value may be: of more than these, no watch would be written one by one.
constexpr std::size_t most_forms = 32;

}  // namespace

held either(const held& left, const held& right) {
  if (left == right) return left;
  held result;
  if (left.what == right.what && left.item == right.item) {
    result = left;
    result.implies.clear();
    for (const auto& each : right.forms)
      if (std::ranges::find(result.forms, each) == result.forms.end()) result.forms.push_back(each);
    if (result.forms.size() > most_forms) result = {};
  }
  return result;
}

std::optional<std::string> known(const held& value) {
  if (!value.is(held::kind::text) || value.forms.size() != 1) return {};
  return value.forms[0].whole();
}

std::vector<shape> forms_of(const held& value) {
  if (value.is(held::kind::text)) return value.forms;
  return {shape::anything()};
}

std::vector<shape> joined(const std::vector<shape>& left, const std::vector<shape>& right) {
  if (left.size() * right.size() > most_forms && right.size() > 1) return joined(left, {shape::anything()});
  std::vector<shape> result;
  for (const auto& begin : left)
    for (const auto& end : right) {
      result.push_back(begin);
      result.back().add(end);
    }
  return result;
}

}  // namespace drcon::importing
