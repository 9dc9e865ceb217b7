// Looks at the start, and after a reload, whether each source and sink works, so that a fault does not hide until the
// next change: a target that is as desired already needs no reload, and shows no fault of one.
//
// By instances that are made for that and never started. What has failed is looked at again until it works: when the
// source or sink at work reports another state than before, and now and then, after pauses that grow. What works is
// not. A fault that has ended must not be reported for long beside a source that reports that it is well.
// Thread rule: the engine's thread; the plugins are asked on a lane of its own, one after the other, so that one that
// hangs costs that thread only.
#pragma once

#include "base/backoff.hpp"
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
  /// The state of the source or sink of that name, the one at work, as it reports it now: any text that is another one
  /// when the state is.
  using report_of = std::function<std::string(config::kind, const std::string& name)>;

  /// `executor` is the engine's. All outlive this.
  start_probes(boost::asio::any_io_executor executor, const plugins::registry& plugins, metrics::metrics& figures,
               report_of reports);

  /// Looks at all of the configuration, and forgets what is not in it.
  void look_at(const config::configuration& config);
  /// What has failed, of the source or sink of that name; null when nothing has, or that is not known yet.
  const std::vector<plugins::finding>* failed(config::kind kind, const std::string& name) const;
  /// Since when something fails of it; the epoch when nothing does.
  std::chrono::system_clock::time_point failed_since(config::kind kind, const std::string& name) const;
  /// Ends. `ended` is called when no plugin is being asked any more.
  void stop(std::function<void()> ended);

  /// The pauses before what has failed is looked at again though no other state is reported, and how often it is
  /// noticed that another one is. Tests change them.
  static inline std::chrono::nanoseconds shortest_pause = std::chrono::seconds(1);
  static inline std::chrono::nanoseconds longest_pause = std::chrono::seconds(30);
  static inline std::chrono::nanoseconds notice_every = std::chrono::seconds(1);

private:
  using key = std::pair<config::kind, std::string>;
  // Kept while something fails: each instance costs memory that is never freed (core/plugins/call_gate.hpp).
  struct asked {
    config::instance_config config;
    std::shared_ptr<plugins::instance> instance;
    bool is_created = false;  // the lane's own
    std::vector<plugins::finding> failed;
    std::chrono::system_clock::time_point failed_since{};
    int open = 0;          // questions without an answer
    std::string reported;  // by the one at work, when this was asked last
    base::backoff pause{shortest_pause, longest_pause};
    base::timer::clock::time_point due;  // while something fails: when to look again though no other state is reported
  };
  using asked_ptr = std::shared_ptr<asked>;

  void ask(const key& which, const asked_ptr& about);
  bool is_to_be_asked(const key& which, asked& about) const;
  void answer(const key& which, const asked_ptr& about, std::vector<plugins::finding> found);
  void look_again_later();
  static void take(asked& about, std::vector<plugins::finding> found);
  void look_again();
  void end(const asked_ptr& about);
  void end_one();

  const boost::asio::any_io_executor executor_;
  const plugins::registry& plugins_;
  metrics::metrics& figures_;
  const report_of reports_;
  std::map<key, asked_ptr> all_;  // those that are asked, or have failed
  base::timer again_;
  int open_ = 0;  // questions without an answer, and instances that are stopping
  std::shared_ptr<std::atomic<bool>> stopping_ = std::make_shared<std::atomic<bool>>(false);  // the lane looks, too
  std::function<void()> ended_;  // called when open_ becomes 0; set by stop()
  base::lane lane_{"probes"};
};

}  // namespace drcon::engine
