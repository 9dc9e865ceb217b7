// Marks around what a program has printed, within a text that says why something failed.
//
// A program may quote a file that not everybody may read. The host shows what is between the marks in its log, over its
// unix socket and to who has its token, and to nobody else; the marks themselves are shown nowhere.
// Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace drcon {

inline constexpr std::string_view printed_begin = "\xEF\xBF\xB9";  ///< U+FFF9
inline constexpr std::string_view printed_end = "\xEF\xBF\xBB";    ///< U+FFFB

/// The text between the marks; empty where it is.
inline std::string printed(std::string text) {
  // What is printed must not end the marks by itself.
  for (const auto mark : {printed_begin, printed_end})
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at))
      text.replace(at, mark.size(), "?");
  return text.empty() ? text : std::string(printed_begin) + text + std::string(printed_end);
}

}  // namespace drcon
