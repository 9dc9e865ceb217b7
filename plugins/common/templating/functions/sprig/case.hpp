// Words joined by capitals, underscores or hyphens, as the Go library xstrings distinguishes them.
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace drcon::templating::sprig {

/// some_words, some words and SOME-WORDS as SomeWords.
std::string pascal_case(std::string_view text);

/// SomeWords as some_words, with this between the words.
std::string separated_words(std::string_view text, char connector);

}  // namespace drcon::templating::sprig
