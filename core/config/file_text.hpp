// The whole text of a small file.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <string>

namespace drcon::config {

/// Why a file has not been read.
struct read_fault {
  std::string why;        ///< follows the file's name: "cannot be read: Permission denied"
  bool may_pass = false;  ///< the file may be there, or be readable, in a moment, as when its file system is mounted
};

/// Only regular files of at most `limit` bytes: a pipe would block drcon, and a device may never end.
base::result<std::string, read_fault> read_file_text(const std::filesystem::path& file, std::size_t limit);

}  // namespace drcon::config
