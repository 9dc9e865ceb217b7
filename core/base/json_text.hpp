// JSON as text, whatever bytes are in it.
//
// nlohmann's own dump() throws for a text that is not UTF-8. A path of a file, a name of a plugin or a reason that an
// operator typed may be any bytes, and none of them may end a thread.
// Thread rule: pure functions.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace drcon::base {

/// One line, or lines indented by `indent` when it is not negative. Bytes that are not UTF-8 become U+FFFD.
std::string json_text(const nlohmann::json& value, int indent = -1);

}  // namespace drcon::base
