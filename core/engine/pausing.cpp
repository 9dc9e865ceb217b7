// The beginning and the end of a pause.
//
// Whoever is answered that a pipeline is paused relies on it that its targets stay as they are. So the update that a
// sink is applying is waited for first, and what is not applied by then goes back to what the target has: a sink that
// retries would change its target in the pause, and so would a restart, which serves what was decided last.
#include "config/units.hpp"
#include "engine/engine.hpp"
#include "model/snapshot.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace drcon::engine {
namespace {

bool is_same(const decision* left, const decision* right) {
  return left && right && same_content(*left->snapshot, *right->snapshot);
}

// What a pipeline serves in its pause, and which of its sinks have something else.
struct applied_state {
  const decision* served = nullptr;  // null: what was decided last, as far as anybody knows
  std::vector<std::string> behind;
};

// If a target has what was decided last, that is served, and the others are behind. If none has, it is the newest that
// one of them has.
applied_state applied_by(const std::vector<std::shared_ptr<sink_runner>>& sinks, const pipeline& paused,
                         const decision& before) {
  applied_state found;
  if (!paused.current().snapshot) return found;  // they were given nothing of it
  std::map<std::string, const decision*> by_sink;
  for (const auto& each : sinks) {
    const auto* applied = each->applied_of(paused.name());
    if (!applied && before.snapshot) applied = &before;
    by_sink.emplace(each->name(), applied);
    const bool is_newer =
        applied && (!found.served || applied->snapshot->revision() > found.served->snapshot->revision());
    if (is_newer) found.served = applied;
  }
  const auto has_newest = [&](const auto& each) { return is_same(each.second, &paused.current()); };
  const bool is_served = std::ranges::any_of(by_sink, has_newest);
  const auto* const kept = is_served ? &paused.current() : found.served;
  for (const auto& [name, applied] : by_sink)
    if (!is_same(applied, kept)) found.behind.push_back(name);
  if (is_served) found.served = nullptr;
  return found;
}

std::string names_of(const std::vector<std::shared_ptr<sink_runner>>& sinks) {
  std::vector<std::string> names;
  for (const auto& each : sinks)
    if (each->in_flight()) names.push_back(each->name());
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

engine::runners engine::sinks_of(const std::string& pipeline) const {
  runners all;
  for (const auto& name : config_.pipelines.at(pipeline).sinks) all.push_back(sinks_.at(name));
  return all;
}

// In a pause: what the pipeline serves is not what the target of this sink had when it began.
bool engine::keeps_its_own(const std::string& pipeline, const std::string& sink) const {
  const auto found = pipelines_.find(pipeline);
  if (found == pipelines_.end() || !found->second->paused()) return false;
  return std::ranges::find(found->second->paused()->behind, sink) != found->second->paused()->behind.end();
}

void engine::pause(const std::string& name, const std::string& why, steered done, const std::string& who) {
  auto& pipeline = *find(name);
  const auto changed = std::make_shared<bool>(false);
  auto answer = or_again(
      name, changed, [this, name, why, who](engine::steered then) { pause(name, why, std::move(then), who); },
      std::move(done));
  if (pipeline.paused()) {
    const auto mark = pipeline.mark_of(why, who);
    auto effect = [mark](class pipeline& paused) { return paused.pause(mark), base::result<>(); };
    return keep(name, mark, unless_changed(pipeline.paused(), changed, std::move(effect)), std::move(answer));
  }
  pipeline.begin_pausing();
  const auto sinks = sinks_of(name);
  steered answered = [this, name, sinks, answer = std::move(answer)](const base::result<>& outcome) {
    for (const auto& each : sinks) each->go_on();
    if (auto* const found = find(name)) found->end_pausing();
    answer(outcome);
  };
  const pause_mark order{.why = why, .who = who};
  const auto open = std::make_shared<std::size_t>(sinks.size());
  const auto idle =
      within(pause_patience, [this, name, order, sinks, changed, answered = std::move(answered)](bool in_time) {
        if (in_time) return pause_when_idle(name, order, sinks, changed, answered);
        answered(base::failure{
            "sink " + names_of(sinks) + " is still applying an update after " + config::to_text(pause_patience) +
            ", which would change its target in the pause; see its log, and try again when it has ended"});
      });
  for (const auto& each : sinks)
    each->withhold([open, idle] {
      if (--*open == 0) idle(true);
    });
}

// Nothing is in flight, and nothing is handed over until `done` has been called.
void engine::pause_when_idle(const std::string& name, const pause_mark& order, const runners& sinks,
                             const changed_meanwhile& changed, const steered& done) {
  const auto* const pipeline = find(name);
  if (!pipeline) return done(base::failure{"a reload has removed pipeline " + name});
  // A sink that a reload has put in the place of one of them may be applying something.
  if (sinks_of(name) != sinks)
    return done(base::failure{"a reload replaced the sinks of the pipeline while it was being paused; try again"});
  const auto before = pipeline->served_before();
  const auto found = applied_by(sinks, *pipeline, before);
  auto mark = pipeline->mark_of(order.why, order.who);
  mark.behind = found.behind;
  const auto served = found.served ? std::optional(*found.served) : std::nullopt;
  const auto judged = pipeline->current().snapshot;
  auto take_effect = [this, name, before, mark, served, sinks, judged](class pipeline& paused) -> base::result<> {
    // The disk takes its time. What was found at the sinks says nothing of another content, nor of other sinks.
    if (paused.current().snapshot != judged || sinks_of(name) != sinks)
      return base::failure{"the snapshot or the sinks of the pipeline changed while it was being paused; try again"};
    for (const auto& each : sinks)
      if (std::ranges::find(mark.behind, each->name()) != mark.behind.end()) each->keep_applied_of(name, before);
    if (served) paused.pause_at(*served, mark);
    else paused.pause(mark);
    return {};
  };
  auto effect = unless_changed(pipeline->paused(), changed, std::move(take_effect));
  if (!served) return keep(name, mark, std::move(effect), done);
  // The content first and the mark second, as in a rollback.
  keep_content(
      name, pipeline->state_of(pipeline->next_with(*served->snapshot), served->asked),
      [this, name, mark, effect](engine::steered then) { keep(name, mark, effect, std::move(then)); }, done);
}

void engine::resume(const std::string& name, steered done, const std::string& who) {
  keep(
      name, {},
      [this, name, who](pipeline& paused) {
        const auto behind = paused.paused() ? paused.paused()->behind : std::vector<std::string>();
        paused.resume(who);
        for (const auto& each : behind)
          if (const auto sink = sinks_.find(each); sink != sinks_.end() && paused.current().snapshot)
            sink->second->on_decided(name, paused.current());
        return base::result<>();
      },
      std::move(done));
}

}  // namespace drcon::engine
