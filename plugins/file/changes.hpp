// Notices when a file may have changed, by inotify on its directory.
//
// The directory is watched, because editors and scripts replace a file by rename, and a watch on the file itself would
// stay with the old one.
// Thread rule: one thread.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

namespace drcon::file {

/// Why a wait ended.
enum class news {
  none,     ///< the time is up, or a stop is requested
  perhaps,  ///< something happened to the file; it may be half written
  whole,    ///< the last that happened: its writer closed it, or it was moved into place
};

class file_changes {
public:
  /// Throws when the system has no file descriptors left.
  explicit file_changes(const std::string& path);
  ~file_changes();
  file_changes(const file_changes&) = delete;
  file_changes& operator=(const file_changes&) = delete;

  /// Returns when something happened to the file, when the time is up, or when a stop is requested. A directory that
  /// is not there, vanished, or was replaced by another of its name is looked for again at each call.
  news wait(const std::stop_token& stop, std::chrono::nanoseconds at_most);

private:
  bool look();
  bool await(std::chrono::nanoseconds at_most) const;
  news read_events();

  std::string path_;
  std::string directory_;
  std::string name_;
  int inotify_ = -1;
  int watched_ = -1;
  int wake_ = -1;
};

}  // namespace drcon::file
