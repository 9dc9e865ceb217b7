// JSON Pointers (RFC 6901), the names of options between host and plugin.
#pragma once

#include <string>
#include <string_view>

namespace drcon::config {

/// A key as a part of a pointer: "a/b" -> "a~1b".
std::string pointer_token(std::string_view key);

/// As a person would write it: "/service/0/name" -> "service[0].name".
std::string readable(std::string_view pointer);

}  // namespace drcon::config
