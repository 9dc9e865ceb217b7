// What people ask of a running engine, and what they want to know of a target.
#include "engine/engine.hpp"
#include "log/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace drcon::engine {

pipeline* engine::find(const std::string& name) {
  const auto at = pipelines_.find(name);
  return at == pipelines_.end() ? nullptr : at->second.get();
}

std::size_t engine::resync(const std::string& pipeline) {
  std::size_t begun = 0;
  for (const auto& name : config_.pipelines.at(pipeline).sinks) begun += sinks_.at(name)->resync() ? 1 : 0;
  journal_.add({.what = journal_entry::kind::steered,
                .about = {base::subject_kind::pipeline, pipeline},
                .why = "resync by hand"});
  return begun;
}

// By an instance of its own, made for this and never started: what the sink at work is doing at present is not
// disturbed, and a plugin that hangs in here costs the inspector's thread.
void engine::inspect(const std::string& sink, std::function<void(inspection)> done) {
  const auto& runner = *sinks_.at(sink);
  if (!runner.wanted()) {
    boost::asio::post(context_, [done = std::move(done)] { done({.targets = {}, .error = "nothing is wanted yet"}); });
    return;
  }
  const auto& config = config_.sinks.at(sink);
  auto asked = std::make_shared<plugins::instance>(config::kind::sink, *plugins_.find(config.plugin), config,
                                                   context_.get_executor(), figures_);
  inspector_.post([asked, wanted = runner.wanted(), executor = context_.get_executor(), done = std::move(done)] {
    inspection found;
    const auto fault = asked->create();
    if (fault.result != DRCON_OK) {
      found.error = fault.why;
    } else {
      const auto update = std::make_shared<const plugins::update_package>(1, false, wanted, nullptr);
      if (auto targets = asked->render(update)) found.targets = *std::move(targets);
      else found.error = targets.error().why;
      asked->stop([asked] {});
    }
    boost::asio::post(executor, [done, found = std::move(found)]() mutable { done(std::move(found)); });
  });
}

void engine::note_reload(bool taken, const std::string& why) {
  figures_.add(metrics::reloads, {{"result", taken ? "taken" : "refused"}});
  journal_.add({.what = journal_entry::kind::reloaded,
                .about = base::subject_kind::host,
                .why = (taken ? "taken" : "refused") + (why.empty() ? std::string() : ": " + why)});
}

}  // namespace drcon::engine
