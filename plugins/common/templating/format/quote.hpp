// Go's string and character literals: read and written.
//
// Not called just "quoted": std::quoted is found for a std::string by its argument, and is preferred where <iomanip> is
// included, which the libraries of GCC 14 do.
//
// Pure functions.
#pragma once

#include "common/templating/format/unicode.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace drcon::templating {

enum class characters { all, ascii };  // which are written as they are

/// "text" with escapes for what is not printable.
std::string go_quoted(std::string_view text, characters shown = characters::all);
/// 'c'
std::string go_quoted(char32_t one, characters shown = characters::all);
/// True when the text can stand between back quotes as it is.
bool fits_back_quotes(std::string_view text);

/// The text of a literal, "…" or `…`, or nothing when it is not well-formed.
std::optional<std::string> unquoted(std::string_view literal);
/// The number of a literal 'c', or nothing. `begins_well` says whether only what follows the character is wrong.
std::optional<char32_t> unquoted_character(std::string_view literal, bool& begins_well);

}  // namespace drcon::templating
