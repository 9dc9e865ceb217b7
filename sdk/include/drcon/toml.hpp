// TOML that nobody vouches for: toml++, with the holes of its versions 3.3 and 3.4 closed.
//
// Optional: only for plugins that read TOML themselves; needs toml++ (Debian: libtomlplusplus-dev), which
// must not be included before this header. A plugin's own options are parsed by the host.
// Thread rule: pure functions.
#pragma once

#include <drcon/detail/toml_plus_plus.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace drcon {

/// Why a text is not TOML, and where: line and column count from 1, columns in characters.
struct toml_fault {
  std::string what;
  int line = 1;
  int column = 1;
};

/// Parts that a dotted key may have. The parser sets no limit and frees tables recursively: some 100,000 dots in a row
/// would end the process.
inline constexpr int most_key_parts = 16;

namespace detail {

inline toml_fault fault_at(std::string_view text, std::size_t at, std::string what) {
  const auto before = text.substr(0, at);
  const auto line = before.substr(before.rfind('\n') + 1);  // npos + 1 is 0: the first line
  const auto is_first_byte = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; };
  return {.what = std::move(what),
          .line = 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
          .column = 1 + static_cast<int>(std::count_if(line.begin(), line.end(), is_first_byte))};
}

// The end of the string that opens at `at`. A string that is not closed ends anywhere: the parser stops there too.
inline std::size_t end_of_toml_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const auto triple = std::string_view(quote == '"' ? R"(""")" : "'''");
  const bool is_long = text.substr(at, 3) == triple;
  auto i = at + (is_long ? 3 : 1);
  while (i < text.size()) {
    if (quote == '"' && text[i] == '\\') {
      i += 2;
    } else if (is_long && text.substr(i, 3) == triple) {
      i += 3;
      for (int extra = 0; extra < 2 && i < text.size() && text[i] == quote; ++extra) ++i;  // the text may end in quotes
      return i;
    } else if (!is_long && (text[i] == quote || text[i] == '\n')) {
      return i + 1;
    } else {
      ++i;
    }
  }
  return text.size();
}

inline std::optional<toml_fault> endless_key(std::string_view text) {
  const auto is_key_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == ' ' || c == '\t';
  };
  int dots = 0;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      i = end_of_toml_string(text, i);
      continue;
    }
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    if (c == '.') {
      if (++dots >= most_key_parts)
        return fault_at(text, i, "a key has more than " + std::to_string(most_key_parts) + " parts");
    } else if (!is_key_part(c)) {
      dots = 0;
    }
    ++i;
  }
  return {};
}

inline bool breaks_the_parser(std::string_view text) {
  try {
    static_cast<void>(toml::parse(text));
  } catch (const broken_assumption&) {
    return true;
  } catch (const toml::parse_error&) {
    return false;
  }
  return false;
}

// Up to the offending byte every text parses or is faulty; from there on every one breaks the parser.
inline toml_fault where_it_breaks(std::string_view text) {
  std::size_t good = 0;
  auto bad = text.size();
  while (good + 1 < bad) {
    const auto middle = good + (bad - good) / 2;
    (breaks_the_parser(text.substr(0, middle)) ? bad : good) = middle;
  }
  return fault_at(text, good, "something else was expected here");
}

}  // namespace detail

/// The table that `text` is, or the first thing that keeps it from being TOML. `file` is what the places of the table's
/// nodes (toml::node::source) tell.
inline std::variant<toml::table, toml_fault> parse_toml(std::string_view text, std::string_view file) {
  if (auto fault = detail::endless_key(text)) return std::move(*fault);
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    const auto at = error.source().begin;
    return toml_fault{.what = std::string(error.description()),
                      .line = static_cast<int>(at.line),
                      .column = static_cast<int>(at.column)};
  } catch (const detail::broken_assumption&) {
    return detail::where_it_breaks(text);
  }
}

}  // namespace drcon
