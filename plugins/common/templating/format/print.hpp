// What Go's fmt package prints: for what an action shows, and for the functions print, println and printf.
//
// Pure functions but for `scratch`. They throw a `failure` where the text would be longer than `limit`, where values
// lie too deep in one another, and for %p.
#pragma once

#include "common/templating/value.hpp"

#include <span>
#include <string>
#include <string_view>

namespace drcon::templating {

class printer {
public:
  printer(std::string& result, memory& scratch, std::size_t limit)
      : result_(result), scratch_(scratch), limit_(limit) {}

  /// As an action shows it: "<no value>" for what is not there, and an object without the mark of a pointer.
  void show(const value& shown);
  void print(std::span<const value> all);
  void println(std::span<const value> all);
  void printf(std::string_view format, std::span<const value> all);

private:
  struct flags {
    bool minus = false;
    bool plus = false;
    bool sharp = false;
    bool space = false;
    bool zero = false;
    bool plus_fields = false;  // %+v
    bool go_syntax = false;    // %#v
    bool has_width = false;
    bool has_precision = false;
    int width = 0;
    int precision = 0;
  };
  class directive;

  void argument(const value& shown, char32_t verb);
  void nested(const value& shown, char32_t verb, int depth);
  void bad_verb(const value& shown, char32_t verb);
  void boolean(const value& shown, char32_t verb);
  void whole(const value& shown, char32_t verb);
  void text(const value& shown, char32_t verb);
  void real(const value& shown, char32_t verb);
  void compound(const value& shown, char32_t verb, int depth);
  void list(const value& shown, char32_t verb, int depth);
  void bytes(const value& shown, char32_t verb);
  void map(const value& shown, char32_t verb, int depth);
  void object(const value& shown, char32_t verb, int depth);

  void integer(std::uint64_t number, bool is_signed, unsigned base, char32_t verb, bool is_upper_case);
  void unicode(std::uint64_t number);
  void real_number(double number, char form, int precision, char32_t verb);
  void hex_text(std::string_view text, bool is_upper_case);
  void quoted_text(std::string_view text);
  void pad(std::string_view text);
  void padding(std::size_t count);
  std::string_view cut(std::string_view text) const;
  void add(std::string_view text);

  std::string& result_;
  memory& scratch_;
  std::size_t limit_;
  flags flags_;
  bool in_bad_verb_ = false;
};

}  // namespace drcon::templating
