// Parses JSON in one object: nlohmann's parser is a template, and costs each object that calls it half a second.
//
// Thread rule: pure function.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace drcon {

/// Whether the text has a byte of value 0, which no JSON has. The parser takes it for the end, so that whatever follows
/// it would be taken for nothing: ask before each use of the parser itself.
inline bool has_hidden_rest(std::string_view text) { return text.find('\0') != std::string_view::npos; }

/// The value; is_discarded() when the text is not JSON.
nlohmann::json parsed_json(std::string_view text);

}  // namespace drcon
