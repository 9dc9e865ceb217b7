// What operators ask of a running engine: a resync, and a look at what a target has.
#include "engine/engine.hpp"
#include "log/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace drcon::engine {
namespace {

// Makes the plugin's object, asks it and ends it. Blocks: on the inspector's thread.
inspection inspect_by(const std::shared_ptr<plugins::instance>& sink, const model::snapshot_ptr& desired) {
  const auto fault = sink->create();
  if (fault.result != DRCON_OK) return base::failure{fault.why};
  auto found = sink->render(std::make_shared<const plugins::update_package>(1, false, desired, nullptr));
  sink->stop([sink] {});
  return found;
}

}  // namespace

pipeline* engine::find(const std::string& name) {
  const auto found = pipelines_.find(name);
  return found == pipelines_.end() ? nullptr : found->second.get();
}

std::size_t engine::resync(const std::string& pipeline) {
  std::size_t begun = 0;
  for (const auto& name : config_.pipelines.at(pipeline).sinks) begun += sinks_.at(name)->resync() ? 1 : 0;
  journal_.add({.what = journal_entry::kind::steered,
                .about = {base::subject_kind::pipeline, pipeline},
                .why = "resync by hand"});
  return begun;
}

// By an instance that is made for this and never started, so that the sink at work is not disturbed, and that a plugin
// which hangs in here costs the inspector's thread only.
void engine::inspect(const std::string& sink, std::function<void(inspection)> done) {
  const auto& runner = *sinks_.at(sink);
  if (!runner.desired()) {
    boost::asio::post(context_, [done = std::move(done)] { done(base::failure{"nothing is desired yet"}); });
    return;
  }
  const auto& config = config_.sinks.at(sink);
  auto asked = std::make_shared<plugins::instance>(config::kind::sink, *plugins_.find(config.plugin), config,
                                                   context_.get_executor(), figures_);
  ++inspecting_;
  const auto answered = [this, done = std::move(done)](inspection found) {
    done(std::move(found));
    if (--inspecting_ == 0 && after_inspections_) std::exchange(after_inspections_, nullptr)();
  };
  inspector_.post([asked, desired = runner.desired(), executor = context_.get_executor(), answered] {
    boost::asio::post(executor,
                      [answered, found = inspect_by(asked, desired)]() mutable { answered(std::move(found)); });
  });
}

void engine::note_reload(bool taken, const std::string& why) {
  figures_.add(metrics::reloads, {{"result", taken ? "taken" : "refused"}});
  journal_.add({.what = journal_entry::kind::reloaded,
                .about = base::subject_kind::host,
                .why = (taken ? "taken" : "refused") + (why.empty() ? std::string() : ": " + why)});
}

}  // namespace drcon::engine
