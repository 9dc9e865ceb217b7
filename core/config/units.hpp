// Durations, sizes and percentages as users write them.
#pragma once

#include <drcon/units.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace drcon::config {

using drcon::parse_duration;
using drcon::parse_size;

/// "50%" -> 0.5; "0%".."100%".
std::optional<double> parse_percent(std::string_view text);

/// The shortest text that parse_duration reads back: "250ms", "1m30s".
std::string to_text(std::chrono::nanoseconds duration);

}  // namespace drcon::config
