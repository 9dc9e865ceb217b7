// What is known of a value of a template before it is rendered.
//
// Thread rule: values.
#pragma once

#include "import/asks.hpp"
#include "import/shape.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace drcon::importing {

/// Holds where a value is true: the service that the loop `item` is at is one of these.
struct condition {
  std::size_t item = 0;
  std::vector<choice> any_of;
  friend bool operator==(const condition&, const condition&) = default;
};

struct held {
  enum class kind : std::uint8_t {
    anything,
    text,            // one of `forms`
    texts,           // a list; each element is one of `forms`
    catalogue,       // what `services` gives; `item` says which call
    listed_service,  // an element of that; `item` says which loop
    listed_tags,     // its tags
    listed_tag,      // one of them
    endpoints,       // what `service` gives; `forms` is the service's name
    endpoint,
    pairs,  // what `ls` and `tree` give; `forms` is the path of the folder
    pair,
  };
  kind what = kind::anything;
  std::vector<shape> forms;
  std::size_t item = 0;
  std::vector<condition> implies;

  static held text(shape one) { return {.what = kind::text, .forms = {std::move(one)}, .item = 0, .implies = {}}; }
  static held of(kind what, std::size_t item) { return {.what = what, .forms = {}, .item = item, .implies = {}}; }
  static held of(kind what, std::vector<shape> forms) {
    return {.what = what, .forms = std::move(forms), .item = 0, .implies = {}};
  }
  bool is(kind asked) const { return what == asked; }
  friend bool operator==(const held&, const held&) = default;
};

/// What is known of a value that is one of these two.
held either(const held& left, const held& right);

/// Its text, when that is known.
std::optional<std::string> known(const held& value);

/// As a part of a longer text.
std::vector<shape> forms_of(const held& value);

/// Each with each; of too many, only how they begin.
std::vector<shape> joined(const std::vector<shape>& left, const std::vector<shape>& right);

}  // namespace drcon::importing
