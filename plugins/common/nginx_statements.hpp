// The statements of nginx's configuration, as far as finding directives in their blocks takes it.
//
// Pure functions.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::common::nginx {

struct statement {
  const std::vector<std::string>& blocks;  ///< that it stands in, by their first words, outermost first
  const std::vector<std::string>& words;   ///< without quotes; may be empty
  bool begins_block;                       ///< it ends in '{', and not in ';'
};

/// Calls `each` with every statement of a text that stands within `blocks`. Of a text that is no nginx configuration
/// these are whatever it looks like.
void for_each_statement(std::string_view text, std::vector<std::string> blocks,
                        const std::function<void(const statement&)>& each);

}  // namespace drcon::common::nginx
