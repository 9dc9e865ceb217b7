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

/// Writes `text` to a new file in the same directory, makes it durable (fsync) and puts it in place by rename. After a
/// power failure the old or the new content is there, whole; that it is the new one takes sync_directory_of. An
/// existing file's mode and owner are kept; a new one gets `mode`. A symbolic link is followed: its target is replaced.
/// Empty when done, else what went wrong; then nothing has changed.
std::string replace_file(const std::string& path, const std::string& text, mode_t mode = 0644);

/// Makes a rename or a removal in the directory of `path` durable. Best effort: some file systems cannot.
void sync_directory_of(const std::string& path);

}  // namespace drcon::common
