#include "common/templating/go/compare.hpp"

#include "common/templating/fault.hpp"

#include <string>

namespace drcon::templating::go {
namespace {

enum class basic : std::uint8_t { none, boolean, integer, natural, real, text };

basic basic_of(const value& of) {
  switch (of.what()) {
    case kind::boolean: return basic::boolean;
    case kind::integer:
    case kind::integer64: return basic::integer;
    case kind::byte:
    case kind::unsigned64: return basic::natural;
    case kind::real: return basic::real;
    case kind::text: return basic::text;
    default: return basic::none;
  }
}

failure incompatible(const value& left, const value& right) {
  return failure("incompatible types for comparison: " + std::string(left.type()) + " and " +
                 std::string(right.type()));
}

// Neither is a plain value.
bool equal_compounds(const value& left, const value& right) {
  if (!left.is_there() || !right.is_there()) return !left.is_there() && !right.is_there();
  if (left.what() != right.what())
    throw failure("non-comparable types " + std::string(left.type()) + ", " + std::string(right.type()));
  if (!left.is(kind::object)) throw failure("non-comparable type " + std::string(right.type()));
  return left.self() == right.self() && &left.as_object() == &right.as_object();
}

}  // namespace

bool equal(const value& left, const value& right) {
  const auto kind_left = basic_of(left);
  const auto kind_right = basic_of(right);
  if (kind_left != kind_right) {
    if (kind_left == basic::integer && kind_right == basic::natural)
      return left.whole() >= 0 && left.natural() == right.natural();
    if (kind_left == basic::natural && kind_right == basic::integer) return equal(right, left);
    if (left.is_there() && right.is_there()) throw incompatible(left, right);
    return false;
  }
  switch (kind_left) {
    case basic::boolean: return left.flag() == right.flag();
    case basic::integer:
    case basic::natural: return left.whole() == right.whole();
    case basic::real: return left.real() == right.real();
    case basic::text: return left.text() == right.text();
    case basic::none: break;
  }
  return equal_compounds(left, right);
}

bool less(const value& left, const value& right) {
  const auto kind_left = basic_of(left);
  const auto kind_right = basic_of(right);
  if (kind_left == basic::none || kind_right == basic::none) throw failure("invalid type for comparison");
  if (kind_left != kind_right) {
    if (kind_left == basic::integer && kind_right == basic::natural)
      return left.whole() < 0 || left.natural() < right.natural();
    if (kind_left == basic::natural && kind_right == basic::integer)
      return right.whole() >= 0 && left.natural() < right.natural();
    throw incompatible(left, right);
  }
  switch (kind_left) {
    case basic::integer: return left.whole() < right.whole();
    case basic::natural: return left.natural() < right.natural();
    case basic::real: return left.real() < right.real();
    case basic::text: return left.text() < right.text();
    default: throw failure("invalid type for comparison");
  }
}

}  // namespace drcon::templating::go
