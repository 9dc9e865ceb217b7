// What users wrote, as it may be shown in a message: short, and unable to disturb a terminal or a log.
#pragma once

#include <string>
#include <string_view>

namespace drcon::config {

/// `text` with control characters as \xNN, so that a message stays on its line.
std::string printable(std::string_view text);

/// At most about 80 bytes of `text`, cut between characters, with "…" where something was left out.
std::string shortened(std::string_view text);

}  // namespace drcon::config
