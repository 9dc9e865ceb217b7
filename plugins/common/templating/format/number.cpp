#include "common/templating/format/number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace drcon::templating {
namespace {

char lower_case(char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); }

// Underscores stand between digits, or between a base prefix and a digit, and nowhere else.
bool underscores_stand_well(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  bool is_hex = false;
  char before = '^';  // what was: ^ start, 0 digit or prefix, _ underscore, ! other
  if (text.size() >= 2 && text[0] == '0' &&
      std::string_view("box").find(lower_case(text[1])) != std::string_view::npos) {
    is_hex = lower_case(text[1]) == 'x';
    text.remove_prefix(2);
    before = '0';
  }
  for (const char c : text) {
    const bool is_digit = (c >= '0' && c <= '9') || (is_hex && lower_case(c) >= 'a' && lower_case(c) <= 'f');
    if (is_digit) {
      before = '0';
    } else if (c == '_') {
      if (before != '0') return false;
      before = '_';
    } else {
      if (before == '_') return false;
      before = '!';
    }
  }
  return before != '_';
}

std::string without_underscores(std::string_view text) {
  std::string result(text);
  std::erase(result, '_');
  return result;
}

template <typename Number>
reading<Number> wrong(misread why, Number nearest = {}) {
  return {.number = nearest, .why = why};
}

std::string_view trim_zeros(std::string_view digits) {
  const auto last = digits.find_last_not_of('0');
  return digits.substr(0, last == std::string_view::npos ? 1 : last + 1);
}

// Its significant digits and the power of ten of the first of them.
struct decimal {
  bool is_negative = false;
  std::string digits;
  int exponent = 0;
};

// std::to_chars in scientific form: d.ddde±XX
decimal decimal_of(double number, int precision) {
  std::array<char, 1200> buffer{};
  const auto end = precision < 0 ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(number),
                                                 std::chars_format::scientific)
                                 : std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::fabs(number),
                                                 std::chars_format::scientific, std::min(precision, 1100));
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  decimal result;
  result.is_negative = std::signbit(number);
  const auto mark = text.find('e');
  for (const char c : text.substr(0, mark))
    if (c != '.') result.digits += c;
  const auto power = text.substr(mark + 1);
  std::from_chars(power.data() + (power[0] == '+' ? 1 : 0), power.data() + power.size(), result.exponent);
  return result;
}

std::string scientific(const decimal& of, int precision, char form) {
  std::string result = of.is_negative ? "-" : "";
  result += of.digits[0];
  if (precision > 0) {
    result += '.';
    for (std::size_t i = 1; i <= static_cast<std::size_t>(precision); ++i)
      result += i < of.digits.size() ? of.digits[i] : '0';
  }
  result += form;
  result += of.exponent < 0 ? '-' : '+';
  const auto power = std::to_string(std::abs(of.exponent));
  return result + (power.size() < 2 ? "0" : "") + power;
}

std::string plain(const decimal& of, int precision) {
  std::string result = of.is_negative ? "-" : "";
  const auto digit = [&](int place) {
    return place >= 0 && static_cast<std::size_t>(place) < of.digits.size() ? of.digits[static_cast<std::size_t>(place)]
                                                                            : '0';
  };
  if (of.exponent >= 0)
    for (int i = 0; i <= of.exponent; ++i) result += digit(i);
  else result += '0';
  if (precision > 0) {
    result += '.';
    for (int i = 1; i <= precision; ++i) result += digit(of.exponent + i);
  }
  return result;
}

std::string fixed(double number, int precision) {
  if (precision < 0) {
    const auto shortest = decimal_of(number, -1);
    const auto digits = static_cast<int>(trim_zeros(shortest.digits).size());
    return plain(shortest, std::max(0, digits - 1 - shortest.exponent));
  }
  std::string buffer(static_cast<std::size_t>(precision) + 330, '\0');
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed, precision);
  buffer.resize(static_cast<std::size_t>(end.ptr - buffer.data()));
  return buffer;
}

std::string general(double number, int precision, char form) {
  const bool is_shortest = precision < 0;
  if (precision == 0) precision = 1;
  auto digits = decimal_of(number, is_shortest ? -1 : precision - 1);
  digits.digits = trim_zeros(digits.digits);
  const auto count = static_cast<int>(digits.digits.size());
  auto limit = precision;
  if (limit > count && count >= digits.exponent + 1) limit = count;
  if (is_shortest) limit = 6;
  if (digits.exponent < -4 || digits.exponent >= limit) {
    const auto shown = is_shortest || precision > count ? count : precision;
    return scientific(digits, shown - 1, form == 'G' ? 'E' : 'e');
  }
  return plain(digits, std::max(count - 1 - digits.exponent, 0));
}

// %x: -0x1.yyyyyyyyp±dd
std::string in_hexadecimal(double number, int precision, char form) {
  std::array<char, 1200> buffer{};
  int power = 0;
  auto mantissa = std::frexp(std::fabs(number), &power) * 2;
  if (number != 0) --power;
  const auto end = precision < 0
                       ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), mantissa, std::chars_format::hex)
                       : std::to_chars(buffer.data(), buffer.data() + buffer.size(), mantissa, std::chars_format::hex,
                                       std::min(precision, 1000));
  std::string text(buffer.data(), end.ptr);
  const auto mark = text.find('p');
  int more = 0;
  const auto tail = std::string_view(text).substr(mark + 1);
  std::from_chars(tail.data() + (tail[0] == '+' ? 1 : 0), tail.data() + tail.size(), more);
  text.resize(mark);
  if (text[0] == '2') text[0] = '1', ++more;
  power += more;
  std::string result = std::signbit(number) ? "-0x" : "0x";
  result += text;
  result += 'p';
  result += power < 0 ? '-' : '+';
  const auto digits = std::to_string(std::abs(power));
  result += (digits.size() < 2 ? "0" : "") + digits;
  if (form == 'X')
    std::ranges::transform(result, result.begin(),
                           [](char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c); });
  return result;
}

// %b: 4503599627370496p-52
std::string binary(double number) {
  int power = 0;
  const auto mantissa = std::frexp(std::fabs(number), &power);
  std::uint64_t whole = 0;
  if (number == 0) {
    power = -1074;
  } else {
    const auto shift = std::max(power - 53, -1074);
    whole = static_cast<std::uint64_t>(std::ldexp(mantissa, power - shift));
    power = shift;
  }
  return (std::signbit(number) ? "-" : "") + std::to_string(whole) + "p" + (power < 0 ? "" : "+") +
         std::to_string(power);
}

}  // namespace

reading<std::uint64_t> read_unsigned(std::string_view text, int base) {
  if (text.empty()) return wrong<std::uint64_t>(misread::syntax);
  auto digits = text;
  bool may_have_underscores = false;
  if (base == 0) {
    base = 10;
    if (digits[0] == '0') {
      const auto letter = digits.size() >= 3 ? lower_case(digits[1]) : ' ';
      if (letter == 'x' || letter == 'o' || letter == 'b') {
        base = letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
        digits.remove_prefix(2);
      } else {
        base = 8;
        digits.remove_prefix(1);
      }
    }
    may_have_underscores = true;
    if (digits.empty()) return {.number = 0, .why = {}};
  }
  std::uint64_t number = 0;
  for (const char c : digits) {
    if (c == '_' && may_have_underscores) continue;
    const auto letter = lower_case(c);
    const int digit = letter >= '0' && letter <= '9'   ? letter - '0'
                      : letter >= 'a' && letter <= 'z' ? letter - 'a' + 10
                                                       : 99;
    if (digit >= base) return wrong<std::uint64_t>(misread::syntax);
    std::uint64_t next = 0;
    if (__builtin_mul_overflow(number, static_cast<std::uint64_t>(base), &next) ||
        __builtin_add_overflow(next, static_cast<std::uint64_t>(digit), &number))
      return wrong(misread::range, std::numeric_limits<std::uint64_t>::max());  // whatever follows
  }
  if (may_have_underscores && text.find('_') != std::string_view::npos && !underscores_stand_well(text))
    return wrong<std::uint64_t>(misread::syntax);
  return {.number = number, .why = {}};
}

reading<std::int64_t> read_signed(std::string_view text, int base) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  const auto read = read_unsigned(text, base);
  if (!read && *read.why == misread::syntax) return wrong<std::int64_t>(misread::syntax);
  const auto limit = std::uint64_t{1} << 63;
  if (!is_negative && read.number >= limit) return wrong(misread::range, std::numeric_limits<std::int64_t>::max());
  if (is_negative && read.number > limit) return wrong(misread::range, std::numeric_limits<std::int64_t>::min());
  return {.number = static_cast<std::int64_t>(is_negative ? 0 - read.number : read.number), .why = {}};
}

namespace {

// Of a number that is not 0, as from_chars reads it.
bool is_below_one(std::string_view text, bool is_hex) {
  const auto mark = std::min(text.find(is_hex ? 'p' : 'e'), text.size());
  const auto point = std::min(text.substr(0, mark).find('.'), mark);
  const auto first = text.find_first_not_of("0.");
  // A power that is no number of 64 bits outweighs any count of digits.
  const auto power = mark == text.size() ? 0 : read_signed(text.substr(mark + 1), 10).number;
  const auto digits =
      first < point ? static_cast<std::int64_t>(point - first) : -static_cast<std::int64_t>(first - point - 1);
  return power < -(is_hex ? 4 : 1) * digits;
}

}  // namespace

reading<double> read_real(std::string_view text) {
  const auto whole = text;
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  const auto result = [&](double number) {
    return reading<double>{.number = is_negative ? -number : number, .why = {}};
  };
  std::string folded;
  for (const char c : text) folded += lower_case(c);
  if (folded == "inf" || folded == "infinity") return result(std::numeric_limits<double>::infinity());
  if (folded == "nan") return {.number = std::numeric_limits<double>::quiet_NaN(), .why = {}};
  const bool is_hex = folded.starts_with("0x");
  if (folded.find('_') != std::string::npos && !underscores_stand_well(whole)) return wrong<double>(misread::syntax);
  folded = without_underscores(folded);
  std::string_view digits = folded;
  if (is_hex) digits.remove_prefix(2);
  // from_chars takes inf and nan too, and a hexadecimal number without its power, which Go asks for.
  if (digits.find_first_not_of(is_hex ? "0123456789abcdef.p+-" : "0123456789.e+-") != std::string_view::npos ||
      (is_hex && digits.find('p') == std::string_view::npos))
    return wrong<double>(misread::syntax);
  // from_chars takes neither a plus nor a bare point in front.
  std::string padded = digits.starts_with('.') ? "0" + std::string(digits) : std::string(digits);
  if (digits.starts_with('.') &&
      (digits.size() < 2 || std::string_view("0123456789abcdef").find(digits[1]) == std::string_view::npos))
    return wrong<double>(misread::syntax);
  double number = 0;
  const auto* end = padded.data() + padded.size();
  const auto read =
      std::from_chars(padded.data(), end, number, is_hex ? std::chars_format::hex : std::chars_format::general);
  if (read.ec == std::errc::invalid_argument || read.ptr != end) return wrong<double>(misread::syntax);
  if (read.ec == std::errc::result_out_of_range) {
    if (is_below_one(padded, is_hex)) return result(0);
    auto nearest = wrong(misread::range, std::numeric_limits<double>::infinity());
    if (is_negative) nearest.number = -nearest.number;
    return nearest;
  }
  return result(number);
}

std::string real_text(double number, char form, int precision) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Inf" : "+Inf";
  switch (form) {
    case 'e':
    case 'E': {
      const auto digits = decimal_of(number, precision);
      const auto shown = precision < 0 ? static_cast<int>(trim_zeros(digits.digits).size()) - 1 : precision;
      return scientific(digits, shown, form);
    }
    case 'f': return fixed(number, precision);
    case 'x':
    case 'X': return in_hexadecimal(number, precision, form);
    case 'b': return binary(number);
    default: return general(number, precision, form);
  }
}

}  // namespace drcon::templating
