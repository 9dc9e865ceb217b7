// An engine with its thread's loop, for the verbs that use one.
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
  hosted_engine(const plugins::registry& plugins, const config::host_config& host, engine::mode how)
      : engine_(std::in_place, context_, plugins, figures_, host, how) {}
  ~hosted_engine();

  /// Turns the loop until `done()` holds; false when the time is up first.
  bool run_until(const std::function<bool()>& done, std::chrono::nanoseconds at_most);
  /// Stops the engine; false when a plugin overstayed.
  bool stop();

  boost::asio::io_context& context() { return context_; }
  metrics::metrics& figures() { return figures_; }
  engine::engine& engine() { return *engine_; }

private:
  boost::asio::io_context context_;
  metrics::metrics figures_;
  std::optional<engine::engine> engine_;
};

}  // namespace drcon::cli
