#include "common/templating/yaml/scalar.hpp"

#include "common/templating/digit.hpp"
#include "common/templating/format/number.hpp"

#include <array>
#include <limits>
#include <optional>
#include <string>

namespace drcon::templating::yaml {
namespace {

struct word_meaning {
  std::string_view word;
  tag what;
  double number = 0;  // of a real; 1 for true
};

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
constexpr word_meaning known_words[] = {
    {"y", tag::boolean, 1},
    {"Y", tag::boolean, 1},
    {"yes", tag::boolean, 1},
    {"Yes", tag::boolean, 1},
    {"YES", tag::boolean, 1},
    {"true", tag::boolean, 1},
    {"True", tag::boolean, 1},
    {"TRUE", tag::boolean, 1},
    {"on", tag::boolean, 1},
    {"On", tag::boolean, 1},
    {"ON", tag::boolean, 1},
    {"n", tag::boolean},
    {"N", tag::boolean},
    {"no", tag::boolean},
    {"No", tag::boolean},
    {"NO", tag::boolean},
    {"false", tag::boolean},
    {"False", tag::boolean},
    {"FALSE", tag::boolean},
    {"off", tag::boolean},
    {"Off", tag::boolean},
    {"OFF", tag::boolean},
    {"", tag::null},
    {"~", tag::null},
    {"null", tag::null},
    {"Null", tag::null},
    {"NULL", tag::null},
    {".nan", tag::real, no_number},
    {".NaN", tag::real, no_number},
    {".NAN", tag::real, no_number},
    {".inf", tag::real, infinity},
    {".Inf", tag::real, infinity},
    {".INF", tag::real, infinity},
    {"+.inf", tag::real, infinity},
    {"+.Inf", tag::real, infinity},
    {"+.INF", tag::real, infinity},
    {"-.inf", tag::real, -infinity},
    {"-.Inf", tag::real, -infinity},
    {"-.INF", tag::real, -infinity},
};

std::optional<scalar> known(std::string_view word) {
  if (word.size() > 5) return {};
  for (const auto& each : known_words) {
    if (each.word != word) continue;
    switch (each.what) {
      case tag::boolean: return scalar{each.what, value(each.number != 0)};
      case tag::real: return scalar{each.what, value(each.number)};
      case tag::null: return scalar{each.what, value::null()};
      default: return scalar{each.what, value(word)};
    }
  }
  return {};
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool is_real(std::string_view word) {
  std::size_t i = 0;
  const auto digits = [&] {
    const auto start = i;
    while (i < word.size() && is_digit(word[i])) ++i;
    return i > start;
  };
  const auto sign = [&] {
    if (i < word.size() && (word[i] == '-' || word[i] == '+')) ++i;
  };
  sign();
  const bool has_whole = digits();
  if (i < word.size() && word[i] == '.') {
    ++i;
    if (!digits() && !has_whole) return false;
  } else if (!has_whole) {
    return false;
  }
  if (i < word.size() && (word[i] == 'e' || word[i] == 'E')) {
    ++i;
    sign();
    if (!digits()) return false;
  }
  return i == word.size();
}

// Reads the parts of a time one by one.
class time_reader {
public:
  explicit time_reader(std::string_view text) : rest_(text) {}

  // One digit or two, within the bounds.
  bool number(int low, int high, int& result) {
    if (rest_.empty() || !is_digit(rest_[0])) return false;
    const std::size_t count = rest_.size() > 1 && is_digit(rest_[1]) ? 2 : 1;
    result = 0;
    for (std::size_t i = 0; i < count; ++i) result = result * 10 + (rest_[i] - '0');
    rest_.remove_prefix(count);
    return result >= low && result <= high;
  }
  bool sign(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void fraction() {
    if (rest_.size() < 2 || (rest_[0] != '.' && rest_[0] != ',') || !is_digit(rest_[1])) return;
    rest_.remove_prefix(1);
    while (!rest_.empty() && is_digit(rest_[0])) rest_.remove_prefix(1);
  }
  bool zone() {
    if (sign('Z')) return true;
    if (rest_.size() < 6 || (rest_[0] != '+' && rest_[0] != '-') || rest_[3] != ':') return false;
    for (const auto i : {1U, 2U, 4U, 5U})
      if (!is_digit(rest_[i])) return false;
    const auto hours = (rest_[1] - '0') * 10 + (rest_[2] - '0');
    const auto minutes = (rest_[4] - '0') * 10 + (rest_[5] - '0');
    rest_.remove_prefix(6);
    return hours <= 24 && minutes < 60;
  }
  bool is_done() const { return rest_.empty(); }

private:
  std::string_view rest_;
};

bool is_timestamp(std::string_view word) {
  std::size_t digits = 0;
  while (digits < word.size() && is_digit(word[digits])) ++digits;
  if (digits != 4 || word.size() == 4 || word[4] != '-') return false;
  const auto year = std::stoi(std::string(word.substr(0, 4)));
  time_reader rest(word.substr(5));
  int month = 0;
  int day = 0;
  if (!rest.number(1, 12, month) || !rest.sign('-') || !rest.number(1, 31, day)) return false;
  constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (day > days[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap ? 1 : 0)) return false;
  if (rest.is_done()) return true;
  const bool has_zone = rest.sign('T') || rest.sign('t');
  if (!has_zone && !rest.sign(' ')) return false;
  int part = 0;
  if (!rest.number(0, 23, part) || !rest.sign(':') || !rest.number(0, 59, part) || !rest.sign(':') ||
      !rest.number(0, 59, part))
    return false;
  rest.fraction();
  if (has_zone && !rest.zone()) return false;
  return rest.is_done();
}

std::optional<scalar> whole(std::string_view plain, int base) {
  if (const auto read = read_signed(plain, base)) return scalar{tag::integer, value::integer(read.number)};
  if (const auto read = read_unsigned(plain, base)) return scalar{tag::integer, value::unsigned64(read.number)};
  return {};
}

std::optional<scalar> number(std::string_view word) {
  std::string plain;
  for (const char c : word)
    if (c != '_') plain += c;
  if (auto found = whole(plain, 0)) return found;
  if (is_real(plain))
    if (const auto read = read_real(plain)) return scalar{tag::real, value(read.number)};
  if (plain.starts_with("0b")) return whole(std::string_view(plain).substr(2), 2);
  if (plain.starts_with("-0b")) {
    const auto read = read_signed("-" + plain.substr(3), 2);
    if (read) return scalar{tag::integer, value::integer(read.number)};
  }
  return {};
}

}  // namespace

scalar resolve(std::string_view word) {
  const scalar text{tag::text, value(word)};
  if (const auto found = known(word)) return *found;
  const char first = word.empty() ? '\0' : word[0];
  if (first == '.') {
    const auto read = read_real(word);
    return read ? scalar{tag::real, value(read.number)} : text;
  }
  if (!is_digit(first) && first != '-' && first != '+') return text;
  if (is_timestamp(word)) return {tag::timestamp, value(word)};
  return number(word).value_or(text);
}

// [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?
bool is_base_60(std::string_view word) {
  std::size_t i = 0;
  const auto at = [&](std::size_t place) { return place < word.size() ? word[place] : '\0'; };
  if (at(i) == '-' || at(i) == '+') ++i;
  if (!is_digit(at(i))) return false;
  while (is_digit(at(i)) || at(i) == '_') ++i;
  if (at(i) != ':') return false;
  while (at(i) == ':') {
    ++i;
    if (!is_digit(at(i))) return false;
    const bool has_two = at(i) <= '5' && is_digit(at(i + 1));
    i += has_two ? 2 : 1;
  }
  if (at(i) == '.') {
    ++i;
    while (is_digit(at(i)) || at(i) == '_') ++i;
  }
  return i == word.size();
}

}  // namespace drcon::templating::yaml
