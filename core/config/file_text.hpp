// The whole text of a small file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace drcon::config {

/// Nothing when it cannot be read, and why in `why`, to follow the file's name: "cannot be read: Permission denied".
/// Only regular files of at most `limit` bytes: a pipe would block drcon, and a device may never end.
std::optional<std::string> read_file_text(const std::filesystem::path& file, std::size_t limit, std::string& why);

}  // namespace drcon::config
