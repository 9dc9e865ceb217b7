// What operators ask of a running engine: a resync, and a look at what a target has.
#include "engine/engine.hpp"
#include "log/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace drcon::engine {
pipeline* engine::find(const std::string& name) {
  const auto found = pipelines_.find(name);
  return found == pipelines_.end() ? nullptr : found->second.get();
}

// Keeps a mark, and only then lets it take effect: an operator who was answered may rely on it, whatever ends drcon.
// The answer of the store comes by way of the loop, when a reload may have removed the pipeline, or the engine have
// ended.
void engine::keep(const std::string& name, std::optional<pause_mark> mark,
                  std::function<base::result<>(pipeline&)> effect, steered done) {
  auto take_effect = [this, name, effect = std::move(effect), done = std::move(done)](const base::result<>& kept) {
    if (!kept) return done(kept);
    auto* const found = find(name);
    done(found == nullptr ? base::failure{"a reload has removed pipeline " + name} : effect(*found));
  };
  pauses_.save(name, std::move(mark),
               [executor = context_.get_executor(), alive = std::weak_ptr(alive_),
                take_effect = std::move(take_effect)](base::result<> kept) {
                 boost::asio::post(executor, [alive, take_effect, kept = std::move(kept)] {
                   if (alive.lock()) take_effect(kept);
                 });
               });
}

void engine::pause(const std::string& name, const std::string& why, steered done) {
  const auto mark = find(name)->mark_of(why);
  keep(
      name, mark, [mark](pipeline& paused) { return paused.pause(mark), base::result<>(); }, std::move(done));
}

void engine::resume(const std::string& name, steered done) {
  keep(
      name, {}, [](pipeline& paused) { return paused.resume(), base::result<>(); }, std::move(done));
}

void engine::roll_back(const std::string& name, std::uint64_t revision, steered done) {
  const auto mark = find(name)->mark_of("rolled back to revision " + std::to_string(revision));
  keep(
      name, mark,
      [mark, revision](pipeline& rolled_back) -> base::result<> {
        if (rolled_back.roll_back(revision, mark)) return {};
        return base::failure{"revision " + std::to_string(revision) + " is not kept any more; the pipeline is paused"};
      },
      std::move(done));
}

std::size_t engine::resync(const std::string& pipeline) {
  std::size_t begun = 0;
  for (const auto& name : config_.pipelines.at(pipeline).sinks) begun += sinks_.at(name)->resync() ? 1 : 0;
  journal_.add({.what = journal_entry::kind::steered,
                .about = {base::subject_kind::pipeline, pipeline},
                .why = "resync by hand"});
  return begun;
}

void engine::inspect(const std::string& sink, std::function<void(inspection)> done) {
  const auto& runner = *sinks_.at(sink);
  if (!runner.desired()) {
    boost::asio::post(context_, [done = std::move(done)] { done(base::failure{"nothing is desired yet"}); });
    return;
  }
  inspector_.ask(config_.sinks.at(sink), runner.desired(), std::move(done));
}

void engine::note_reload(bool taken, const std::string& why) {
  if (taken) refused_reload_.reset();
  else refused_reload_ = why;
  figures_.add(metrics::reloads, {{"result", taken ? "taken" : "refused"}});
  journal_.add({.what = journal_entry::kind::reloaded,
                .about = base::subject_kind::host,
                .why = (taken ? "taken" : "refused") + (why.empty() ? std::string() : ": " + why)});
}

}  // namespace drcon::engine
