// printer: one boolean, number or text, with width, precision and flags.
#include "common/templating/fault.hpp"
#include "common/templating/format/number.hpp"
#include "common/templating/format/print.hpp"
#include "common/templating/format/quote.hpp"

#include <algorithm>

namespace drcon::templating {

void printer::padding(std::size_t count) {
  if (result_.size() + count > limit_)
    throw failure("the text would be longer than " + std::to_string(limit_) + " bytes");
  // Zeros go to the left only.
  result_.append(count, flags_.zero && !flags_.minus ? '0' : ' ');
}

void printer::pad(std::string_view text) {
  const auto wide = static_cast<std::size_t>(flags_.has_width ? flags_.width : 0);
  const auto count = wide == 0 ? 0 : count_characters(text);
  const auto missing = wide > count ? wide - count : 0;
  if (!flags_.minus) padding(missing);
  add(text);
  if (flags_.minus) padding(missing);
}

std::string_view printer::cut(std::string_view text) const {
  if (!flags_.has_precision) return text;
  auto rest = text;
  for (int left = flags_.precision; left > 0 && !rest.empty(); --left) rest.remove_prefix(first_of(rest).bytes);
  return text.substr(0, text.size() - rest.size());
}

void printer::boolean(const value& shown, char32_t verb) {
  if (verb == 't' || verb == 'v') pad(shown.flag() ? "true" : "false");
  else bad_verb(shown, verb);
}

void printer::whole(const value& shown, char32_t verb) {
  const auto number = shown.natural();
  const bool is_signed = shown.is_signed();
  switch (verb) {
    case 'v':
      if (flags_.go_syntax && !is_signed) {
        const auto was = flags_.sharp;
        flags_.sharp = true;
        integer(number, false, 16, verb, false);
        flags_.sharp = was;
        return;
      }
      [[fallthrough]];
    case 'd': integer(number, is_signed, 10, verb, false); return;
    case 'b': integer(number, is_signed, 2, verb, false); return;
    case 'o':
    case 'O': integer(number, is_signed, 8, verb, false); return;
    case 'x': integer(number, is_signed, 16, verb, false); return;
    case 'X': integer(number, is_signed, 16, verb, true); return;
    case 'c': {
      std::string one;
      append(one, number > last_character ? replacement : static_cast<char32_t>(number));
      pad(one);
      return;
    }
    case 'q':
      pad(go_quoted(number > last_character ? replacement : static_cast<char32_t>(number),
                    flags_.plus ? characters::ascii : characters::all));
      return;
    case 'U': unicode(number); return;
    default: bad_verb(shown, verb);
  }
}

void printer::integer(std::uint64_t number, bool is_signed, unsigned base, char32_t verb, bool is_upper_case) {
  const bool is_negative = is_signed && static_cast<std::int64_t>(number) < 0;
  if (is_negative) number = 0 - number;
  std::size_t least = 0;
  if (flags_.has_precision) {
    least = static_cast<std::size_t>(flags_.precision);
    if (least == 0 && number == 0) {
      const auto was = flags_.zero;
      flags_.zero = false;
      padding(flags_.has_width ? static_cast<std::size_t>(flags_.width) : 0);
      flags_.zero = was;
      return;
    }
  } else if (flags_.zero && !flags_.minus && flags_.has_width) {
    least = static_cast<std::size_t>(flags_.width);
    if (least > 0 && (is_negative || flags_.plus || flags_.space)) --least;
  }
  const std::string_view digits = is_upper_case ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string reversed;
  do {
    reversed += digits[number % base];
    number /= base;
  } while (number > 0);
  if (reversed.size() < least) reversed.append(least - reversed.size(), '0');
  if (flags_.sharp) {
    if (base == 2) reversed += "b0";
    if (base == 8 && reversed.back() != '0') reversed += '0';
    if (base == 16) reversed += is_upper_case ? "X0" : "x0";
  }
  if (verb == 'O') reversed += "o0";
  if (is_negative) reversed += '-';
  else if (flags_.plus) reversed += '+';
  else if (flags_.space) reversed += ' ';
  std::ranges::reverse(reversed);
  const auto was = flags_.zero;
  flags_.zero = false;
  pad(reversed);
  flags_.zero = was;
}

void printer::unicode(std::uint64_t number) {
  std::string digits;
  auto rest = number;
  do {
    digits += "0123456789ABCDEF"[rest % 16];
    rest /= 16;
  } while (rest > 0);
  const auto least = static_cast<std::size_t>(flags_.has_precision && flags_.precision > 4 ? flags_.precision : 4);
  if (digits.size() < least) digits.append(least - digits.size(), '0');
  std::ranges::reverse(digits);
  auto shown = "U+" + digits;
  if (flags_.sharp && number <= last_character && is_printable(static_cast<char32_t>(number))) {
    shown += " '";
    append(shown, static_cast<char32_t>(number));
    shown += '\'';
  }
  const auto was = flags_.zero;
  flags_.zero = false;
  pad(shown);
  flags_.zero = was;
}

void printer::real(const value& shown, char32_t verb) {
  switch (verb) {
    case 'v': real_number(shown.real(), 'g', -1, verb); return;
    case 'b':
    case 'g':
    case 'G':
    case 'x':
    case 'X': real_number(shown.real(), static_cast<char>(verb), -1, verb); return;
    case 'f':
    case 'e':
    case 'E': real_number(shown.real(), static_cast<char>(verb), 6, verb); return;
    case 'F': real_number(shown.real(), 'f', 6, verb); return;
    default: bad_verb(shown, verb);
  }
}

namespace {

// What # asks for: a point, and the zeros that a %g leaves out. `number` begins with its sign.
std::string with_point(std::string number, char form, int precision) {
  int digits = 0;
  if (form == 'g' || form == 'G' || form == 'x') digits = precision == -1 ? 6 : precision;
  const bool is_hex = form == 'x' || form == 'X';
  std::string tail;
  bool has_point = false;
  bool saw_digit = false;
  for (std::size_t i = 1; i < number.size(); ++i) {
    const char c = number[i];
    if (c == '.') {
      has_point = true;
    } else if (c == 'p' || c == 'P' || ((c == 'e' || c == 'E') && !is_hex)) {
      tail = number.substr(i);
      number.resize(i);
    } else {
      saw_digit = saw_digit || c != '0';
      if (saw_digit) --digits;
    }
  }
  if (!has_point) {
    if (number.size() == 2 && number[1] == '0') --digits;
    number += '.';
  }
  if (digits > 0) number.append(static_cast<std::size_t>(digits), '0');
  return number + tail;
}

}  // namespace

void printer::real_number(double of, char form, int precision, char32_t verb) {
  if (flags_.has_precision) precision = flags_.precision;
  auto number = real_text(of, form, precision);
  if (number[0] != '-' && number[0] != '+') number.insert(0, 1, '+');
  if (flags_.space && number[0] == '+' && !flags_.plus) number[0] = ' ';
  if (number[1] == 'I' || number[1] == 'N') {
    const auto was = flags_.zero;
    flags_.zero = false;
    if (number[1] == 'N' && !flags_.space && !flags_.plus) number.erase(0, 1);
    pad(number);
    flags_.zero = was;
    return;
  }
  if (flags_.sharp && verb != 'b') number = with_point(std::move(number), form, precision);
  if (!flags_.plus && number[0] == '+') {
    pad(std::string_view(number).substr(1));
    return;
  }
  const auto wide = static_cast<std::size_t>(flags_.width);
  if (flags_.zero && !flags_.minus && flags_.has_width && wide > number.size()) {
    add(std::string_view(number).substr(0, 1));
    padding(wide - number.size());
    add(std::string_view(number).substr(1));
    return;
  }
  pad(number);
}

void printer::text(const value& shown, char32_t verb) {
  switch (verb) {
    case 'v':
      if (flags_.go_syntax) quoted_text(shown.text());
      else pad(cut(shown.text()));
      return;
    case 's': pad(cut(shown.text())); return;
    case 'x': hex_text(shown.text(), false); return;
    case 'X': hex_text(shown.text(), true); return;
    case 'q': quoted_text(shown.text()); return;
    default: bad_verb(shown, verb);
  }
}

void printer::quoted_text(std::string_view text) {
  text = cut(text);
  if (flags_.sharp && fits_back_quotes(text)) pad("`" + std::string(text) + "`");
  else pad(go_quoted(text, flags_.plus ? characters::ascii : characters::all));
}

void printer::hex_text(std::string_view text, bool is_upper_case) {
  const std::string_view digits = is_upper_case ? "0123456789ABCDEF" : "0123456789abcdef";
  if (flags_.has_precision) text = text.substr(0, static_cast<std::size_t>(flags_.precision));
  const auto wide = static_cast<std::size_t>(flags_.has_width ? flags_.width : 0);
  if (text.empty()) {
    padding(wide);
    return;
  }
  const std::string prefix = flags_.sharp ? (is_upper_case ? "0X" : "0x") : "";
  std::string shown = prefix;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && flags_.space) shown += " " + prefix;
    const auto byte = static_cast<unsigned char>(text[i]);
    shown += digits[byte >> 4];
    shown += digits[byte & 0xf];
  }
  const auto missing = wide > shown.size() ? wide - shown.size() : 0;
  if (!flags_.minus) padding(missing);
  add(shown);
  if (flags_.minus) padding(missing);
}

}  // namespace drcon::templating
