// What Consul's key-value store answers.
//
// Pure functions.
#pragma once

#include "consul_kv/settings.hpp"

#include <map>
#include <optional>
#include <string>

namespace drcon::consul_kv {

/// The body of /v1/kv/…: whole path -> value, of the keys that the entry selects; or nothing, and why. Folders (keys
/// that end in "/") are none.
std::optional<std::map<std::string, std::string>> read_entries(const std::string& body, const selection& entry,
                                                               std::string& why);

/// RFC 4648, section 4; nothing when it is none.
std::optional<std::string> from_base64(const std::string& text);

}  // namespace drcon::consul_kv
