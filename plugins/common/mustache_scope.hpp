// Which names a mustache template can use, and where: so that one that can mean nothing is reported before anything is
// rendered.
//
// Pure functions.
#pragma once

#include "common/templating/fault.hpp"
#include "common/templating/mustache/template.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace drcon::common {

struct mustache_scope;

enum class mustache_kind : std::uint8_t {
  text,
  flag,   // true or false: for sections, shown as nothing
  scope,  // a list or an object: for sections
};

/// What a name stands for.
struct mustache_name {
  std::string_view name;
  mustache_kind kind = mustache_kind::text;
  const mustache_scope* opens = nullptr;  ///< of a list: its elements
};

/// The names that are in reach within a section of that kind.
struct mustache_scope {
  std::string_view what;  ///< such as "an endpoint"
  std::span<const mustache_name> names;
  const mustache_name* any = nullptr;  ///< of a map: what every name stands for
  bool is_text = false;                ///< of a list of texts: {{.}}
};

/// The first name that can mean nothing where it stands, with what it may have been meant to be; or a tag of Go's
/// language, or a partial that is not there.
std::optional<templating::fault> senseless(const templating::mustache::text_template& of, const mustache_scope& root);

/// Whether what stands in a tag is an action of Go's language.
bool is_action_of_go(std::string_view tag);

}  // namespace drcon::common
