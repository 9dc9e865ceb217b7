// One owner for each target: whoever holds the lock of a target may change it, for as long as it lives.
//
// It excludes other sinks of this process and other processes alike, and ends with its holder, a killed one included.
// Thread rule: owned by its user's thread.
#pragma once

#include "common/file_place.hpp"
#include "common/unfinished_files.hpp"

#include <sys/stat.h>

#include <optional>
#include <string>

namespace drcon::common {

/// The lock of a file: flock(2) on ".NAME.lock" beside it. It works across containers and chroots that share the
/// directory, needs no right that replacing the file does not need, and is seen by whoever looks for who writes there.
class file_lock {
public:
  file_lock() = default;
  ~file_lock() { release(); }
  file_lock(file_lock&& other) noexcept;
  file_lock& operator=(file_lock&&) = delete;

  /// Takes the lock, or makes sure that it is held still: somebody may have removed it, or replaced the directory.
  /// `owner` names the sink for those who are kept out. Empty when it is held, else why not, with the pid of its
  /// holder. Once it is taken, what a writer that was killed has left beside the target is removed; a sink with many
  /// targets in one directory gives the same `left_behind` for each.
  std::string take(const file_place& target, const std::string& owner, unfinished_files* left_behind = nullptr);

private:
  bool holds(const file_place& lock) const;
  void release();

  std::optional<file_place> place_;  // of the lock
  int file_ = -1;
};

/// The lock of something that is no file of ours: a unix socket with an abstract name. The name belongs to the network
/// namespace, so that it needs no directory that two users and two mount namespaces share.
class name_lock {
public:
  name_lock() = default;
  ~name_lock() { release(); }
  name_lock(name_lock&& other) noexcept;
  name_lock& operator=(name_lock&&) = delete;

  /// Takes the lock, or keeps it. Anybody may bind an abstract name: with `target`, the file that the holder must be
  /// able to write to, whoever may not is no other owner, and is passed over. Empty when it is held, else why not, with
  /// the pid of its holder.
  std::string take(const std::string& name, const std::optional<struct stat>& target = {});
  /// True after take() of that name.
  bool holds(const std::string& name) const { return socket_ >= 0 && name == name_; }

  /// Who holds the lock of that name, or empty; takes nothing. Whoever may not write to `target` is passed over.
  static std::string holder(const std::string& name, const std::optional<struct stat>& target = {});

private:
  void release();

  std::string name_;
  int socket_ = -1;
};

}  // namespace drcon::common
