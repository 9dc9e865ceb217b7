// A text of which a template says a part and the rest is known when it is rendered: "config/" + anything + "/port".
//
// Thread rule: values.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::importing {

class shape {
public:
  struct part {
    enum class kind : std::uint8_t { literal, anything, listed_name };
    kind what = kind::literal;
    std::string text;      // of a literal
    std::size_t item = 0;  // of a listed name: which loop over the catalogue's services it is the name of
    friend auto operator<=>(const part&, const part&) = default;
  };

  shape() = default;
  explicit shape(std::string_view text) { add(text); }
  static shape anything() { return of({.what = part::kind::anything, .text = {}, .item = 0}); }
  static shape listed_name(std::size_t item) { return of({.what = part::kind::listed_name, .text = {}, .item = item}); }

  void add(std::string_view literal);
  void add(const shape& more);

  /// The text, when all of it is known.
  std::optional<std::string> whole() const;
  /// What it begins with in any case.
  std::string prefix() const;
  /// When it is the name of a service that a loop over the catalogue is at, and nothing else: of which loop.
  std::optional<std::size_t> listed() const;
  /// A regular expression (ECMAScript) for all that it may be; nothing when no character of it is known.
  std::optional<std::string> pattern() const;

  struct halves;
  /// At the first of these characters that is written; nothing when there is none.
  std::optional<halves> split_at_first(std::string_view characters) const;
  std::optional<halves> split_at_last(char character) const;

  /// For people: "config/…/port".
  std::string shown() const;

  friend auto operator<=>(const shape&, const shape&) = default;

private:
  static shape of(part one) {
    shape result;
    result.parts_.push_back(std::move(one));
    return result;
  }
  halves split(std::size_t part, std::size_t offset) const;

  std::vector<part> parts_;
};

struct shape::halves {
  shape before;
  shape after;
};

}  // namespace drcon::importing
