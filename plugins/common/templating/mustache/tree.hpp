// A mustache template, read.
//
// Thread rule: made by the parser, and only read afterwards, by any thread.
#pragma once

#include "common/templating/fault.hpp"
#include "common/templating/mustache/template.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::templating::mustache {

enum class node_type : std::uint8_t { text, line_end, variable, unescaped, section, inverted, partial };

struct node {
  node_type type = node_type::text;
  std::size_t offset = 0;              // into the text of its template
  std::string_view text;               // of text and line ends; of a tag: its name; of a partial: its name
  std::vector<std::string_view> path;  // of a tag: the parts of its name; none for the dot
  std::string_view indentation;        // of a partial that has a line of its own
  std::vector<node> body;              // of a section
};

struct source {
  std::string name;
  std::string text;
  std::vector<node> nodes;

  // Where the text is not what the author wrote: what that was, and how many of its bytes are missing before each
  // place.
  struct gap {
    std::size_t offset = 0;
    std::size_t bytes = 0;
  };
  std::string written;
  std::vector<gap> gaps;

  /// Of an offset into the text: the place that its author sees.
  position place(std::size_t offset) const;
};

struct tree {
  rules by = rules::standard;
  source root;
  std::map<std::string, source, std::less<>> partials;
};

/// Fills `nodes` of a source that has name and text. `wanted` gets the names of partials.
std::optional<fault> parse(source& of, rules by, std::vector<std::string>& wanted);

}  // namespace drcon::templating::mustache
