// TOML values in the words of JSON Schema, and in words for people.
#pragma once

#include <drcon/toml.hpp>
#include <nlohmann/json.hpp>

#include <string>

namespace drcon::config {

/// "integer 5", "string \"x\"", "a table": for "found …". Long values are shortened.
std::string found_text(const toml::node& node);

/// True when the node is of JSON Schema's `type`: string, integer, number, boolean, array or object.
bool has_type(const toml::node& node, const std::string& type);

/// "a string", "an integer": for "expected …".
std::string describe_type(const std::string& type);

/// A string, boolean or number as JSON; null for the rest.
nlohmann::json scalar_of(const toml::node& node);

/// A JSON value as it is shown in a message: strings quoted and shortened.
std::string shown(const nlohmann::json& value);

}  // namespace drcon::config
