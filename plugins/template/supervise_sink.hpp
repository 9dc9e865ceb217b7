// A sink's program: its supervisor, from the sink's start to its stop, and the host that is to know of it.
//
// Thread rule: made on the instance's lane; all else on the sink's one thread. The stop comes on the lane.
#pragma once

#include "template/supervise_handover.hpp"
#include "template/supervise_settings.hpp"

#include <drcon/process.h>
#include <drcon/context.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

namespace drcon::templates {

class program_of_sink {
public:
  /// Throws config_error where the host cannot keep a program.
  program_of_sink(context host, supervise_settings settings);
  ~program_of_sink();
  program_of_sink(const program_of_sink&) = delete;
  program_of_sink& operator=(const program_of_sink&) = delete;

  /// Once the sink runs. From then on a stop ends the program in order, or leaves it to the next instance.
  void begin(const std::stop_token& stop);
  /// Files have changed. A program that has been asked to run is to load them, though the stop has left it to the next
  /// instance meanwhile; another one finds them when it is started.
  void note_change();
  /// The files are in place: the program can be started. Why it does not run yet, or has not loaded them, or empty.
  std::string load(const std::stop_token& stop);
  /// For the status.
  std::string text() const;

private:
  void leave() noexcept;

  const context host_;
  const supervise_settings settings_;
  const drcon_process* const process_;
  supervise_claim claim_;
  bool has_begun_ = false;
  bool owes_change_ = false;  // files have changed while there was no supervisor
  mutable std::mutex mutex_;  // guards supervisor_: a stop takes it away while the sink's thread may be at work
  std::shared_ptr<supervisor> supervisor_;
  std::weak_ptr<supervisor> known_;  // the same, and a stop does not take it away; the sink's thread alone uses it
  std::optional<std::stop_callback<std::function<void()>>> at_stop_;
};

}  // namespace drcon::templates
