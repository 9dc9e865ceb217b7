// Command lines in the form of Go's flag package, which Consul Template and Registrator have: -NAME VALUE, -NAME=VALUE,
// --NAME, and flags that are true when they are there.
//
// Thread rule: pure functions.
#pragma once

#include "import/finding.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::importing {

struct flag {
  std::string_view name;
  bool takes_value = true;
  std::string_view meaning;   // for --help, the manual page and completion
  std::string_view option{};  // what it sets; the meaning of that is its reader's
};

struct given_flag {
  const flag* what = nullptr;
  std::string value;  // of one without a value: "true", or what follows '='
  place where;
};

struct given_line {
  std::vector<given_flag> flags;
  std::vector<std::string> rest;
};

/// Flags that nobody knows are faults.
given_line read_line(std::span<const std::string> words, std::span<const flag> known, std::string_view program,
                     report& found);

}  // namespace drcon::importing
