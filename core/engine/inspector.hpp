// Asks sinks what they would write and what their targets have, for operators who want a diff or an explanation.
//
// By an instance beside the one at work, which is not disturbed: it is made at the first question and never started.
// One for each sink is kept until the sink's configuration changes, because each instance costs a thread, perhaps a
// process, and memory that is never freed (core/plugins/call_gate.hpp), and some questions need no token.
//
// Thread rule: the public functions on the engine's thread. The plugins are asked one after the other on a lane of its
// own, so that one that hangs costs that thread only.
#pragma once

#include "base/lane.hpp"
#include "base/result.hpp"
#include "config/configuration.hpp"
#include "metrics/metrics.hpp"
#include "model/snapshot_ptr.hpp"
#include "plugins/instance.hpp"
#include "plugins/registry.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace drcon::engine {

/// What a sink would write and what its target has, or why that is not known.
using inspection = base::result<std::vector<plugins::rendered_target>>;

class inspector {
public:
  /// `executor` is the engine's. All outlive this.
  inspector(boost::asio::any_io_executor executor, const plugins::registry& plugins, metrics::metrics& figures)
      : executor_(std::move(executor)), plugins_(plugins), figures_(figures) {}

  /// `done` is called on the engine's thread.
  void ask(const config::instance_config& sink, const model::snapshot_ptr& desired,
           std::function<void(inspection)> done);
  /// Ends the instances of sinks that are not in `sinks`, or are otherwise there.
  void keep_only(const std::map<std::string, config::instance_config>& sinks);
  /// Ends all. `ended` is called when every question was answered and every instance has stopped.
  void stop(std::function<void()> ended);

private:
  struct asked {
    config::instance_config config;
    std::shared_ptr<plugins::instance> instance;
    bool is_made = false;  // the lane's own
    // The engine thread's own: why the plugin's object could not be made, and when.
    std::optional<std::string> why_not;
    std::chrono::steady_clock::time_point failed_at;
  };

  std::shared_ptr<asked> instance_for(const config::instance_config& sink);
  void answer(inspection found, const std::function<void(inspection)>& done);
  void end(const std::shared_ptr<asked>& old);
  void end_one();

  const boost::asio::any_io_executor executor_;
  const plugins::registry& plugins_;
  metrics::metrics& figures_;
  std::map<std::string, std::shared_ptr<asked>> kept_;  // by the sink's name
  int open_ = 0;                                        // questions without an answer, and instances that are stopping
  std::function<void()> ended_;                         // called when open_ becomes 0; set by stop()
  base::lane lane_{"inspector"};
};

}  // namespace drcon::engine
