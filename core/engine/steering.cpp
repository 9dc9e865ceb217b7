// What operators ask of a running engine: a resync, and a look at what a target has.
#include "config/units.hpp"
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

// The answer of a store, which comes on its thread, brought to the engine's; nobody gets it when the engine has ended.
std::function<void(base::result<>)> engine::on_loop(std::function<void(const base::result<>&)> answered) {
  return [executor = context_.get_executor(), alive = std::weak_ptr(alive_),
          answered = std::move(answered)](base::result<> kept) {
    boost::asio::post(executor, [alive, answered, kept = std::move(kept)] {
      if (alive.lock()) answered(kept);
    });
  };
}

// Keeps a mark, and only then lets it take effect: an operator who was answered may rely on it, whatever ends drcon. By
// then a reload may have removed the pipeline. A mark that has no effect does not stay on disk: a restart would begin
// with a pause that was refused.
void engine::keep(const std::string& name, std::optional<pause_mark> mark,
                  std::function<base::result<>(pipeline&)> effect, steered done) {
  auto take_effect = [this, name, effect = std::move(effect), done = std::move(done)](const base::result<>& kept) {
    if (!kept) return done(kept);
    auto* const found = find(name);
    const auto outcome = found ? effect(*found) : base::failure{"a reload has removed pipeline " + name};
    if (outcome) return done(outcome);
    auto answer = [done, why = outcome.error().why](const base::result<>& undone) {
      done(base::failure{undone ? why
                                : why + "; and the mark on disk stays as it was asked for: " + undone.error().why});
    };
    pauses_.save(name, found ? found->paused() : std::nullopt, on_loop(std::move(answer)));
  };
  pauses_.save(name, std::move(mark), on_loop(std::move(take_effect)));
}

// The effect of a mark that was made from the pause that there was. It has none when there is another one by then, or
// none any more: it would bring back what an operator has ended, with what the sinks had at that time.
std::function<base::result<>(pipeline&)> engine::unless_changed(const std::optional<pause_mark>& made_from,
                                                                changed_meanwhile changed,
                                                                std::function<base::result<>(pipeline&)> effect) {
  return [made_from, changed = std::move(changed), effect = std::move(effect)](pipeline& found) -> base::result<> {
    *changed = found.paused() != made_from;
    if (*changed) return base::failure{"the pause of the pipeline changed while this was being written; try again"};
    return effect(found);
  };
}

// Whoever asked for it need not know that somebody else was quicker: it is done from what there is now.
engine::steered engine::or_again(const std::string& name, changed_meanwhile changed, std::function<void(steered)> again,
                                 steered done) {
  return [this, name, changed = std::move(changed), again = std::move(again),
          done = std::move(done)](const base::result<>& outcome) {
    if (outcome || !*changed || find(name) == nullptr) return done(outcome);
    again(done);
  };
}

// The content is kept first and the mark second: a crash in between leaves what the operator has asked for without the
// pause, and never a pause that says so with other content.
void engine::roll_back(const std::string& name, std::uint64_t revision, steered done, const std::string& who) {
  const auto& pipeline = *find(name);
  const auto target = pipeline.revision_of_history(revision);
  if (!target) return done(base::failure{"revision " + std::to_string(revision) + " is not kept any more"});
  auto mark = pipeline.mark_of("rolled back to revision " + std::to_string(revision), who);
  mark.behind.clear();  // each sink is given this content
  const auto changed = std::make_shared<bool>(false);
  auto effect = unless_changed(pipeline.paused(), changed, [mark, target = *target](class pipeline& rolled_back) {
    return rolled_back.roll_back(target, mark), base::result<>();
  });
  keep_content(
      name,
      {.snapshot = pipeline.next_with(*target->snapshot),
       .asked = target->asked,
       .decided = std::chrono::system_clock::now()},
      [this, name, mark, effect = std::move(effect)](engine::steered then) {
        keep(name, mark, effect, std::move(then));
      },
      or_again(
          name, changed,
          [this, name, revision, who](engine::steered then) { roll_back(name, revision, std::move(then), who); },
          std::move(done)));
}

base::result<> engine::release_brake(const std::string& name, const std::string& service,
                                     std::optional<std::uint64_t> number, steered done, const std::string& who) {
  const auto& pipeline = *find(name);
  const auto content = pipeline.foresee_release(service, number);
  if (!content) return content.error();
  const auto seen = pipeline.held_back().number;
  keep_content(
      name, *content,
      [this, name, service, seen, who](const engine::steered& done) {
        done(find(name)->release_brake(service, seen, who));
      },
      std::move(done));
  return {};
}

// Keeps what a pipeline is about to serve, and only then goes on. If that comes to nothing after all, what is served is
// kept again.
void engine::keep_content(const std::string& name, saved_state content, std::function<void(engine::steered)> then,
                          steered done) {
  auto ended = [this, name, done = std::move(done)](const base::result<>& outcome) {
    if (auto* const found = find(name); !outcome && found != nullptr) found->keep_what_is_served();
    done(outcome);
  };
  auto go_on = [this, name, then = std::move(then), ended = std::move(ended)](const base::result<>& kept) {
    if (!kept) return ended(base::failure{kept.error().why});
    if (find(name) == nullptr) return ended(base::failure{"a reload has removed pipeline " + name});
    then(ended);
  };
  store_.keep(name, std::move(content), on_loop(std::move(go_on)));
}

std::size_t engine::resync(const std::string& pipeline, const std::string& who) {
  std::size_t begun = 0;
  for (const auto& name : config_.pipelines.at(pipeline).sinks) begun += sinks_.at(name)->resync() ? 1 : 0;
  journal_.add({.what = journal_entry::kind::steered,
                .about = {base::subject_kind::pipeline, pipeline},
                .why = "resync",
                .who = who});
  return begun;
}

void engine::inspect(const std::string& sink, std::function<void(inspection)> done) {
  const auto& runner = *sinks_.at(sink);
  if (!runner.desired()) {
    boost::asio::post(context_, [done = std::move(done)] { done(base::failure{"nothing is desired yet"}); });
    return;
  }
  const auto found = std::make_shared<inspection>(
      base::failure{"plugin '" + config_.sinks.at(sink).plugin + "' has not rendered within " +
                    config::to_text(inspect_patience) + ": it is still at it, or hangs; its log may say why"});
  const auto end = within(inspect_patience, [found, done = std::move(done)](bool) { done(std::move(*found)); });
  inspector_.ask(config_.sinks.at(sink), runner.desired(), [found, end](inspection answer) {
    *found = std::move(answer);
    end(true);
  });
}

void engine::note_reload(bool taken, const std::string& why, const std::string& who) {
  if (taken) refused_reload_.reset();
  else refused_reload_ = why;
  reload_refused_at_ = std::chrono::system_clock::now();
  figures_.add(metrics::reloads, {{"result", taken ? "taken" : "refused"}});
  journal_.add({.what = journal_entry::kind::reloaded,
                .about = base::subject_kind::host,
                .why = (taken ? "taken" : "refused") + (why.empty() ? std::string() : ": " + why),
                .who = who});
}

}  // namespace drcon::engine
