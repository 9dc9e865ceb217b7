// Arithmetic. The second argument is the number that something is done to, so that it can come from a pipe:
// {{10 | subtract 3}} is 7.
#include "common/templating/format/print.hpp"
#include "common/templating/functions/functions.hpp"
#include "common/templating/invocation.hpp"
#include "common/templating/parameter_lists.hpp"

#include <limits>

namespace drcon::templating {
namespace {

using arguments = std::span<const value>;

bool is_numeric(const value& of) { return of.is_whole() || of.is(kind::real); }

enum class numbers : std::uint8_t { all, whole };

void check_number(invocation& in, std::string_view name, const value& of, numbers allowed = numbers::all) {
  if (allowed == numbers::all ? is_numeric(of) : of.is_whole()) return;
  std::string shown = "<invalid reflect.Value>";
  if (of.is_there()) {
    shown.clear();
    printer(shown, in.scratch(), in.around().bounds.output).printf("%q", std::span(&of, 1));
  }
  const auto type = of.is_there() ? of.type() : std::string_view("<nil>");
  throw failure(std::string(name) + ": unknown type for " + shown + " (" + std::string(type) + ")");
}

double as_real(const value& of) {
  if (of.is(kind::real)) return of.real();
  return of.is_signed() ? static_cast<double>(of.whole()) : static_cast<double>(of.natural());
}

// Which Go type the result has: a real if one is, unsigned if both are.
template <typename Whole, typename Real>
value compute(invocation& in, std::string_view name, arguments all, Whole whole, Real real) {
  const auto& b = all[0];
  const auto& a = all[1];
  check_number(in, name, a);
  check_number(in, name, b);
  if (a.is(kind::real) || b.is(kind::real)) return value(real(as_real(a), as_real(b)));
  if (a.is_unsigned() && b.is_unsigned())
    return value::unsigned64(static_cast<std::uint64_t>(whole(a.natural(), b.natural())));
  return value::integer64(static_cast<std::int64_t>(whole(a.whole(), b.whole())));
}

// Signed numbers that overflow wrap, as in Go.
constexpr auto wrapping = [](auto operation) {
  return
      [operation](auto a, auto b) { return operation(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b)); };
};

template <typename Number>
void check_divisor(Number b) {
  if (b == 0) throw failure("runtime error: integer divide by zero");
}

constexpr auto quotient = [](auto a, auto b) {
  check_divisor(b);
  using number = decltype(a);
  if constexpr (std::numeric_limits<number>::is_signed)
    if (b == -1) return static_cast<number>(0 - static_cast<std::uint64_t>(a));
  return static_cast<number>(a / b);
};

constexpr auto rest = [](auto a, auto b) {
  check_divisor(b);
  using number = decltype(a);
  if constexpr (std::numeric_limits<number>::is_signed)
    if (b == -1) return number{0};
  return static_cast<number>(a % b);
};

value call_add(invocation& in, arguments all) {
  return compute(in, "add", all, wrapping([](auto a, auto b) { return a + b; }),
                 [](double a, double b) { return a + b; });
}
value call_subtract(invocation& in, arguments all) {
  return compute(in, "subtract", all, wrapping([](auto a, auto b) { return a - b; }),
                 [](double a, double b) { return a - b; });
}
value call_multiply(invocation& in, arguments all) {
  return compute(in, "multiply", all, wrapping([](auto a, auto b) { return a * b; }),
                 [](double a, double b) { return a * b; });
}
value call_divide(invocation& in, arguments all) {
  return compute(in, "divide", all, quotient, [](double a, double b) { return a / b; });
}
value call_modulo(invocation& in, arguments all) {
  check_number(in, "modulo", all[1], numbers::whole);
  check_number(in, "modulo", all[0], numbers::whole);
  return compute(in, "modulo", all, rest, [](double, double) { return 0.0; });
}

// The number itself, in the widest type of its kind.
value widened(const value& of) {
  if (of.is_signed()) return value::integer64(of.whole());
  return of.is_unsigned() ? value::unsigned64(of.natural()) : of;
}

bool is_less(const value& a, const value& b) {
  if (a.is(kind::real) || b.is(kind::real)) return as_real(a) < as_real(b);
  if (a.is_unsigned() && b.is_unsigned()) return a.natural() < b.natural();
  return a.whole() < b.whole();
}

value call_minimum(invocation& in, arguments all) {
  check_number(in, "minimum", all[1]);
  check_number(in, "minimum", all[0]);
  return widened(is_less(all[1], all[0]) ? all[1] : all[0]);
}
value call_maximum(invocation& in, arguments all) {
  check_number(in, "maximum", all[1]);
  check_number(in, "maximum", all[0]);
  return widened(is_less(all[0], all[1]) ? all[1] : all[0]);
}

constexpr function number_table[] = {
    {"add", expects::two, false, call_add, "B A", "A + B"},
    {"divide", expects::two, false, call_divide, "B A", "A / B; of whole numbers without the rest"},
    {"maximum", expects::two, false, call_maximum, "B A", "the larger of both"},
    {"minimum", expects::two, false, call_minimum, "B A", "the smaller of both"},
    {"modulo", expects::two, false, call_modulo, "B A", "the rest of A / B"},
    {"multiply", expects::two, false, call_multiply, "B A", "A × B"},
    {"subtract", expects::two, false, call_subtract, "B A", "A − B"},
};

}  // namespace

std::span<const function> number_functions() { return number_table; }

}  // namespace drcon::templating
