// An engine and the loop that it runs on, for the verbs that need one: run, once, render.
//
// Thread rule: the thread that makes it is the engine's thread.
#pragma once

#include "cli/startup.hpp"
#include "engine/engine.hpp"
#include "metrics/metrics.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <optional>

namespace drcon::cli {

class hosted_engine {
public:
  /// `plugins` outlives it.
  hosted_engine(const plugins::registry& plugins, const config::host_config& host, engine::mode how)
      : engine_(std::in_place, context_, plugins, figures_, host, how) {}
  ~hosted_engine();

  /// Runs the loop until `done()` is true; false when the time is up first.
  bool run_until(const std::function<bool()>& done, std::chrono::nanoseconds at_most);
  /// Stops the engine and runs the loop until it has; false when a plugin, or the disk, missed its deadline.
  bool stop();

  boost::asio::io_context& context() { return context_; }
  metrics::metrics& figures() { return figures_; }
  engine::engine& engine() { return *engine_; }

private:
  boost::asio::io_context context_;
  metrics::metrics figures_;
  std::optional<engine::engine> engine_;
};

/// Ends the process after a stop that was not clean: a plugin, or the disk, has not ended, so that destructors would
/// wait for it, or free what it still uses.
[[noreturn]] void exit_without_those_left(int code);

}  // namespace drcon::cli
