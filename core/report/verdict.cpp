#include "report/verdict.hpp"

#include "base/ago.hpp"
#include "base/by_whom.hpp"
#include "base/count_of.hpp"
#include "model/plugin_state.hpp"
#include "model/snapshot.hpp"
#include "report/because.hpp"
#include "report/refused_in_service.hpp"

#include <algorithm>
#include <set>
#include <span>

namespace drcon::report {
namespace {

using remarks = std::vector<remark>;
using code = remark_code;

// Of each kind and instance. A catalogue that is wrong throughout must still give lines that a person can read.
constexpr std::size_t most_lines = 3;

// The first of `refusals`, of which there are `count` in all.
void add_refusals(const std::string& subject, std::span<const plugins::refusal> refusals, std::size_t count,
                  remarks& all) {
  for (const auto& each : refusals.first(std::min(refusals.size(), most_lines)))
    all.push_back({code::endpoints_left_out, subject + " leaves out " +
                                                 (each.endpoint.empty() ? "" : each.endpoint + " of ") + "service " +
                                                 each.service + because(each.why)});
  if (count > most_lines)
    all.push_back({code::endpoints_left_out, subject + " leaves out " + std::to_string(count - most_lines) + " more"});
}

// The sink has not emptied a service that has nothing to send requests to any more: requests for it fail. A service of
// values has no endpoints either, and is nothing of that kind.
bool keeps_what_is_gone(const engine::sink_runner& sink, const plugins::refusal& what) {
  if (!what.endpoint.empty() || !sink.desired()) return false;
  const auto* service = sink.desired()->find(what.service);
  return !service || (service->counts().in_service == 0 && service->values().empty());
}

// What it keeps comes first, because that needs attention, and the others are only warnings.
void add_left_out(const engine::sink_runner& sink, remarks& all) {
  if (sink.instance().refusal_count() == 0) return;
  const auto subject = "sink " + sink.name();
  auto refusals = sink.instance().refusals();
  const auto others = std::stable_partition(refusals.begin(), refusals.end(),
                                            [&](const auto& each) { return keeps_what_is_gone(sink, each); });
  const std::span kept(refusals.begin(), others);
  for (const auto& each : kept.first(std::min(kept.size(), most_lines)))
    all.push_back({code::last_servers_kept, subject + ": " + each.why});
  if (kept.size() > most_lines)
    all.push_back({code::last_servers_kept,
                   subject + ": the same of " + base::count_of(kept.size() - most_lines, "more service")});
  const std::span left_out(others, refusals.end());
  add_refusals(subject, left_out, left_out.size(), all);
}

bool keeps_what_is_gone(const engine::sink_runner& sink) {
  return sink.instance().refusal_count() > 0 &&
         std::ranges::any_of(sink.instance().refusals(),
                             [&](const plugins::refusal& each) { return keeps_what_is_gone(sink, each); });
}

void add_unknown(const std::string& subject, const engine::source_state& source, remarks& all) {
  std::size_t listed = 0;
  for (const auto& [service, silence] : source.unknown()) {
    if (listed++ == most_lines) {
      all.push_back({code::service_unknown, subject + " has no current data of " +
                                                base::count_of(source.unknown().size() - most_lines, "more service")});
      return;
    }
    all.push_back({code::service_unknown, subject + " has no current data of service " + service +
                                              "; using last known data" + because(silence.why)});
  }
}

void add_state(const std::string& subject, const plugins::instance& instance, remarks& all) {
  const auto status = instance.status();
  const auto state = model::plugin_state_of(status.state);
  if (state == model::plugin_state::ok) return;
  const bool is_source = instance.kind() == config::kind::source;
  const auto away = is_source ? code::source_unreachable : code::sink_away;
  const auto degraded = is_source ? code::source_degraded : code::sink_degraded;
  all.push_back({state == model::plugin_state::away ? away : degraded,
                 subject + " is " + to_string(state) + because(status.text)});
}

// What will make a change fail, of an instance that works so far: one that does not says itself why.
void add_faults_ahead(const engine::engine& engine, const std::string& subject, const plugins::instance& instance,
                      remarks& all) {
  if (model::plugin_state_of(instance.status().state) != model::plugin_state::ok) return;
  const auto* const failed = engine.probes().failed(instance.kind(), instance.name());
  if (failed == nullptr) return;
  for (const auto& each : *failed) all.push_back({code::fault_ahead, subject + ": " + text_of(each)});
}

// `waited_for`: unsettled() has a line about this source already, so its state is not repeated here.
void add_caveats(const engine::source_state& source, bool waited_for, remarks& all) {
  const auto subject = "source " + source.name();
  if (!waited_for) {
    if (!source.ready())
      all.push_back({code::source_not_ready,
                     subject + " has not reported all its services yet" + because(source.instance().status().text)});
    else if (source.all_unknown())
      all.push_back({code::source_unreachable,
                     subject + " is unreachable; using last known data" + because(source.why_unknown())});
    else if (!source.known())
      all.push_back({code::source_recovering,
                     subject + " is back after an outage, and its services are collected until all are reported"});
    else add_state(subject, source.instance(), all);
  }
  if (!source.all_unknown()) add_unknown(subject, source, all);
  add_refusals(subject, source.instance().refusals(most_lines), source.instance().refusal_count(), all);
}

// `start`: of each line, such as "pipeline web is held by its brake: ".
void add_holds(code which, const std::string& start, const std::vector<engine::held_service>& holds, remarks& all) {
  for (std::size_t i = 0; i < holds.size() && i < most_lines; ++i)
    all.push_back(
        {which, start + (holds[i].service.empty() ? "" : "service " + holds[i].service + ": ") + holds[i].why});
  if (holds.size() > most_lines)
    all.push_back({which, start + base::count_of(holds.size() - most_lines, "more service")});
}

void add_pause(const engine::pipeline& pipeline, remarks& all) {
  if (pipeline.is_pausing() && !pipeline.paused())
    all.push_back({code::pausing,
                   "pipeline " + pipeline.name() + " is paused as soon as its sinks have applied what is under way"});
  if (!pipeline.paused()) return;
  all.push_back({code::paused, "pipeline " + pipeline.name() + " is paused: " + pipeline.paused()->why +
                                   base::by_whom(pipeline.paused()->who)});
  for (const auto& sink : pipeline.paused()->behind)
    all.push_back({code::paused_sink_behind, "sink " + sink + " keeps what it had of pipeline " + pipeline.name() +
                                                 ", since it had not applied what is served when the pause began"});
  if (pipeline.would_hold())
    add_holds(code::paused_loss, "pipeline " + pipeline.name() + " would be held by its brake if it was resumed: ",
              pipeline.would_hold()->holds, all);
}

remark remark_on_open(const engine::sink_runner& sink) {
  const auto subject = "sink " + sink.name();
  // The sink may have reached its target, and wait for something there: only its reason says so.
  if (sink.last_answer() == model::sink_answer::away)
    return {code::sink_away, subject + ": not applied yet, and retried" + because(sink.last_why())};
  if (sink.in_trouble())
    return {sink.last_answer() == model::sink_answer::rejected ? code::sink_rejected : code::sink_unanswered,
            subject + ": " + to_string(sink.last_answer()) + because(sink.last_why())};
  if (!sink.is_open())
    return {code::sink_waits, subject + " waits until every sink that a reload has ended has stopped"};
  if (!sink.waits_for().empty() && !sink.in_flight() && sink.applied() == sink.desired())
    return {code::sink_waits,
            subject + " serves what is decided so far, and waits for pipeline " + sink.waits_for().front()};
  return {code::sink_applying, subject + (sink.in_flight() ? " is applying" : " has not started") + " revision " +
                                   std::to_string(sink.desired()->revision())};
}

// Until when depends on what is waited for; a pause or the brake has a line of its own.
void add_earlier_configuration(const engine::pipeline& pipeline, remarks& all) {
  const auto why = pipeline.earlier_configuration();
  if (why.empty()) return;
  std::string until;
  for (const auto& source : pipeline.waiting_for()) until += (until.empty() ? " until source " : " and ") + source;
  if (!until.empty()) until += pipeline.waiting_for().size() > 1 ? " answer" : " answers";
  all.push_back(
      {code::earlier_configuration,
       "pipeline " + pipeline.name() + " serves the answer to an earlier configuration" + until + because(why)});
}

// Who reads that it waits must not think that nothing is served.
std::string meanwhile(const engine::pipeline& pipeline) {
  const auto& served = pipeline.current();
  if (!served.snapshot) return {};
  return ", which serves the last good state (revision " + std::to_string(served.snapshot->revision()) + ", decided " +
         base::ago(served.when) + "),";
}

// It may name what is long gone, and what is there now is not in it.
void add_old_state(const engine::pipeline& pipeline, remarks& all) {
  if (!pipeline.serves_last_good() || !base::is_days_old(pipeline.current().when)) return;
  const auto waits_for = pipeline.waiting_for();
  all.push_back({code::last_good_is_old, "pipeline " + pipeline.name() + " serves a last good state that was decided " +
                                             base::ago(pipeline.current().when) +
                                             ": what it has may be gone since, and source " +
                                             (waits_for.empty() ? "" : waits_for.front()) + " has not answered"});
}

bool is_held_up(const engine::pipeline& pipeline) { return !pipeline.known() || !pipeline.held().empty(); }

}  // namespace

const char* to_string(verdict which) {
  switch (which) {
    case verdict::ok: return "ok";
    case verdict::caveats: return "caveats";
    case verdict::under_way: return "under_way";
    case verdict::wrong: break;
  }
  return "wrong";
}

const char* to_words(verdict which) {
  switch (which) {
    case verdict::ok: return "in sync";
    case verdict::caveats: return "OK, with warnings";
    case verdict::under_way: return "under way";
    case verdict::wrong: break;
  }
  return "needs attention";
}

remarks open_remarks(const engine::engine& engine) {
  remarks all;
  for (const auto& [name, pipeline] : engine.pipelines()) {
    for (const auto& source : pipeline->waiting_for())
      all.push_back({code::waits_for_source, "pipeline " + name + meanwhile(*pipeline) + " waits for source " + source +
                                                 because(engine.sources().at(source)->instance().status().text)});
    if (!pipeline->known()) add_earlier_configuration(*pipeline, all);
    if (pipeline->looks_at_targets())
      all.push_back({code::asks_targets, "pipeline " + name + " asks its sinks what their targets have"});
    add_holds(code::brake_holds, "pipeline " + name + " is held by its brake: ", pipeline->held_back().holds, all);
  }
  for (const auto& [name, sink] : engine.sinks())
    if (sink->desired() && !engine.is_settled(*sink)) all.push_back(remark_on_open(*sink));
  for (auto& line : refused_beyond_the_brake(engine)) all.push_back({code::left_out_beyond_brake, std::move(line)});
  return all;
}

remarks warnings(const engine::engine& engine) {
  remarks all;
  if (engine.refused_reload())
    all.push_back({code::reload_refused, "the last reload was refused, and the configuration before it is in use" +
                                             because(*engine.refused_reload())});
  std::set<std::string> waited_for;
  for (const auto& [name, pipeline] : engine.pipelines()) {
    add_pause(*pipeline, all);
    if (pipeline->known()) add_earlier_configuration(*pipeline, all);
    add_old_state(*pipeline, all);
    for (const auto& source : pipeline->waiting_for()) waited_for.insert(source);
  }
  if (const auto why = engine.state_fault(); !why.empty())
    all.push_back({code::state_not_kept, "the last good state is not kept, and is tried again: " + why});
  for (const auto& [name, source] : engine.sources()) {
    add_caveats(*source, waited_for.contains(name), all);
    if (source->known()) add_faults_ahead(engine, "source " + name, source->instance(), all);
  }
  for (const auto& [name, sink] : engine.sinks()) {
    if (!sink->in_trouble()) {
      add_state("sink " + name, sink->instance(), all);
      add_faults_ahead(engine, "sink " + name, sink->instance(), all);
    }
    add_left_out(*sink, all);
  }
  return all;
}

std::vector<std::string> unsettled(const engine::engine& engine) { return texts_of(open_remarks(engine)); }
std::vector<std::string> caveats(const engine::engine& engine) { return texts_of(warnings(engine)); }

// Targets that serve what a source said before it was lost are settled. It is still wrong: new endpoints are not seen.
// So it is when a loss waits behind a pause, or when requests for a service go to servers that are gone.
verdict verdict_of(const engine::engine& engine) {
  const bool settled = engine.settled();
  const bool all_known = std::ranges::all_of(engine.sources(), [](const auto& each) { return each.second->known(); });
  const bool hides_a_loss =
      std::ranges::any_of(engine.pipelines(), [](const auto& each) { return each.second->would_hold().has_value(); });
  const bool keeps_what_is_gone_anywhere =
      std::ranges::any_of(engine.sinks(), [](const auto& each) { return keeps_what_is_gone(*each.second); });
  const bool is_served_well = refused_beyond_the_brake(engine).empty() && !hides_a_loss && !keeps_what_is_gone_anywhere;
  if (settled && all_known && is_served_well) return warnings(engine).empty() ? verdict::ok : verdict::caveats;
  const bool wrong =
      settled || !is_served_well ||
      std::ranges::any_of(engine.pipelines(), [](const auto& each) { return is_held_up(*each.second); }) ||
      std::ranges::any_of(engine.sinks(), [](const auto& each) { return each.second->in_trouble(); });
  return wrong ? verdict::wrong : verdict::under_way;
}

}  // namespace drcon::report
