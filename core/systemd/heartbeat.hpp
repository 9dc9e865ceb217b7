// What systemd is told of the engine, as long as its thread turns: readiness, a line for `systemctl status`, the
// watchdog's ping. Without systemd it does nothing.
//
// Thread rule: the engine's thread. That is what the watchdog watches: a loop that is stuck stops pinging, and systemd
// starts drcon anew (WatchdogSec= of the unit).
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

  /// Ready is told once each pipeline has had its first apply, or has said what it waits for.
  void start();
  /// A reload begins; it ends by reloaded(). `note` leads the status line from then on: empty, or what went wrong.
  void reloading();
  void reloaded(std::string note);
  void stopping();

private:
  void beat();
  std::string status() const;

  const engine::engine& engine_;
  base::timer timer_;
  std::chrono::nanoseconds interval_{};
  bool ready_ = false;
  std::string note_;
  std::string told_;
};

}  // namespace drcon::systemd
