// Reports the engine to systemd as long as its loop runs: readiness, a line for `systemctl status`, the watchdog's
// ping. Without systemd it does nothing.
//
// Thread rule: the engine's thread. That is what the watchdog watches: a loop that is stuck sends no ping, and systemd
// restarts drcon (WatchdogSec= of the unit).
#pragma once

#include "base/timer.hpp"
#include "engine/engine.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <string>

namespace drcon::systemd {

class heartbeat {
public:
  heartbeat(const boost::asio::any_io_executor& executor, const engine::engine& engine)
      : engine_(engine), timer_(executor) {}

  /// READY=1 follows once each pipeline has had its first apply, or has logged what it waits for.
  void start();
  /// A reload begins; reloaded() ends it.
  void reloading();
  /// The reload has ended, taken or refused; the status line says which from then on, as the verdict does.
  void reloaded();
  /// drcon is about to stop: no beat follows.
  void stopping();

private:
  void beat();
  std::string status() const;

  const engine::engine& engine_;
  base::timer timer_;
  std::chrono::nanoseconds interval_{};
  bool ready_ = false;
  std::string sent_;  // the status line that systemd has
};

}  // namespace drcon::systemd
