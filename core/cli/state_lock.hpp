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
  /// Locks the directory for as long as this object lives; the kernel unlocks it when the process ends in any way. The
  /// failure names the process that holds the lock, or says why the lock file, which is there, cannot be opened:
  /// another drcon may hold it. A directory in which no lock file can be made, as when it cannot be written, is left
  /// unlocked with a warning: then no state can be kept either. An empty name keeps no state, and is not locked.
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
