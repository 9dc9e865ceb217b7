// What is said of a service or key that a template asks for and that is not there, and which line to add.
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace drcon::templates {

/// `hint`: empty, or "; did you mean …?".
std::string no_service(std::string_view name, const std::string& hint = {});
/// `otherwise`: what does not need the key.
std::string no_key(std::string_view path, const std::string& hint, const std::string& otherwise);
std::string no_keys_below(std::string_view prefix);

/// The template goes on without them: `function` says so to whoever calls it.
std::string unwatched_key(std::string_view path, std::string_view function);
std::string unwatched_keys_below(std::string_view prefix, std::string_view function);

}  // namespace drcon::templates
