// One drcon for each state directory: two would overwrite what the other keeps, and one would serve the other's state.
//
// Thread rule: one thread.
#pragma once

#include "base/result.hpp"

#include <filesystem>

namespace drcon::cli {

class state_lock {
public:
  /// Locks the directory for as long as this object lives; the kernel unlocks it when the process ends in any way. The
  /// failure names the process that holds the lock. A directory that cannot be locked for another reason, as when it
  /// cannot be written, is left unlocked: then no state can be kept either, and that is reported where it is tried. The
  /// same goes for an empty name, which keeps no state.
  static base::result<state_lock> take(const std::filesystem::path& directory);

  ~state_lock();
  state_lock(state_lock&& other) noexcept;
  state_lock& operator=(state_lock&&) = delete;

private:
  explicit state_lock(int file) : file_(file) {}
  int file_;  // -1: not locked
};

}  // namespace drcon::cli
