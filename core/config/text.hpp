// What others wrote, as it may be shown in a message: short, and unable to disturb a terminal or a log.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace drcon::config {

/// Length of the UTF-8 sequence that `text` begins with, or 0 when it is not valid (overlong forms and surrogates
/// too).
std::size_t sequence_length(std::string_view text);

/// Of a valid sequence. Those of two bytes (U+0080 to U+009F) too: some terminals obey them like ESC sequences.
bool is_control(std::string_view sequence);

/// `text` on one line that reads as it is written: control characters as \x1b and \u009b, marks that turn the
/// direction of text as \u202e, bytes that are no UTF-8 as \xff. Cut at about `limit` bytes.
std::string printable(std::string_view text, std::size_t limit = std::string::npos);

/// At most about 80 bytes of `text`, cut between characters, with "…" where something was left out.
std::string shortened(std::string_view text);

}  // namespace drcon::config
