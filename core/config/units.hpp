// Durations ("250ms", "1m30s") and sizes ("64KiB") as users write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace drcon::config {

/// A sum of numbers with a unit of ns, us, ms, s, m, h or d: "250ms", "1.5s", "1m30s". A bare "0" is allowed, any other
/// number without a unit is not. Not negative, at most about 292 years.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// A whole number of bytes with an optional unit: B, kB, MB, GB (powers of 1000), KiB, MiB, GiB (powers of 1024).
std::optional<std::int64_t> parse_size(std::string_view text);

/// "50%" -> 0.5; "0%".."100%".
std::optional<double> parse_percent(std::string_view text);

/// The shortest text that parse_duration reads back: "250ms", "1m30s".
std::string to_text(std::chrono::nanoseconds duration);

}  // namespace drcon::config
