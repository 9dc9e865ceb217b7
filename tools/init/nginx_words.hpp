// The words of nginx's configuration, as far as finding directives takes it.
//
// Pure functions.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::init {

/// Calls `each` with every directive that ends in ';', its words, and the names of the blocks that it stands in,
/// outermost first. Text that is no nginx configuration gives whatever it looks like, and never an error.
using directive = std::function<void(const std::vector<std::string>& blocks, const std::vector<std::string>& words)>;
void walk_directives(std::string_view text, const directive& each);

}  // namespace drcon::init
