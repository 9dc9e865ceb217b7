#include "engine/engine.hpp"

#include "base/count_of.hpp"
#include "base/last_catch.hpp"
#include "config/units.hpp"
#include "log/log.hpp"
#include "model/plugin_state.hpp"
#include "model/sink_answer.hpp"
#include "model/snapshot.hpp"
#include "plugins/program_keepers.hpp"
#include "plugins/reads_files.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

namespace drcon::engine {
namespace {

// Memory that was missing may be there again. An error that comes back each time must not cost a resync of all sinks
// each second.
constexpr auto first_pause_before_recovery = std::chrono::seconds(1);
constexpr auto longest_pause_before_recovery = std::chrono::minutes(1);

}  // namespace

engine::engine(boost::asio::io_context& context, const plugins::registry& plugins, metrics::metrics& figures,
               const config::host_config& host, mode how)
    : context_(context),
      plugins_(plugins),
      figures_(figures),
      mode_(how),
      journal_(static_cast<std::size_t>(host.journal_size)),
      // A render must leave no trace.
      store_(how == mode::apply ? host.state_directory : std::filesystem::path()),
      pauses_(how == mode::apply ? host.state_directory : std::filesystem::path()),
      inspector_(context.get_executor(), plugins, figures),
      probes_(context.get_executor(), plugins, figures,
              [this](config::kind kind, const std::string& name) { return reported_by(kind, name); }),
      recovery_pause_(first_pause_before_recovery, longest_pause_before_recovery),
      recovery_(context.get_executor()),
      spare_memory_(context.get_executor()) {
  config_.host = host;
  after_late_end_ = std::make_shared<const std::function<void()>>([this] {
    for (auto& [name, runner] : sinks_) runner->resync_soon();
  });
  for (const char* result : {"taken", "refused"}) figures_.add(metrics::reloads, {{"result", result}}, 0);
}

void engine::recover_soon() {
  // One that is due already makes up for this event, too. It is not put off: events may be lost all the time.
  if (stopping_ || recovery_is_due_) return;
  if (base::timer::clock::now() - recovered_ > longest_pause_before_recovery) recovery_pause_.reset();
  const auto pause = recovery_pause_.next();
  base::try_for_seconds("what was lost is not made up for yet; every pipeline goes on", [this, pause] {
    recovery_.after(pause, [this] {
      recovery_is_due_ = false;
      recover();
    });
    recovery_is_due_ = true;
  });
}

// One by one: a fault that comes back in one of them must not keep the others from what was lost.
void engine::recover() {
  bool all = true;
  const auto recovers = [&all](const base::subject& one, const std::function<void()>& step) {
    all &= base::caught_last(to_string(one) + " has not made up for a lost event; retrying; all others go on", step);
  };
  for (auto& [name, source] : sources_)
    recovers(source->subject(), [&each = *source] { each.instance().deliver_unread(); });
  for (auto& [name, pipeline] : pipelines_) recovers(pipeline->subject(), [&each = *pipeline] { each.recover(); });
  for (auto& [name, runner] : sinks_) recovers(runner->subject(), [&each = *runner] { each.recover(); });
  recovered_ = base::timer::clock::now();
  if (!all) return recover_soon();
  log::info(base::subject_kind::host, "recovered from a lost event: all sinks compare their targets");
}

engine::~engine() { pipelines_.clear(); }

pipeline_surroundings engine::around() { return {context_.get_executor(), journal_, store_, pauses_, figures_}; }

// Makes the instances that are new or different in `next`. They are not started: nothing has changed yet if one fails.
bool engine::make(config::kind kind, const std::map<std::string, config::instance_config>& current,
                  const std::map<std::string, config::instance_config>& next, made& into, config::diagnostics& found) {
  bool all = true;
  for (const auto& [name, wanted] : next) {
    const auto known = current.find(name);
    if (known != current.end() && known->second == wanted) continue;
    auto made = std::make_shared<plugins::instance>(kind, *plugins_.find(wanted.plugin), wanted,
                                                    context_.get_executor(), figures_);
    const auto fault = made->create();
    if (fault.result == DRCON_OK) {
      into.emplace(name, std::move(made));
      continue;
    }
    const auto entry = wanted.positions.find(fault.pointer);
    found.error(config::code::plugin, entry == wanted.positions.end() ? wanted.where : entry->second,
                wanted.plugin + ": " + fault.why);
    all = false;
  }
  return all;
}

bool engine::apply(const config::configuration& next, config::diagnostics& found) {
  made sources;
  made sinks;
  const bool sources_made = make(config::kind::source, config_.sources, next.sources, sources, found);
  const bool sinks_made = make(config::kind::sink, config_.sinks, next.sinks, sinks, found);
  if (!sources_made || !sinks_made) {
    for (auto* each : {&sources, &sinks})
      for (auto& [name, instance] : *each) retire(instance, [] {});
    return false;
  }
  warn_of_removed(next, found);
  const auto before = std::exchange(config_, next);
  // One that has read a template would answer by what that was before it was edited.
  auto asked = next.sinks;
  std::erase_if(asked, [this](const auto& each) { return reads_files(each.second); });
  inspector_.keep_only(asked);
  journal_.resize(static_cast<std::size_t>(next.host.journal_size));
  store_.write_every(next.host.state_interval);
  replace_sources(sources);
  replace_pipelines(before, sources, found);
  replace_sinks(sinks);
  feed_sinks();
  for (const auto& [name, runner] : sinks_)
    if (!sinks.contains(name) && reads_files(config_.sinks.at(name))) runner->compare_again();
  // Started last: what a source reports first must find its pipelines and sinks in place.
  for (const auto& [name, instance] : sources) instance->start();
  // From now on there are pipelines that must not stand still for what a reload reads from the disk.
  store_.hurry();
  pauses_.hurry();
  return true;
}

// Puts new sources in the place of old ones. Pipelines that still point to an old one are replaced by
// replace_pipelines(), which comes next.
void engine::replace_sources(const made& sources) {
  std::vector<std::shared_ptr<source_state>> old;
  for (auto entry = sources_.begin(); entry != sources_.end();) {
    if (config_.sources.contains(entry->first) && !sources.contains(entry->first)) {
      ++entry;
      continue;
    }
    old.push_back(std::move(entry->second));
    entry = sources_.erase(entry);
  }
  for (auto& [name, instance] : sources) {
    auto state = std::make_shared<source_state>(instance, journal_, figures_, context_.get_executor());
    instance->listen(state);
    sources_.emplace(name, std::move(state));
  }
  // Kept until its instance has stopped: the old pipelines unregister from it in replace_pipelines().
  for (auto& each : old) {
    const auto instance = each->instance().shared_from_this();
    retire(instance, [kept = std::move(each)] {});
  }
}

void engine::replace_pipelines(const config::configuration& before, const made& new_sources,
                               config::diagnostics& found) {
  std::map<std::string, std::unique_ptr<pipeline>> next;
  // Looked at once, before any of them writes a state of its own.
  const bool state_is_kept = !store_.pipelines().empty();
  const same_target is_same_target = [&](const std::string& old_sink, const std::string& new_sink) {
    return have_same_target(old_sink, new_sink, before);
  };
  // All are made before the first of them begins, which asks the others what they have.
  std::vector<std::function<void()>> begin;
  std::set<std::string> followed;  // pipelines whose sinks new ones take over
  for (const auto& [name, wanted] : config_.pipelines) {
    const auto known = pipelines_.find(name);
    const auto is_new = [&](const std::string& source) { return new_sources.contains(source); };
    const bool same = known != pipelines_.end() && before.pipelines.at(name) == wanted &&
                      std::ranges::none_of(wanted.sources, is_new);
    if (same) {
      next.emplace(name, std::move(known->second));
      continue;
    }
    std::vector<source_state*> sources;
    for (const auto& source : wanted.sources) sources.push_back(sources_.at(source).get());
    auto made = std::make_unique<pipeline>(
        wanted, asked_for_by(wanted, config_.sources), std::move(sources), around(),
        sinks_of_pipeline{
            .decided = [this, pipeline = wanted.name](const decision& what) { on_decided(pipeline, what); },
            .look = [this, pipeline = wanted.name](
                        const auto& candidate,
                        auto answer) { look_at_targets(pipeline, candidate, std::move(answer)); },
        });
    auto* const it = made.get();
    if (known != pipelines_.end()) {
      begin.emplace_back([it, &is_same_target, old = known->second.get()] { it->start_after(*old, is_same_target); });
    } else if (auto ended = that_left_sinks_of(wanted, before); ended.empty()) {
      begin.emplace_back([it, state_is_kept] { it->start(state_is_kept); });
    } else {
      for (const auto* each : ended) warn_of_pause(*each, &wanted, found);
      std::ranges::transform(ended, std::inserter(followed, followed.end()), &pipeline::name);
      begin.emplace_back([this, it, &is_same_target, ended = std::move(ended)] {
        it->start_in_place_of(ended, is_same_target, [this, name = it->name()](const model::service_ptr& service) {
          return is_at_another(name, service);
        });
      });
    }
    next.emplace(name, std::move(made));
  }
  pipelines_.swap(next);  // the old ones live until all have begun
  for (const auto& each : begin) each();
  for (const auto& [name, left] : before.pipelines) {
    if (config_.pipelines.contains(name)) continue;
    if (!followed.contains(name)) warn_of_pause(*next.at(name), nullptr, found);
    put_aside(name);
  }
}

// A pause is an operator's decision, and so is its end. `successor`: the pipeline that is paused in its place, or null.
void engine::warn_of_pause(const pipeline& ended, const config::pipeline_config* successor,
                           config::diagnostics& found) {
  if (!ended.paused()) return;
  const auto what = "pipeline " + ended.name() + " was paused (" + ended.paused()->why + ")";
  if (successor)
    found.warning(config::code::reload, successor->where,
                  what + ": pipeline " + successor->name +
                      ", which has its sinks now, is paused in its place; drcon resume " + successor->name +
                      " ends that");
  else
    found.warning(config::code::reload, ended.config().where,
                  what + ", and is not in the configuration any more: its pause has ended");
}

// Removing a pipeline is an operator's decision, and nothing is left that could hold its services or release them. So
// it is not braked; but whoever reloads is informed, since a file that was forgotten looks the same. A new pipeline at
// that sink measures its losses from what it had: see that_left_sinks_of().
void engine::warn_of_removed(const config::configuration& next, config::diagnostics& found) const {
  for (const auto& [name, pipeline] : pipelines_) {
    const auto& served = pipeline->current().snapshot;
    if (next.pipelines.contains(name) || !served || served->in_service_count() == 0) continue;
    for (const auto& sink : pipeline->config().sinks) {
      const auto feeds = [&](const auto& each) {
        return std::ranges::find(each.second.sinks, sink) != each.second.sinks.end();
      };
      const auto succeeds = [&](const auto& each) { return feeds(each) && !pipelines_.contains(each.first); };
      if (std::ranges::any_of(next.pipelines, feeds) && std::ranges::none_of(next.pipelines, succeeds))
        found.warning(config::code::reload, pipeline->config().where,
                      "pipeline " + name + " is not in the configuration any more: sink " + sink +
                          " loses at once what no other pipeline has of its " +
                          base::count_of(served->in_service_count(), "endpoint") + " in service");
    }
  }
}

// What is kept of a pipeline that is not configured any more.
void engine::put_aside(const std::string& pipeline) {
  store_.retire(pipeline);
  pauses_.retire(pipeline);
}

// A sink that has another name since a reload has the same target. `old_sink` may be a name that only a mark on disk
// has.
bool engine::have_same_target(const std::string& old_sink, const std::string& new_sink,
                              const config::configuration& before) const {
  if (old_sink == new_sink) return true;
  const auto was = before.sinks.find(old_sink);
  const auto& is = config_.sinks.at(new_sink);
  return was != before.sinks.end() && was->second.plugin == is.plugin && was->second.options == is.options;
}

// The pipelines that `next` may be under another name: they fed one of its targets, and do so no more.
std::vector<const pipeline*> engine::that_left_sinks_of(const config::pipeline_config& next,
                                                        const config::configuration& before) const {
  const auto is_fed = [&](const std::string& old_sink, const config::pipeline_config& by) {
    return std::ranges::any_of(by.sinks, [&](const auto& sink) { return have_same_target(old_sink, sink, before); });
  };
  std::vector<const pipeline*> left;
  for (const auto& [name, old] : before.pipelines) {
    const auto still = config_.pipelines.find(name);
    const auto is_left = [&](const std::string& old_sink) {
      return is_fed(old_sink, next) && (still == config_.pipelines.end() || !is_fed(old_sink, still->second));
    };
    if (std::ranges::any_of(old.sinks, is_left)) left.push_back(pipelines_.at(name).get());
  }
  return left;
}

// Another pipeline that shares a sink with this one has the service. One that measures its losses from the same earlier
// pipelines judges itself whether it has enough of it.
bool engine::is_at_another(const std::string& name, const model::service_ptr& service) const {
  const auto& sinks = config_.pipelines.at(name).sinks;
  return std::ranges::any_of(pipelines_, [&](const auto& each) {
    const auto& [other, pipeline] = each;
    if (other == name || !pipeline->known()) return false;
    const auto is_shared = [&](const std::string& sink) { return std::ranges::find(sinks, sink) != sinks.end(); };
    if (std::ranges::none_of(pipeline->config().sinks, is_shared)) return false;
    // One that has not begun yet, at the same reload, is such a one too.
    if (pipeline->is_heir() || !pipeline->current().snapshot) return pipeline->has(service->name());
    const auto* has = pipeline->current().snapshot->find(service->name());
    return has && has->counts().in_service >= service->counts().in_service;
  });
}

void engine::retire_absent() {
  for (const auto& name : store_.pipelines()) {
    if (config_.pipelines.contains(name)) continue;
    const auto paused = pauses_.load(name);
    put_aside(name);
    log::warning(base::subject_kind::state,
                 "pipeline {} is not in the configuration any more: what was kept of it stays beside as {}.state.left "
                 "or {}.paused.left, and is not used if it comes back{}",
                 name, name, name, paused ? "; it was paused (" + paused->why + "), and that pause has ended" : "");
  }
}

void engine::replace_sinks(const made& sinks) {
  std::map<std::string, std::shared_ptr<sink_runner>> old;
  for (auto entry = sinks_.begin(); entry != sinks_.end();) {
    if (config_.sinks.contains(entry->first) && !sinks.contains(entry->first)) {
      ++entry;
      continue;
    }
    old.emplace(entry->first, std::move(entry->second));
    entry = sinks_.erase(entry);
  }
  for (auto& [name, instance] : sinks) {
    auto runner = std::make_shared<sink_runner>(instance, around());
    if (const auto before = old.find(name); before != old.end()) runner->go_on_from(*before->second);
    instance->listen(runner);
    sinks_.emplace(name, runner);
  }
  for (auto& [name, runner] : old) close_sink(runner);
  open_sinks();
}

// Ends a sink. The answer to the update in flight may never come: then it is abandoned.
void engine::close_sink(const std::shared_ptr<sink_runner>& runner) {
  ++closing_;
  const auto at_most = config_.host.stop_deadline;
  const auto end = within(at_most, [this, runner, at_most](bool in_time) {
    if (!in_time)
      log::error(runner->subject(),
                 "has not answered its last update within {}; it is stopped without an answer, and the sinks that wait "
                 "for its end begin then",
                 config::to_text(at_most));
    retire(runner->instance().shared_from_this(), [this, runner] {
      if (--closing_ == 0 && !stopping_) open_sinks();
    });
  });
  runner->close([end] { end(true); });
}

// Two instances at one target would undo each other's work, and a target may have another sink's name after a reload:
// no sink begins before every sink that a reload has ended has stopped or was abandoned.
void engine::open_sinks() {
  if (closing_ > 0 || mode_ == mode::render) return;
  for (auto& [name, runner] : sinks_) {
    if (runner->is_open()) continue;
    runner->instance().start();
    runner->open();
  }
}

// Its files, such as templates, may be what a reload is for, though its options are as before: whether its target has
// what they say now is not known until it has compared.
bool engine::reads_files(const config::instance_config& sink) const {
  return plugins::sink_reads_files(*plugins_.find(sink.plugin));
}

void engine::feed_sinks() {
  for (auto& [name, runner] : sinks_) {
    std::set<std::string> feeds;
    auto resync = std::chrono::nanoseconds::max();
    for (const auto& [pipeline, config] : config_.pipelines) {
      if (std::ranges::find(config.sinks, name) == config.sinks.end()) continue;
      feeds.insert(pipeline);
      if (config.resync.count() > 0) resync = std::min(resync, config.resync);
    }
    runner->feed_by(feeds);
    runner->resync_every(resync == std::chrono::nanoseconds::max() ? std::chrono::nanoseconds(0) : resync);
    for (const auto& pipeline : feeds) {
      auto current = pipelines_.at(pipeline)->current();
      current.seen = current.heard = current.decided = {};  // zeroed: a reload stays out of the metrics of latency
      if (current.snapshot && !keeps_its_own(pipeline, name)) runner->on_decided(pipeline, current);
    }
  }
}

void engine::on_decided(const std::string& pipeline, const decision& what) {
  spare_memory_.note_work();
  for (const auto& name : config_.pipelines.at(pipeline).sinks) {
    const auto sink = sinks_.find(name);
    if (sink != sinks_.end() && !keeps_its_own(pipeline, name)) sink->second->on_decided(pipeline, what);
  }
  if (std::ranges::none_of(pipelines_, [&](const auto& each) { return depends_on(pipeline, *each.second); })) return;
  // Not from within: the pipeline that has just decided is still at it.
  boost::asio::post(context_, [this, pipeline, alive = std::weak_ptr(alive_)] {
    if (!alive.lock()) return;
    for (auto& [name, each] : pipelines_)
      if (depends_on(pipeline, *each)) each->reconsider();
  });
}

// What a pipeline may do can depend on what the other pipelines of its sinks have, and on no others.
bool engine::depends_on(const std::string& decided, const pipeline& other) const {
  if (other.name() == decided || !(other.is_heir() || other.is_held_for_targets())) return false;
  const auto fed = config_.pipelines.find(decided);
  return fed != config_.pipelines.end() && std::ranges::any_of(fed->second.sinks, [&](const std::string& sink) {
           return std::ranges::find(other.config().sinks, sink) != other.config().sinks.end();
         });
}

// Returns a function that ends a wait. `ended` is called once: with true by the first call of that function, or with
// false at the deadline, whichever comes first. Then `ended` and the timer are destroyed at once: the thread of an
// abandoned plugin may keep the returned function and call it when the engine is gone.
std::function<void(bool in_time)> engine::within(std::chrono::nanoseconds at_most,
                                                 std::function<void(bool in_time)> ended) {
  struct waiting {
    base::timer deadline;
    std::function<void(bool)> ended;
  };
  auto open = std::make_shared<std::unique_ptr<waiting>>(
      new waiting{.deadline = base::timer(context_.get_executor()), .ended = std::move(ended)});
  const auto end = [open](bool in_time) {
    if (const auto over = std::move(*open)) over->ended(in_time);
  };
  (*open)->deadline.after(at_most, [end] { end(false); });
  return end;
}

// Stops an instance. `then` is called when it has stopped, or when its deadline has passed.
void engine::retire(const instance_ptr& instance, std::function<void()> then) {
  ++retiring_;
  // While everything stops, sources get the first half of the deadline and sinks the second.
  auto at_most = stopping_ ? config_.host.stop_deadline / 2 : config_.host.stop_deadline;
  if (instance->kind() == config::kind::sink)
    at_most += plugins::program_keepers::of_this_process().time_to_end(instance->name());
  const auto overstays = std::make_shared<bool>(false);
  const auto end = within(at_most, [this, instance, at_most, overstays, then = std::move(then)](bool in_time) {
    if (!in_time)
      log::error(instance->subject(), "plugin '{}' did not stop within {}; it is abandoned, and its thread with it",
                 instance->plugin_name(), config::to_text(at_most));
    *overstays = !in_time;
    overstayed_ |= !in_time;
    then();
    if (--retiring_ == 0 && all_retired_) std::exchange(all_retired_, nullptr)();
  });
  // What an abandoned sink did last may have been to put its old content back: the others compare their targets then.
  const bool is_sink = instance->kind() == config::kind::sink;
  instance->stop([end, instance, overstays, is_sink, late = std::weak_ptr(after_late_end_)] {
    end(true);
    if (!*overstays || !is_sink) return;
    log::warning(instance->subject(), "plugin '{}' has stopped after all; all sinks compare their targets",
                 instance->plugin_name());
    if (const auto resync_all = late.lock()) (*resync_all)();
  });
}

void engine::stop(std::function<void(bool clean)> stopped) {
  stopping_ = true;
  recovery_.cancel();
  spare_memory_.stop();
  after_late_end_.reset();
  // The deadline is for all together: a sink that never answers must not hold up the end of the process.
  const auto at_most = config_.host.stop_deadline + plugins::program_keepers::of_this_process().time_to_end();
  const auto stop_by = base::timer::clock::now() + at_most;
  const auto end = within(at_most, [this, at_most, stop_by, stopped = std::move(stopped)](bool in_time) {
    if (!in_time)
      log::error(base::subject_kind::host, "not all ended within {}; exiting without them", config::to_text(at_most));
    overstayed_ |= !in_time;
    overstayed_ |= !end_stores(stop_by);
    stopped(!overstayed_);
  });
  // What the inspector asks a plugin uses the engine's executor: nothing may be destroyed before it has answered.
  const auto finish = [this, end] { inspector_.stop([this, end] { probes_.stop([end] { end(true); }); }); };
  stop_sources();
  if (retiring_ == 0) stop_sinks(finish);
  else all_retired_ = [this, finish] { stop_sinks(finish); };
}

// Plugins that have used up the deadline must not cost what was decided meanwhile: a disk that answers takes no
// seconds.
bool engine::end_stores(base::timer::clock::time_point stop_by) {
  using clock = base::timer::clock;
  const auto by =
      std::max(stop_by, clock::now() + std::chrono::duration_cast<clock::duration>(disk_lane::patience_at_work));
  const bool states_ended = store_.end(by - clock::now());
  return pauses_.end(by - clock::now()) && states_ended;
}

void engine::stop_sources() {
  for (auto& [name, pipeline] : pipelines_) pipeline->keep_time_of_holds();
  pipelines_.clear();
  for (auto& [name, source] : sources_) retire(source->instance().shared_from_this(), [held = source] {});
  sources_.clear();
}

// Stops each sink when it has answered the update in flight, or has had a part of the deadline for that: a sink that
// runs a program for long ends it when it is stopped. `finish` is called when all have ended.
void engine::stop_sinks(const std::function<void()>& finish) {
  auto left = std::make_shared<std::size_t>(sinks_.size());
  if (*left == 0) return finish();
  for (auto& [name, runner] : sinks_) {
    const auto end = within(config_.host.stop_deadline / 4, [this, held = runner, left, finish](bool in_time) {
      if (!in_time) log::info(held->subject(), "is stopped without an answer to its last update");
      retire(held->instance().shared_from_this(), [held, left, finish] {
        if (--*left == 0) finish();
      });
    });
    runner->close([end] { end(true); });
  }
}

// Nothing of one that has ended: while drcon stops, a probe may still be under way.
std::string engine::reported_by(config::kind kind, const std::string& name) const {
  // Not its text, which may be another one each second: a count, or an age.
  const auto state_of = [](const plugins::instance_status& status) {
    return std::string(to_string(model::plugin_state_of(status.state)));
  };
  if (kind == config::kind::source) {
    const auto source = sources_.find(name);
    return source == sources_.end() ? "" : state_of(source->second->instance().status());
  }
  const auto sink = sinks_.find(name);
  if (sink == sinks_.end()) return {};
  return state_of(sink->second->instance().status()) + "; " + to_string(sink->second->last_answer());
}

bool engine::decided() const {
  return std::ranges::all_of(pipelines_, [](const auto& each) {
    return each.second->current().snapshot && each.second->known() && each.second->held().empty();
  });
}

bool engine::settled() const {
  return decided() && std::ranges::all_of(sinks_, [this](const auto& each) { return is_settled(*each.second); });
}

// A sink that a pause keeps as it is waits for its pipeline until the resume, which nobody must wait for.
bool engine::is_settled(const sink_runner& sink) const {
  if (sink.up_to_date()) return true;
  if (sink.desired() && !sink.serves_desired()) return false;
  return std::ranges::any_of(sink.waits_for(),
                             [&](const std::string& pipeline) { return keeps_its_own(pipeline, sink.name()); });
}

bool engine::begun() const {
  const auto answered = [this](const std::string& sink) {
    return sinks_.at(sink)->last_answer() != model::sink_answer::none || is_settled(*sinks_.at(sink));
  };
  return std::ranges::all_of(pipelines_, [&](const auto& named) {
    const auto& each = *named.second;
    if (each.has_waited() || !each.held().empty()) return true;
    return each.current().snapshot && std::ranges::all_of(each.config().sinks, answered);
  });
}

std::map<std::string, inspection> engine::render() {
  std::map<std::string, inspection> all;
  for (const auto& [name, runner] : sinks_) {
    if (!runner->desired()) continue;
    const auto update = std::make_shared<const plugins::update_package>(1, false, runner->desired(), nullptr);
    all.emplace(name, runner->instance().render(update));
  }
  return all;
}

}  // namespace drcon::engine
