// One process that runs one instance of a plugin: this program again, at the other end of a socket pair.
//
// Thread rule: the channel's own; kill() and memory() from any thread; reap() once, from the thread that reads the
// channel.
#pragma once

#include "plugins/frame.hpp"

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace drcon::plugins {

/// The descriptors that a plugin's process is started with.
constexpr int socket_in_child = 3;
constexpr int library_in_child = 4;

class child {
public:
  /// Starts the process; throws std::system_error. No frame of it may be longer than `largest_frame`. It inherits the
  /// socket and `library`, the open file of its plugin, and no other descriptor of drcon but the standard ones.
  child(std::size_t largest_frame, int library);
  /// Kills the process, if it has not ended, and waits for its end.
  ~child();
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  frame_channel& channel() { return *channel_; }
  /// Resident memory of the process in bytes; 0 when that cannot be read.
  std::size_t memory() const;
  void kill();
  /// Waits for the end of the process and returns how it ended: "was ended by SIGSEGV".
  std::string reap();

private:
  std::unique_ptr<frame_channel> channel_;
  std::mutex mutex_;  // guards pid_: the number of a process that was reaped may belong to another one by now
  pid_t pid_ = -1;
};

/// The program that children run. This one, unless a test sets another before any child is started.
void run_children_with(const std::filesystem::path& program);

}  // namespace drcon::plugins
