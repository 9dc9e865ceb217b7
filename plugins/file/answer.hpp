// From the text of an endpoint file to services, all or nothing.
//
// Pure functions.
#pragma once

#include <drcon/model.hpp>

#include <optional>
#include <string>
#include <vector>

namespace drcon::file {

enum class format { toml, json };

/// The services of the file; or nothing, and in `why` each fault with its place, "FILE:LINE:COLUMN: …".
std::optional<std::vector<service>> parse(const std::string& text, format as, const std::string& file,
                                          std::string& why);

}  // namespace drcon::file
