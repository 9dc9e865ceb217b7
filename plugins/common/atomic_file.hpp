// Replaces a file wholly or not at all, even across a crash.
//
// Thread rule: any; one writer a file.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace drcon::common {

/// The whole of a file. Nothing when it cannot be read, with `why` set unless it is simply not there.
std::optional<std::string> read_file(const std::string& path, std::string& why);

/// Writes `text` to a new file in the same directory, makes it durable (fsync of the file and of the directory) and
/// puts it in place by rename. An existing file's mode and owner are kept; a new one gets `mode`. A symbolic link is
/// followed: its target is replaced. Empty when done, else what went wrong; then nothing has changed.
std::string replace_file(const std::string& path, const std::string& text, mode_t mode = 0644);

}  // namespace drcon::common
