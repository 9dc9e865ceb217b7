// One drcon for each state directory: two would overwrite what the other keeps, and one would serve the other's state.
//
// Thread rule: one thread.
#pragma once

#include "base/result.hpp"

#include <sys/types.h>

#include <filesystem>

namespace drcon::cli {

class state_lock {
public:
  /// Locks the directory for as long as this object lives; the kernel unlocks it when the process ends in any way.
  /// Fails when another drcon holds the lock, and names its process if the lock file does; and when there is a lock
  /// file that cannot be opened, or is not a plain file with this one name: another drcon may hold it. Goes on without
  /// a lock, with a warning, when no lock file can be made, or when the kernel cannot lock it. An empty path means that
  /// no state is kept, and nothing is locked.
  static base::result<state_lock> take(const std::filesystem::path& directory);

  /// The process that holds the lock of that directory; 0 when none does. Takes nothing.
  static pid_t holder(const std::filesystem::path& directory);

  ~state_lock();
  state_lock(state_lock&& other) noexcept;
  state_lock& operator=(state_lock&&) = delete;

private:
  explicit state_lock(int file) : file_(file) {}
  int file_;  // -1: not locked
};

}  // namespace drcon::cli
