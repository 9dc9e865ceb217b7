// What a schema says about one string, number or boolean.
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace drcon::config {

struct fault {
  std::string message;  ///< "expected an integer from 1 to 10, found 0"
  std::string help;     ///< or empty
};

/// The first fault by enum, minimum, maximum, format, minLength and pattern. `found` is how the value is shown, which
/// for a secret is not the value.
std::optional<fault> fault_of(const nlohmann::json& value, const nlohmann::json& schema, const std::string& found);

/// Whether "" is a value of an option that is a path: it means "none" where it is the default, or where minLength is 0.
bool may_be_empty(const nlohmann::json& schema);

}  // namespace drcon::config
