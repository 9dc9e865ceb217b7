// Looks at the start, and after a reload, whether each source and sink works, so that a fault does not hide until the
// next change: a target that is as desired already needs no reload, and shows no fault of one.
//
// By instances that are made for that and never started. What has failed is looked at again now and then until it
// works; what works is not. Thread rule: the engine's thread; the plugins are asked on a lane of its own, one after the
// other, so that one that hangs costs that thread only.
#pragma once

#include "base/lane.hpp"
#include "base/timer.hpp"
#include "config/configuration.hpp"
#include "metrics/metrics.hpp"
#include "plugins/prober.hpp"
#include "plugins/registry.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace drcon::engine {

class start_probes {
public:
  /// `executor` is the engine's. All outlive this.
  start_probes(boost::asio::any_io_executor executor, const plugins::registry& plugins, metrics::metrics& figures);

  /// Looks at all of the configuration, and forgets what is not in it.
  void look_at(const config::configuration& config);
  /// What has failed, of the source or sink of that name; null when nothing has, or that is not known yet.
  const std::vector<plugins::finding>* failed(config::kind kind, const std::string& name) const;
  /// Ends. `ended` is called when no plugin is being asked any more.
  void stop(std::function<void()> ended);

  /// How long after a look with failures those are looked at again. Tests shorten it.
  static inline std::chrono::nanoseconds again_after = std::chrono::seconds(30);

private:
  using key = std::pair<config::kind, std::string>;
  // Kept while something fails: each instance costs memory that is never freed (core/plugins/call_gate.hpp).
  struct asked {
    config::instance_config config;
    std::shared_ptr<plugins::instance> instance;
    bool is_created = false;  // the lane's own
    std::vector<plugins::finding> failed;
  };
  using asked_ptr = std::shared_ptr<asked>;

  void ask(const key& which, const asked_ptr& about);
  void answer(const key& which, const asked_ptr& about, std::vector<plugins::finding> found);
  static void take(asked& about, std::vector<plugins::finding> found);
  void look_again();
  void end(const asked_ptr& about);
  void end_one();

  const boost::asio::any_io_executor executor_;
  const plugins::registry& plugins_;
  metrics::metrics& figures_;
  std::map<key, asked_ptr> all_;  // those that are asked, or have failed
  base::timer again_;
  int open_ = 0;  // questions without an answer, and instances that are stopping
  std::shared_ptr<std::atomic<bool>> stopping_ = std::make_shared<std::atomic<bool>>(false);  // the lane looks, too
  std::function<void()> ended_;  // called when open_ becomes 0; set by stop()
  base::lane lane_{"probes"};
};

}  // namespace drcon::engine
