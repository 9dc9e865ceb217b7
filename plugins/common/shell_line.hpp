// A line for /bin/sh: whether the shell becomes the line's last command, which then gets the signals that the shell
// would get.
//
// Thread rule: values.
#pragma once

#include <string_view>

namespace drcon::common {

/// True when the last command of the line begins with `exec` and is neither in the background nor in a pipeline or a
/// subshell, where the shell stays beside it. What the shell would expand is not looked into.
inline bool ends_in_exec(std::string_view line) {
  constexpr std::string_view blank = " \t\n";
  std::size_t last = 0;  // where the last command begins
  char before = ';';     // what separates it from the one before
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char each = line[i];
    if (each == '\\' && quote != '\'') ++i;
    else if (quote != 0) quote = each == quote ? '\0' : quote;
    else if (each == '\'' || each == '"') quote = each;
    else if (each == '(' || each == ')') return false;
    else if (std::string_view(";&|\n").find(each) != std::string_view::npos) {
      const bool is_double = i + 1 < line.size() && line[i + 1] == each && (each == '&' || each == '|');
      // `2>&1` and `&>` are redirections.
      if (each == '&' && !is_double &&
          ((i > 0 && (line[i - 1] == '>' || line[i - 1] == '<')) || (i + 1 < line.size() && line[i + 1] == '>')))
        continue;
      if (is_double) ++i;
      // What follows the last separator of a line may be nothing.
      const bool is_end =
          !is_double && (each == ';' || each == '\n') && line.find_first_not_of(blank, i + 1) == line.npos;
      if (is_end) break;
      last = i + 1;
      before = is_double ? ';' : each;
    }
  }
  const auto start = line.find_first_not_of(blank, last);
  if (start == std::string_view::npos || before == '|') return false;
  const auto command = line.substr(start);
  return command.starts_with("exec ") || command.starts_with("exec\t");
}

}  // namespace drcon::common
