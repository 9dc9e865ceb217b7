// One process of a kept program: started in a group of its own, signalled, collected.
//
// It gets drcon's output and environment, nothing on its standard input, and is killed by the kernel when the thread
// that started it ends, however drcon ends. That reaches this one process only, not what it has started, and the kernel
// forgets it for a program that is set-user-id, set-group-id or has capabilities of its file: those end with the
// container or the control group.
// Thread rule: one thread, which is the one that made it.
#pragma once

#include "template/supervise_settings.hpp"

#include <sys/types.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace drcon::templates {

/// How a process ended.
struct child_end {
  int code = 0;    ///< 128 and the signal's number for one that a signal ended
  int signal = 0;  ///< that ended it, or 0
  std::string text() const;
};

class supervised_child {
public:
  /// Null, with `why`, when the program cannot be run.
  static std::unique_ptr<supervised_child> start(const kept_program& program, std::string& why);
  /// Kills what is left of its group.
  ~supervised_child();
  supervised_child(const supervised_child&) = delete;
  supervised_child& operator=(const supervised_child&) = delete;

  pid_t pid() const { return pid_; }
  /// Can be read once the process has ended; see pidfd_open(2).
  int descriptor() const { return descriptor_; }

  /// Looks whether it has ended, and collects it then.
  const std::optional<child_end>& ended();
  bool has_ended() const { return end_.has_value(); }  ///< as ended() has found
  /// After its end: something that it started in its group still runs.
  bool has_left_others() const;

  /// Sends it once the process listens; see signal.hpp. What went wrong, or empty.
  std::string send_when_it_listens(int signal, const std::stop_token& stop) const;
  /// At once.
  void send(int signal) const;
  void send_to_group(int signal) const;

private:
  explicit supervised_child(pid_t pid);

  const pid_t pid_;
  int descriptor_ = -1;
  std::optional<child_end> end_;
};

}  // namespace drcon::templates
