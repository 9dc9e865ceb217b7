#include "common/templating/functions/sprig/values.hpp"

#include "common/templating/format/number.hpp"
#include "common/templating/format/print.hpp"
#include "common/templating/functions/text.hpp"

#include <cmath>
#include <limits>

namespace drcon::templating::sprig {
namespace {

constexpr std::size_t deepest = 200;

// "1.00" is 1 to who asks for a whole number.
std::string_view without_zero_decimals(std::string_view text) {
  bool has_zero = false;
  for (auto i = text.size(); i > 0; --i) {
    if (text[i - 1] == '.' && has_zero) return text.substr(0, i - 1);
    if (text[i - 1] != '0') return text;
    has_zero = true;
  }
  return text;
}

bool is_same_within(invocation& in, const value& left, const value& right, std::size_t depth) {
  if (depth > deepest) throw failure("values lie more than " + std::to_string(deepest) + " deep in one another");
  in.spend(1);
  if (!left.is_there() || !right.is_there()) return !left.is_there() && !right.is_there();
  if (left.what() != right.what() || left.type() != right.type()) return false;
  auto& scratch = in.scratch();
  switch (left.what()) {
    case kind::boolean: return left.flag() == right.flag();
    case kind::real: return left.real() == right.real();
    case kind::text: in.spend(left.size() / 64); return left.text() == right.text();
    case kind::list:
      if (left.size() != right.size()) return false;
      for (std::size_t i = 0; i < left.size(); ++i)
        if (!is_same_within(in, left.at(i, scratch), right.at(i, scratch), depth + 1)) return false;
      return true;
    case kind::map:
      if (left.size() != right.size()) return false;
      for (std::size_t i = 0; i < left.size(); ++i) {
        const auto one = left.entry(i, scratch);
        const auto other = right.entry(i, scratch);
        if (!is_same_within(in, one.key, other.key, depth + 1) || !is_same_within(in, one.held, other.held, depth + 1))
          return false;
      }
      return true;
    case kind::object:
      if (left.self() == right.self()) return true;
      for (const auto& each : left.as_object().fields)
        if (each.method == nullptr &&
            !is_same_within(in, each.get(left.self(), scratch), each.get(right.self(), scratch), depth + 1))
          return false;
      return true;
    case kind::function: return false;
    default: return left.whole() == right.whole();
  }
}

}  // namespace

std::int64_t to_whole(const value& of) {
  switch (of.what()) {
    case kind::boolean: return of.flag() ? 1 : 0;
    case kind::real:
      // Beyond the range the processor has this number.
      if (!(std::fabs(of.real()) < 9.223372036854775e18)) return std::numeric_limits<std::int64_t>::min();
      return static_cast<std::int64_t>(of.real());
    case kind::text: {
      const auto read = read_signed(without_zero_decimals(of.text()), 0);
      return read ? read.number : 0;
    }
    default: return of.is_whole() ? of.whole() : 0;
  }
}

double to_real(const value& of) {
  switch (of.what()) {
    case kind::boolean: return of.flag() ? 1 : 0;
    case kind::real: return of.real();
    case kind::text: {
      const auto read = read_real(of.text());
      return read ? read.number : 0;
    }
    default:
      if (of.is_unsigned()) return static_cast<double>(of.natural());
      return of.is_signed() ? static_cast<double>(of.whole()) : 0;
  }
}

std::string to_text(invocation& in, const value& of) {
  if (of.is(kind::text)) return std::string(of.text());
  std::string result;
  printer(result, in.scratch(), in.around().bounds.memory).print(std::span(&of, 1));
  in.spend(result.size() / 64 + 1);
  return result;
}

std::vector<std::string> to_texts(invocation& in, const value& of) {
  std::vector<std::string> all;
  if (is_list(of)) {
    check_length(in, of.size());
    for (std::size_t i = 0; i < of.size(); ++i) {
      const auto each = of.at(i, in.scratch());
      in.spend(1);
      if (each.is_there()) all.push_back(to_text(in, each));
    }
  } else if (of.is_there()) {
    all.push_back(to_text(in, of));
  }
  return all;
}

bool is_empty(const value& of) {
  if (of.is(kind::list) && !is_list(of)) return false;
  return !of.truth();
}

bool is_same(invocation& in, const value& left, const value& right) { return is_same_within(in, left, right, 0); }

std::string_view kind_name(const value& of) {
  switch (of.what()) {
    case kind::nothing:
    case kind::nil: return "invalid";
    case kind::list: return is_list(of) ? "slice" : "chan";
    case kind::map: return "map";
    case kind::object: return of.type().starts_with('*') ? "ptr" : "struct";
    default: return of.type();
  }
}

bool is_list(const value& of) { return of.is(kind::list) && !of.type().starts_with("<-"); }

std::vector<value> elements(invocation& in, const value& list, std::string_view refusal) {
  if (!list.is_there()) throw failure("runtime error: invalid memory address or nil pointer dereference");
  if (!is_list(list)) throw failure(std::string(refusal) + " " + std::string(kind_name(list)));
  std::vector<value> all;
  const auto count = list.size();
  // A row of numbers has no memory of its own, so it may be longer than anything that is kept.
  check_length(in, count);
  all.reserve(count);
  in.spend(count / 4 + 1);
  for (std::size_t i = 0; i < count; ++i) all.push_back(list.at(i, in.scratch()).in_any(false));
  return all;
}

}  // namespace drcon::templating::sprig
