// sprig: whole numbers, rows of them, and what is rounded.
#include "common/templating/format/number.hpp"
#include "common/templating/functions/sprig/sprig.hpp"
#include "common/templating/functions/sprig/values.hpp"
#include "common/templating/functions/text.hpp"
#include "common/templating/parameter_lists.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace drcon::templating::sprig {
namespace {

using arguments = std::span<const value>;

// Numbers wrap, as in Go.
std::int64_t wrapped(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint64_t bits(std::int64_t number) { return static_cast<std::uint64_t>(number); }

value call_int64(invocation&, arguments all) { return value::integer64(to_whole(all[0])); }
value call_int(invocation&, arguments all) { return value::integer(to_whole(all[0])); }
value call_float64(invocation&, arguments all) { return value(to_real(all[0])); }
value call_atoi(invocation&, arguments all) { return value::integer(read_signed(all[0].text(), 10).number); }
value call_to_decimal(invocation& in, arguments all) {
  const auto read = read_signed(to_text(in, all[0]), 8);
  return value::integer64(read ? read.number : 0);
}

value call_add1(invocation&, arguments all) { return value::integer64(wrapped(bits(to_whole(all[0])) + 1)); }
value call_add(invocation&, arguments all) {
  std::uint64_t sum = 0;
  for (const auto& each : all) sum += bits(to_whole(each));
  return value::integer64(wrapped(sum));
}
value call_sub(invocation&, arguments all) {
  return value::integer64(wrapped(bits(to_whole(all[0])) - bits(to_whole(all[1]))));
}
value call_mul(invocation&, arguments all) {
  auto product = bits(to_whole(all[0]));
  for (const auto& each : all.subspan(1)) product *= bits(to_whole(each));
  return value::integer64(wrapped(product));
}
std::int64_t divisor(const value& of) {
  const auto number = to_whole(of);
  if (number == 0) throw failure("runtime error: integer divide by zero");
  return number;
}
value call_div(invocation&, arguments all) {
  const auto number = to_whole(all[0]);
  const auto by = divisor(all[1]);
  return value::integer64(by == -1 ? wrapped(0 - bits(number)) : number / by);
}
value call_mod(invocation&, arguments all) {
  const auto by = divisor(all[1]);
  return value::integer64(by == -1 ? 0 : to_whole(all[0]) % by);
}

value call_max(invocation&, arguments all) {
  auto best = to_whole(all[0]);
  for (const auto& each : all) best = std::max(best, to_whole(each));
  return value::integer64(best);
}
value call_min(invocation&, arguments all) {
  auto best = to_whole(all[0]);
  for (const auto& each : all) best = std::min(best, to_whole(each));
  return value::integer64(best);
}
value call_maxf(invocation&, arguments all) {
  auto best = to_real(all[0]);
  for (const auto& each : all) best = std::isnan(to_real(each)) ? to_real(each) : std::fmax(best, to_real(each));
  return value(best);
}
value call_minf(invocation&, arguments all) {
  auto best = to_real(all[0]);
  for (const auto& each : all) best = std::isnan(to_real(each)) ? to_real(each) : std::fmin(best, to_real(each));
  return value(best);
}

value call_ceil(invocation&, arguments all) { return value(std::ceil(to_real(all[0]))); }
value call_floor(invocation&, arguments all) { return value(std::floor(to_real(all[0]))); }
value call_round(invocation&, arguments all) {
  const double up_from = all.size() > 2 ? all[2].real() : 0.5;
  const double power = std::pow(10.0, static_cast<double>(all[1].whole()));
  const double digit = power * to_real(all[0]);
  double whole = 0;
  const double part = std::modf(digit, &whole);
  return value((part >= up_from ? std::ceil(digit) : std::floor(digit)) / power);
}

// A row of numbers that nothing is kept of: the next is `step` further each time.
struct row {
  std::int64_t start = 0;
  std::int64_t step = 1;
  std::uint64_t count = 0;
};
const list_class row_class{.type = "[]int",
                           .size = [](const void* self) { return std::size_t{static_cast<const row*>(self)->count}; },
                           .at =
                               [](const void* self, std::size_t index, memory&) {
                                 const auto& of = *static_cast<const row*>(self);
                                 return value::integer(wrapped(bits(of.start) + index * bits(of.step)));
                               },
                           .any = false};

// Up to a number, which is not in it.
row row_of(std::int64_t start, std::int64_t stop, std::int64_t step) {
  row result{.start = start, .step = step};
  const bool goes_down = stop < start;
  if (goes_down ? step >= 0 : step <= 0) return result;
  const auto distance = goes_down ? bits(start) - bits(stop) : bits(stop) - bits(start);
  const auto size = goes_down ? 0 - bits(step) : bits(step);
  result.count = distance / size + (distance % size == 0 ? 0 : 1);
  return result;
}

value list_of(invocation& in, arguments all, const row& numbers) {
  check_what_data_asks_for(in, all, numbers.count, "rounds");
  return {in.scratch().make<row>(numbers), row_class};
}
value call_until_step(invocation& in, arguments all) {
  return list_of(in, all, row_of(all[0].whole(), all[1].whole(), all[2].whole()));
}
value call_until(invocation& in, arguments all) {
  return list_of(in, all, row_of(0, all[0].whole(), all[0].whole() < 0 ? -1 : 1));
}

value call_seq(invocation& in, arguments all) {
  const auto number = [&](std::size_t i) { return all[i].whole(); };
  row numbers;
  if (all.size() == 1) {
    const std::int64_t step = number(0) < 1 ? -1 : 1;
    numbers = row_of(1, wrapped(bits(number(0)) + bits(step)), step);
  } else if (all.size() == 2) {
    const std::int64_t step = number(1) < number(0) ? -1 : 1;
    numbers = row_of(number(0), wrapped(bits(number(1)) + bits(step)), step);
  } else if (all.size() == 3) {
    const bool goes_down = number(2) < number(0);
    if (goes_down && number(1) > 0) return value(std::string_view());
    numbers = row_of(number(0), wrapped(bits(number(2)) + bits(goes_down ? -1 : 1)), number(1));
  }
  check_what_data_asks_for(in, all, numbers.count, "numbers");
  bounded_text result(in);
  for (std::uint64_t i = 0; i < numbers.count; ++i) {
    if (i > 0) result.add(" ");
    result.add(std::to_string(wrapped(bits(numbers.start) + i * bits(numbers.step))));
  }
  return result.take();
}

constexpr function number_table[] = {
    {"sprig_add", expects::any, true, call_add, "NUMBER…", "the sum"},
    {"sprig_add1", expects::any, false, call_add1, "NUMBER", "one more"},
    {"sprig_atoi", expects::text, false, call_atoi, "TEXT", "as a whole number, or 0"},
    {"sprig_biggest", expects::two, true, call_max, "NUMBER…", "the largest"},
    {"sprig_ceil", expects::any, false, call_ceil, "NUMBER", "rounded up"},
    {"sprig_div", expects::two, false, call_div, "A B", "A / B without the rest"},
    {"sprig_float64", expects::any, false, call_float64, "VALUE", "as a number that may have a point, or 0"},
    {"sprig_floor", expects::any, false, call_floor, "NUMBER", "rounded down"},
    {"sprig_int", expects::any, false, call_int, "VALUE", "as a whole number, or 0"},
    {"sprig_int64", expects::any, false, call_int64, "VALUE", "as a whole number of 64 bits, or 0"},
    {"sprig_max", expects::two, true, call_max, "NUMBER…", "the largest"},
    {"sprig_maxf", expects::two, true, call_maxf, "NUMBER…", "the largest, with a point"},
    {"sprig_min", expects::two, true, call_min, "NUMBER…", "the smallest"},
    {"sprig_minf", expects::two, true, call_minf, "NUMBER…", "the smallest, with a point"},
    {"sprig_mod", expects::two, false, call_mod, "A B", "the rest of A / B"},
    {"sprig_mul", expects::two, true, call_mul, "NUMBER…", "the product"},
    {"sprig_round", expects::rounding, true, call_round, "NUMBER PLACES [UP_FROM]",
     "with so many places behind the point"},
    {"sprig_seq", expects::integer, true, call_seq, "[START [STEP]] END", "numbers in a row, as one text"},
    {"sprig_sub", expects::two, false, call_sub, "A B", "A − B"},
    {"sprig_toDecimal", expects::any, false, call_to_decimal, "VALUE", "the number that is written with base 8"},
    {"sprig_until", expects::integer, false, call_until, "END", "a list: 0, 1 … up to END, which is not in it"},
    {"sprig_untilStep", expects::three_integers, false, call_until_step, "START END STEP",
     "numbers in a row, as a list"},
};

}  // namespace

std::span<const function> number_functions() { return number_table; }

}  // namespace drcon::templating::sprig
