// Lengths of time as Go reads and writes them: 1h2m3.5s.
//
// Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drcon::templating::sprig {

std::string duration_text(std::int64_t nanoseconds);
std::optional<std::int64_t> read_duration(std::string_view text);
/// What is wrong with a text that is none, as Go says it.
std::string why_no_duration(std::string_view text);

}  // namespace drcon::templating::sprig
