// The programs that sinks keep, for `drcon run` and `drcon once`: which signals are passed on to them, when they may
// begin, and the exit code that drcon takes over from them.
//
// Thread rule: the engine's thread.
#pragma once

#include "base/timer.hpp"
#include "engine/engine.hpp"
#include "plugins/program_keepers.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace drcon::cli {

class kept_programs {
public:
  /// `ended` is called once, when the first of them has ended by itself: drcon is to end as well. All outlive it.
  kept_programs(boost::asio::io_context& context, engine::engine& engine, std::function<void()> ended);
  ~kept_programs();
  kept_programs(const kept_programs&) = delete;
  kept_programs& operator=(const kept_programs&) = delete;

  bool any() const;
  /// One of them has ended by itself.
  bool has_ended() const { return has_ended_; }
  /// From now on the sinks end their programs since drcon stops, and not since a reload has changed them.
  void note_stop() { stopping_ = true; }
  /// What drcon ends with instead of its own code; nothing when no program says so.
  std::optional<int> exit_code();

private:
  void look();
  void take_endings();
  void let_begin();
  bool others_have_applied(const std::string& sink) const;
  void wait_for_signal();

  plugins::program_keepers& keepers_;
  engine::engine& engine_;
  std::function<void()> ended_;
  boost::asio::signal_set signals_;
  base::timer next_look_;
  bool passes_signals_ = false;
  bool stopping_ = false;
  bool has_ended_ = false;
  std::optional<int> code_;
  const std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // for posts that come late
};

}  // namespace drcon::cli
