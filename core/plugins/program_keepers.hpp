// The sinks that keep a program for whose sake drcon runs, and what has become of those programs: the host's end of
// the ability of drcon/process.h.
//
// There is one process, with one exit code and one set of signals, so there is one of these.
// Thread rule: any. No lock is held while `changed` is called.
#pragma once

#include <drcon/process.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::plugins {

/// What a plugin gets for DRCON_PROCESS.
const drcon_process& process_ability();

class program_keepers {
public:
  struct ending {
    std::string sink;
    int code = 0;
    bool by_itself = false;  ///< false: the sink has ended it, since the sink stops
    std::string why;
  };

  static program_keepers& of_this_process();

  /// `changed` is called, on any thread, when a sink begins to keep a program, and when a program has ended. Replaces
  /// the one before; an empty one ends it.
  void listen(std::function<void()> changed);

  /// See drcon_process::keep.
  int keep(const std::string& sink, std::chrono::nanoseconds to_end);
  void note(ending what);

  // A plugin that has closed its end keeps no program any more: each of these drops it first.

  bool any();
  /// Those that do not know yet that they may begin.
  std::vector<std::string> waiting();
  bool keeps(std::string_view sink);
  /// Every other sink of its pipelines has applied.
  void let_begin(const std::string& sink);
  /// Passes a signal on to all of them. False when there is none.
  bool pass_on(int signal);
  /// How long the stop of that sink may take beyond the host's deadline.
  std::chrono::nanoseconds time_to_end(const std::string& sink);
  /// The most of any.
  std::chrono::nanoseconds time_to_end();
  /// What has ended since the last call.
  std::vector<ending> take_endings();

private:
  struct keeper {
    std::string sink;
    int write_end = -1;  // the plugin has the other one
    std::chrono::nanoseconds to_end{};
    bool may_begin = false;
  };
  static bool send(const keeper& to, int byte);
  static bool is_closed(const keeper& each);
  void drop_if(const std::function<bool(keeper&)>& is_over);
  void drop_closed();
  void call_listener();

  std::mutex mutex_;  // guards all below
  std::vector<keeper> all_;
  std::vector<ending> endings_;
  std::function<void()> changed_;
};

}  // namespace drcon::plugins
