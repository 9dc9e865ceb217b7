// Durations as Consul reads them, in Go's form: "15s", "1m30s", "500ms".
//
// Pure function.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace drcon::consul_catalog {

/// Nothing when the text is none, or is not positive.
std::optional<std::chrono::nanoseconds> go_duration(std::string_view text);

}  // namespace drcon::consul_catalog
