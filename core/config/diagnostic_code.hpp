// What kind of fault a diagnostic is, for programs.
//
// Values and pure functions.
#pragma once

#include <string_view>
#include <vector>

namespace drcon::config {

enum class code {
  file,
  syntax,
  unknown_key,
  missing_key,
  value,
  secret,
  renamed,
  new_meaning,
  name,
  unknown_name,
  unused,
  unknown_plugin,
  plugin_schema,
  plugin,
  target,
  unwatched,
  at_start_only,
  reload,
};

struct described_code {
  std::string_view word;     ///< scripts compare with it, so it does not change
  std::string_view meaning;  ///< one sentence, for the reference
};

/// In the order of the enumeration.
const std::vector<described_code>& all_codes();
std::string_view to_string(code of);

}  // namespace drcon::config
