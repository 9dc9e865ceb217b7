// One process that runs one instance of a plugin: this program again, at the other end of a socket pair.
//
// Thread rule: as its channel's; kill() from any thread; reap() once, from the thread that reads the channel.
#pragma once

#include "plugins/frame.hpp"

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace drcon::plugins {

class child {
public:
  /// Starts it; throws std::system_error.
  child();
  /// Ends it, if it has not ended.
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  frame_channel& channel() { return *channel_; }
  /// Memory it holds, in bytes; 0 when that cannot be told.
  std::size_t memory() const;
  void kill();
  /// Waits for its end, and says what that was: "was ended by SIGSEGV".
  std::string reap();

private:
  std::unique_ptr<frame_channel> channel_;
  std::mutex mutex_;  // guards pid_: a pid that was reaped may be another process's by now
  pid_t pid_ = -1;
};

/// The program that children run: this one, unless a test says otherwise before any child is started.
void run_children_with(const std::filesystem::path& program);

}  // namespace drcon::plugins
