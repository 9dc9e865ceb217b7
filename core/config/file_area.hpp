// Files that a sink may write without each of them being named in the configuration: the registry has their names.
//
// Paths here are identities: absolute, without links. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace drcon::config {

struct file_area {
  std::string directory;
  // Of the names in that directory: what stands before and after the part that may be anything.
  std::string front;
  std::string back;
  bool is_all_below = false;  ///< any file below the directory, at any depth
};

/// Of a path whose last part has `mark` in it, which stands for any name.
file_area area_of_names(std::string_view path, std::string_view mark);
/// All files below a directory.
file_area area_below(std::string directory);

bool has(const file_area& area, std::string_view path);
/// Whether one file could be in both.
bool overlap(const file_area& a, const file_area& b);

}  // namespace drcon::config
