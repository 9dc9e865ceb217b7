// sprig: arithmetic with numbers that have a point, in decimals: 0.1 and 0.2 are 0.3.
#include "common/templating/format/number.hpp"
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/functions/sprig/values.hpp"
#include "common/templating/parameter_lists.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <cmath>

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;
using big = boost::multiprecision::cpp_int;

constexpr int division_places = 16;

struct decimal {
  big digits;
  int power = 0;  // of ten, by which the digits are multiplied
};

decimal decimal_of(double number) {
  if (!std::isfinite(number)) throw failure("Cannot create a Decimal from " + real_text(number, 'g', -1));
  // -1.25e+01, the shortest that reads back equal.
  const auto text = real_text(number, 'e', -1);
  const auto mark = text.find('e');
  decimal result;
  bool is_behind_point = false;
  for (const char c : text.substr(0, mark)) {
    if (c == '.') is_behind_point = true;
    if (c < '0' || c > '9') continue;
    result.digits = result.digits * 10 + (c - '0');
    if (is_behind_point) --result.power;
  }
  result.power += std::stoi(text.substr(mark + 1));
  if (text[0] == '-') result.digits = -result.digits;
  if (result.digits == 0) result.power = 0;
  return result;
}

double real_of(const decimal& of) { return read_real(of.digits.str() + "e" + std::to_string(of.power)).number; }

big power_of_ten(int power) { return boost::multiprecision::pow(big(10), static_cast<unsigned>(power)); }

// With the smaller of both powers.
void align(decimal& a, decimal& b) {
  auto& higher = a.power > b.power ? a : b;
  const auto power = std::min(a.power, b.power);
  higher.digits *= power_of_ten(higher.power - power);
  higher.power = power;
}

decimal plus(decimal a, decimal b) {
  align(a, b);
  return {a.digits + b.digits, a.power};
}
decimal difference(decimal a, decimal b) {
  align(a, b);
  return {a.digits - b.digits, a.power};
}
decimal product(const decimal& a, const decimal& b) { return {a.digits * b.digits, a.power + b.power}; }

// Rounded to the nearest, and half of it away from zero.
decimal quotient(const decimal& a, const decimal& b) {
  if (b.digits == 0) throw failure("decimal division by 0");
  big over = abs(a.digits);
  big under = abs(b.digits);
  const int power = a.power - b.power + division_places;
  if (power < 0) under *= power_of_ten(-power);
  else over *= power_of_ten(power);
  big result = (2 * over + under) / (2 * under);
  if ((a.digits < 0) != (b.digits < 0)) result = -result;
  return {result, -division_places};
}

template <typename Operation>
value compute(invocation& in, decimal result, arguments all, Operation operation) {
  for (const auto& each : all) {
    result = operation(result, decimal_of(to_real(each)));
    // Digits only grow, with each product by as many as the number has.
    in.spend(static_cast<std::uint64_t>(result.digits == 0 ? 1 : msb(abs(result.digits)) / 64 + 1));
  }
  return value(real_of(result));
}

value call_add1f(invocation& in, arguments all) { return compute(in, decimal_of(1), all, plus); }
value call_addf(invocation& in, arguments all) { return compute(in, {}, all, plus); }
value call_subf(invocation& in, arguments all) {
  return compute(in, decimal_of(to_real(all[0])), all.subspan(1), difference);
}
value call_mulf(invocation& in, arguments all) {
  return compute(in, decimal_of(to_real(all[0])), all.subspan(1), product);
}
value call_divf(invocation& in, arguments all) {
  return compute(in, decimal_of(to_real(all[0])), all.subspan(1), quotient);
}

constexpr function decimal_table[] = {
    {"sprig_add1f", expects::any, false, call_add1f, "NUMBER", "one more, with a point"},
    {"sprig_addf", expects::any, true, call_addf, "NUMBER…", "the sum, with a point"},
    {"sprig_divf", expects::two, true, call_divf, "A B…", "the first divided by the others, with a point"},
    {"sprig_mulf", expects::two, true, call_mulf, "NUMBER…", "the product, with a point"},
    {"sprig_subf", expects::two, true, call_subf, "A B…", "the first less the others, with a point"},
};

}  // namespace

std::span<const function> decimal_functions() { return decimal_table; }

}  // namespace drcon::templating::sprig
