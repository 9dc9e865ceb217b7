// One plugin, loaded and driven by the host's own loader and instance, with no pipeline in between.
//
// Options are given as TOML and go through the real checker, so defaults are filled in as for a user.
// Thread rule: used from the test's thread; a thread of the harness stands in for the engine's.
#pragma once

#include "metrics/metrics.hpp"
#include "plugins/instance.hpp"
#include "plugins/registry.hpp"
#include "support/wait.hpp"

#include <drcon/sink.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace drcon::test {

/// The bundled plugins of this build and the examples of the SDK, loaded once.
plugins::registry& bundled_plugins();

class plugin_harness {
public:
  /// `toml` is the body of [source.test] or [sink.test] without `plugin`. Throws when the options are refused. `all`
  /// holds the bundled plugins too.
  plugin_harness(config::kind kind, const std::string& plugin, const std::string& toml, plugins::registry& all);
  ~plugin_harness();
  plugin_harness(const plugin_harness&) = delete;
  plugin_harness& operator=(const plugin_harness&) = delete;

  void start() { instance_->start(); }
  /// Stops the instance and waits for it; false when it took longer than `deadline`.
  bool stop(std::chrono::milliseconds deadline = patience);
  plugins::instance_status status() const { return instance_->status(); }
  std::string metrics() const { return figures_.text(); }
  std::vector<plugins::refusal> refused() const;
  /// What a source leaves out by itself at present.
  std::vector<plugins::refusal> omitted() const { return instance_->omissions(); }

protected:
  class recorder;
  /// Waits until `holds`, which is called under the recorder's lock; false when the time is up.
  bool wait(const std::function<bool(const recorder&)>& holds, std::chrono::milliseconds deadline) const;

  metrics::metrics figures_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  std::shared_ptr<recorder> recorder_;
  std::shared_ptr<plugins::instance> instance_;
  bool stopped_ = false;
  std::jthread engine_;
};

/// A source: what it published is collected here.
class source_harness : public plugin_harness {
public:
  source_harness(const std::string& plugin, const std::string& toml, plugins::registry& all = bundled_plugins())
      : plugin_harness(config::kind::source, plugin, toml, all) {}

  struct state {
    std::map<std::string, service> services;
    std::map<std::string, std::string> unknown;
    std::map<std::string, std::string> nameless;  ///< part whose names are not known -> the pattern of its names
    std::string all_unknown;                      ///< why, or empty
    bool ready = false;
    int words = 0;  ///< how often the source said anything of its services
  };
  state now() const;
  bool wait_for(const std::function<bool(const state&)>& holds, std::chrono::milliseconds deadline = patience) const;
  bool wait_ready(std::chrono::milliseconds deadline = patience) const {
    return wait_for([](const state& each) { return each.ready; }, deadline);
  }
};

/// A sink: updates are handed to it, its answers come back.
class sink_harness : public plugin_harness {
public:
  sink_harness(const std::string& plugin, const std::string& toml, plugins::registry& all = bundled_plugins())
      : plugin_harness(config::kind::sink, plugin, toml, all) {}

  /// Applies and waits for the answer. Keeps account of what was applied, as the host does.
  outcome apply(std::vector<service> services, std::chrono::milliseconds deadline = patience);
  /// The same snapshot again, to be compared with the target, which is corrected where it differs.
  outcome reconcile(std::chrono::milliseconds deadline = patience);
  /// What apply would write.
  std::vector<plugins::rendered_target> render(std::vector<service> services);

private:
  outcome hand_over(bool reconcile, std::chrono::milliseconds deadline);

  std::uint64_t ticket_ = 0;
  std::uint64_t revision_ = 0;
  model::snapshot_ptr wanted_;
  model::snapshot_ptr applied_;
};

}  // namespace drcon::test
