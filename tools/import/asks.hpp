// What a template of Consul Template's asks of Consul, as far as its text says it.
//
// Thread rule: values, and a pure function.
#pragma once

#include "import/finding.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace drcon::templating::go {
struct tree;
}

namespace drcon::importing {

enum class health : std::uint8_t { passing, warning, any };  // in order of how much each lets in

/// Which services of the catalogue: one that fits any of them is one.
struct choice {
  enum class kind : std::uint8_t { name, tag, pattern };  // the narrowest first
  kind what = kind::name;
  std::string text;  // of a pattern: a regular expression (ECMAScript) for the whole name
  friend auto operator<=>(const choice&, const choice&) = default;
};

struct service_ask {
  place where;
  std::string call;  // as the template has it
  /// Empty: all that the catalogue has.
  std::vector<choice> which;
  bool is_computed = false;  // the template computes a part of the name, and there may be no service of that
  /// Only endpoints with this tag.
  std::optional<std::string> tag;
  health least = health::passing;
  std::string datacenter;
};

struct key_ask {
  place where;
  std::string call;
  std::string path;
  bool is_prefix = false;
  bool is_one_level = false;  // of a prefix: no keys of folders below it
  bool is_computed = false;   // the template computes the rest of the path
  std::string datacenter;
  bool may_be_missing = false;  // Consul Template does not wait for it
};

struct asks {
  std::vector<service_ask> services;
  std::vector<key_ask> keys;
  /// Names of variables of the environment that it reads.
  std::vector<std::string> environment;
  /// What it reads of endpoints that a source publishes on request alone: words of the option details of consul-http.
  std::set<std::string> details;
  /// Directories in which it writes files of its own.
  std::set<std::string> written;
  /// It makes values of a language itself: toJSON, printf "%q" and their kin.
  bool escapes = false;
};

/// What is asked beyond that, and what no watch can cover, goes to `found` as faults. Templates that are defined and
/// never used ask for nothing.
asks find_asks(const templating::go::tree& of, const std::string& file, report& found);

}  // namespace drcon::importing
