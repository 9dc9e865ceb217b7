// Opens files in directories that another user may write, as root does with `sudo drcon once` in the directory of the
// service's user.
//
// Whoever may write a directory can put a link in the place of any file there: a process of more rights that follows it
// would read, truncate or give away a file of the link's maker's choice.
// Thread rule: any thread; each call blocks on the disk.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace drcon::base {

/// Creates a file for writing that only its owner may read. Removes first what has that name, such as what a crash has
/// left, and never opens it. Returns the descriptor, or -1 with errno set, as when the old one cannot be removed.
int create_fresh(const std::filesystem::path& path);

/// Gives a file that this process has just made to the owner of its directory, if this process is root and the owner
/// somebody else. False, with errno set, if that fails. Never for a file that was there before: it may be a link's
/// target.
bool give_to_owner_of_directory(int file, const std::filesystem::path& path);

/// All of a plain file, through no link, and without waiting for a pipe. The failure is errno's text, without the path.
result<std::string> read_plain_file(const std::filesystem::path& path);

/// Opens a file to append lines to it, and creates it if it is not there. As root, in a directory that somebody else
/// may write, a link is refused, and a file with a second name, too. The descriptor, or a failure without the path.
result<int> open_to_append(const std::filesystem::path& path);

}  // namespace drcon::base
