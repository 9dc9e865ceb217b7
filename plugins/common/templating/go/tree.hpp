// A template of Go's language, read: nodes that point at one another and into the text.
//
// Thread rule: made by the parser, and only read afterwards, by any thread.
#pragma once

#include "common/templating/function.hpp"

#include <cstdint>
#include <map>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace drcon::templating::go {

enum class node_type : std::uint8_t {
  list,
  text,
  action,
  break_out,
  continue_loop,
  if_branch,
  range_branch,
  with_branch,
  call_template,
  end,        // of the parser alone
  else_mark,  // of the parser alone
  pipe,
  command,
  identifier,
  variable,
  dot,
  nil,
  field,
  chain,
  boolean,
  number,
  string,
};

struct node {
  node_type type = node_type::list;
  bool is_assignment = false;               // of a pipe: $x = …, not $x := …
  std::uint32_t offset = 0;                 // into the text
  std::uint32_t number = 0;                 // of a field, chain or variable: where its names are in a renderer's cache
  std::string_view text;                    // as it was written; of call_template: the name
  std::span<node* const> items;             // of a list, of a pipe's commands, of a command's words
  std::span<const std::string_view> names;  // of a field or chain: its parts; of a variable: itself, and its parts
  std::span<node* const> declared;          // of a pipe: variables
  node* pipe = nullptr;                     // of an action, branch or call_template; of a chain: what it begins with
  node* body = nullptr;                     // of a branch: lists
  node* otherwise = nullptr;
  const templating::function* function = nullptr;  // of an identifier
  value constant;                                  // of a boolean, number or string

  // Of a number, all that it can be. A typed parameter takes the form that it needs.
  std::optional<std::int64_t> whole;
  std::optional<std::uint64_t> natural;
  std::optional<double> real;
};

/// As Go writes a node in its messages.
std::string shown(const node& of);

/// The templates of one text: the whole and those that it defines.
struct tree {
  std::string name;
  std::string text;
  std::pmr::monotonic_buffer_resource store;
  std::map<std::string, const node*, std::less<>> templates;
  std::uint32_t numbered = 0;  // how many names have a number
};

}  // namespace drcon::templating::go
