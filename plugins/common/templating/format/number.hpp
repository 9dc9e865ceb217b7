// Numbers as Go reads and writes them.
//
// Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drcon::templating {

enum class misread { syntax, range };  // why a text is no number of the kind

template <typename Number>
struct reading {
  Number number{};
  std::optional<misread> why;

  explicit operator bool() const { return !why; }
};

/// base 0: by the prefix, 0x, 0o, 0 or 0b, with underscores between digits. Out of range: the nearest number that fits.
reading<std::int64_t> read_signed(std::string_view text, int base);
reading<std::uint64_t> read_unsigned(std::string_view text, int base);
/// Decimal and hexadecimal, with underscores between digits; inf and nan.
reading<double> read_real(std::string_view text);

/// As strconv.FormatFloat: form is one of e E f g G x X b; a precision below 0 is the shortest that reads back equal.
std::string real_text(double number, char form, int precision);

}  // namespace drcon::templating
