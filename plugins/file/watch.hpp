// Tells when a file may have changed, by inotify on its directory.
//
// The directory, because editors and scripts replace a file by rename, which leaves a watch on the old one behind.
// Thread rule: one thread.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

namespace drcon::file {

class watch {
public:
  explicit watch(const std::string& path);
  ~watch();
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;

  /// Returns when something happened in the directory, when the time is up, or when a stop is requested. A directory
  /// that is not there, or vanished, is looked for again at each call.
  void wait(const std::stop_token& stop, std::chrono::nanoseconds at_most);

private:
  void look();

  std::string directory_;
  int inotify_ = -1;
  int watched_ = -1;
  int wake_ = -1;
};

}  // namespace drcon::file
