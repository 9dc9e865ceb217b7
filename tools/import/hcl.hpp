// Reads HCL 1, the language of Consul Template's configuration, and JSON, which HCL 1 takes for another spelling of
// itself. Nothing is interpolated: Consul Template does not either.
//
// Thread rule: pure functions over values.
#pragma once

#include "common/templating/fault.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace drcon::importing::hcl {

using templating::position;

struct entry;

struct value {
  enum class kind : std::uint8_t { null, boolean, number, text, list, object };

  kind what = kind::null;
  position where;
  bool flag = false;
  std::string text;            // of a number: as it is written
  std::vector<value> items;    // of a list
  std::vector<entry> entries;  // of an object, as written; a key may be there more than once

  bool is(kind asked) const { return what == asked; }
};

/// `KEY = VALUE`, or a block: `KEY "LABEL" { … }` is an object LABEL within an object KEY.
struct entry {
  std::string key;
  position where;
  value held;
};

struct fault {
  position where;
  std::string text;
};

/// The object that the whole text is.
std::variant<value, fault> read(std::string_view text);

}  // namespace drcon::importing::hcl
