// A place in a config file, for messages a person can act on.
#pragma once

#include <string>

namespace drcon::config {

struct position {
  std::string file;
  int line = 0;    ///< from 1; 0: the file as a whole
  int column = 0;  ///< from 1, in characters

  /// "file:line:column", or "file" when there is no line.
  std::string text() const {
    return line == 0 ? file : file + ":" + std::to_string(line) + ":" + std::to_string(column);
  }
  bool operator==(const position&) const = default;
};

}  // namespace drcon::config
