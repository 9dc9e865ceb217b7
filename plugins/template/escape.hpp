// How values of the registry become harmless text in each language that a file may be written in.
//
// Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace drcon::templates {

enum class language { none, nginx, haproxy, json, shell, toml, yaml, html };

/// "nginx" -> language::nginx.
std::optional<language> language_of(const std::string& word);

/// The text as a value of that language: nginx: an argument; haproxy: a word; json, toml, yaml: what stands between
/// double quotes; shell: a word in single quotes; html: text or an attribute's value; none: as it is.
std::string escaped(const std::string& text, language in);
/// The same, at the end of `output`.
void append_escaped(std::string_view text, language in, std::string& output);

/// What in the text cannot be written in that language where nothing escapes it and nobody knows what stands around it,
/// or nothing. Less can: a space would end an nginx argument, a quote a string of JSON.
std::optional<std::string> unwritable_as_it_is(std::string_view text, language in);

/// What in the text cannot be written in that language at all, or nothing.
std::optional<std::string> unwritable(const std::string& text, language in);

}  // namespace drcon::templates
