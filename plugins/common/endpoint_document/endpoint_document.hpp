// From a document that lists services and their endpoints, as TOML or JSON, to values: all or nothing.
//
// Pure functions.
#pragma once

#include <drcon/model.hpp>

#include <optional>
#include <string>
#include <vector>

namespace drcon::common {

enum class document_format { toml, json };

/// The services of the document; or nothing, and in `why` each fault with its place, "NAME:LINE:COLUMN: …". `name`: of
/// the file, or whatever else it came from.
std::optional<std::vector<service>> parse_document(const std::string& text, document_format as, const std::string& name,
                                                   std::string& why);

}  // namespace drcon::common
