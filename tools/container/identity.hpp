// Becomes the user that drcon runs as in the container.
//
// Thread rule: before any other thread is started.
#pragma once

#include <optional>
#include <string>

namespace drcon::container {

/// From root to the user, with standard input and output, and with the group of `socket` where that is there. Whoever
/// is not root stays who they are. Why it could not be done, or nothing.
std::optional<std::string> give_up_root(const std::string& user, const std::string& socket);

}  // namespace drcon::container
