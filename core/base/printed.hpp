// What programs have printed, within texts that are shown: see drcon/printed.hpp.
//
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace drcon::base {

/// For those who may see what programs print: without the marks.
std::string with_printed(std::string_view text);

enum class text_kind {
  plain,  ///< a mark that was cut off at its end reaches to the end of the line
  json,   ///< it reaches to the end of its string
};
/// For all others: a few words in the place of each.
std::string without_printed(std::string_view text, text_kind kind);

}  // namespace drcon::base
