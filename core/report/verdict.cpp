#include "report/verdict.hpp"

#include "base/ago.hpp"
#include "base/by_whom.hpp"
#include "base/count_of.hpp"
#include "base/wall_clock.hpp"
#include "config/text.hpp"
#include "config/units.hpp"
#include "model/plugin_state.hpp"
#include "model/snapshot.hpp"
#include "report/because.hpp"
#include "report/refused_in_service.hpp"
#include "report/status.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

namespace drcon::report {
namespace {

using remarks = std::vector<remark>;
using code = remark_code;

// Of each kind and instance. A catalogue that is wrong throughout must still give lines that a person can read.
constexpr std::size_t most_lines = 3;

// The first of `refusals`, of which there are `count` in all.
void add_refusals(const base::subject& subject, std::span<const plugins::refusal> refusals, std::size_t count,
                  remarks& all) {
  for (const auto& each : refusals.first(std::min(refusals.size(), most_lines)))
    all.push_back({code::endpoints_left_out,
                   to_string(subject) + " leaves out " + (each.endpoint.empty() ? "" : each.endpoint + " of ") +
                       "service " + each.service + because(each.why),
                   subject, each.since});
  if (count > most_lines)
    all.push_back({code::endpoints_left_out,
                   to_string(subject) + " leaves out " + std::to_string(count - most_lines) + " more", subject,
                   refusals.front().since});
}

// What it keeps comes first, because that needs attention, and the others are only warnings.
void add_left_out(const engine::sink_runner& sink, remarks& all) {
  if (sink.instance().refusal_count() == 0) return;
  const auto& subject = sink.subject();
  auto refusals = sink.instance().refusals();
  const auto others = std::stable_partition(refusals.begin(), refusals.end(),
                                            [&](const auto& each) { return keeps_what_is_gone(sink, each); });
  const std::span kept(refusals.begin(), others);
  for (const auto& each : kept.first(std::min(kept.size(), most_lines)))
    all.push_back({code::last_servers_kept, to_string(subject) + ": " + each.why, subject, each.since});
  if (kept.size() > most_lines)
    all.push_back({code::last_servers_kept,
                   to_string(subject) + ": the same of " + base::count_of(kept.size() - most_lines, "more service"),
                   subject, kept.front().since});
  const std::span left_out(others, refusals.end());
  add_refusals(subject, left_out, left_out.size(), all);
}

// A line for each of `listed`, and one that counts those beyond most_lines. `line_of`: the text that follows the
// source's name, and since when it is so. `rest` and `counted`: the text of the last line, such as " has no current
// data of " and "more service".
template <class Listed, class Line>
void add_each(const engine::source_state& source, code which, const Listed& listed, const Line& line_of,
              std::string_view rest, std::string_view counted, remarks& all) {
  const auto subject = to_string(source.subject());
  std::size_t lines = 0;
  for (const auto& [name, each] : listed) {
    const auto [text, since] = line_of(name, each);
    if (lines++ < most_lines) {
      all.push_back({which, subject + text, source.subject(), since});
      continue;
    }
    all.push_back({which, subject + std::string(rest) + base::count_of(listed.size() - most_lines, counted),
                   source.subject(), since});
    return;
  }
}

void add_unknown(const engine::source_state& source, remarks& all) {
  const auto line = [](const std::string& service, const engine::silence& what) {
    return std::pair{" has no current data of service " + service + "; using last known data" + because(what.why),
                     what.since};
  };
  add_each(source, code::service_unknown, source.unknown(), line, " has no current data of ", "more service", all);
}

void add_nameless(const engine::source_state& source, remarks& all) {
  const auto line = [](const std::string& part, const engine::source_state::nameless_part& unnamed) {
    return std::pair{" cannot name the services of " + config::printable(part) + "; what was served of them stays" +
                         because(unnamed.what.why),
                     unnamed.what.since};
  };
  add_each(source, code::names_unknown, source.nameless_parts(), line, " cannot name the services of ", "more part",
           all);
}

void add_state(const plugins::instance& instance, remarks& all) {
  const auto status = instance.status();
  const auto state = model::plugin_state_of(status.state);
  if (state == model::plugin_state::ok) return;
  const bool is_source = instance.kind() == config::kind::source;
  const auto away = is_source ? code::source_unreachable : code::sink_away;
  const auto degraded = is_source ? code::source_degraded : code::sink_degraded;
  all.push_back({state == model::plugin_state::away ? away : degraded,
                 to_string(instance.subject()) + " is " + to_words(state) + because(status.text), instance.subject(),
                 instance.state_since()});
}

// What will make a change fail, of an instance that works so far: one that does not says itself why.
void add_faults_ahead(const engine::engine& engine, const plugins::instance& instance, remarks& all) {
  if (model::plugin_state_of(instance.status().state) != model::plugin_state::ok) return;
  const auto* const failed = engine.probes().failed(instance.kind(), instance.name());
  if (failed == nullptr) return;
  const auto since = engine.probes().failed_since(instance.kind(), instance.name());
  for (const auto& each : *failed)
    all.push_back({code::fault_ahead, to_string(instance.subject()) + ": " + text_of(each), instance.subject(), since});
}

// `waited_for`: unsettled() has a line about this source already, so its state is not repeated here.
void add_caveats(const engine::engine& engine, const engine::source_state& source, bool waited_for, remarks& all) {
  const auto subject = to_string(source.subject());
  const auto add = [&](code which, const std::string& text, time_point since) {
    all.push_back({which, subject + text, source.subject(), since});
  };
  if (!waited_for) {
    if (!source.ready())
      add(code::source_not_ready, " has not reported all its services yet" + because(source.instance().status().text),
          engine.started());
    else if (source.all_unknown())
      add(code::source_unreachable,
          " is unreachable; using last known data" + because(source.why_unknown()) +
              "; retried until it answers; look: drcon doctor",
          source.all_unknown()->since);
    else if (!source.known())
      add(code::source_recovering, " is back after an outage, and its services are collected until all are reported",
          source.instance().state_since());
    else add_state(source.instance(), all);
  }
  if (!source.all_unknown()) {
    add_unknown(source, all);
    add_nameless(source, all);
  }
  add_refusals(source.subject(), source.instance().refusals(most_lines), source.instance().refusal_count(), all);
}

// `start`: of each line, such as "pipeline web is held by its brake: ".
void add_holds(code which, const base::subject& about, const std::string& start,
               const std::vector<engine::held_service>& holds, remarks& all) {
  for (std::size_t i = 0; i < holds.size() && i < most_lines; ++i)
    all.push_back({which, start + (holds[i].service.empty() ? "" : "service " + holds[i].service + ": ") + holds[i].why,
                   about, holds[i].since});
  if (holds.size() > most_lines)
    all.push_back(
        {which, start + base::count_of(holds.size() - most_lines, "more service"), about, holds.front().since});
}

void add_pause(const engine::pipeline& pipeline, remarks& all) {
  const auto subject = to_string(pipeline.subject());
  if (pipeline.is_pausing() && !pipeline.paused())
    all.push_back({code::pausing, subject + " is paused as soon as its sinks have applied what is under way",
                   pipeline.subject()});
  if (!pipeline.paused()) return;
  const auto since = pipeline.paused()->since;
  all.push_back({code::paused,
                 subject + " is paused: " + pipeline.paused()->why + base::by_whom(pipeline.paused()->who) +
                     "; nothing is changed until: drcon resume " + pipeline.name(),
                 pipeline.subject(), since});
  for (const auto& sink : pipeline.paused()->behind)
    all.push_back({code::paused_sink_behind,
                   "sink " + sink + " keeps what it had of " + subject +
                       ", since it had not applied what is served when the pause began",
                   base::subject(base::subject_kind::sink, sink), since});
  if (pipeline.would_hold())
    add_holds(code::paused_loss, pipeline.subject(),
              subject + " would be held by its brake if it was resumed: ", pipeline.would_hold()->holds, all);
}

// The one of its pipelines that commands take: the first.
std::string a_pipeline_of(const engine::engine& engine, const engine::sink_runner& sink) {
  for (const auto& [name, pipeline] : engine.pipelines())
    if (std::ranges::count(pipeline->config().sinks, sink.name()) > 0) return name;
  return {};
}

std::string served_meanwhile(const engine::sink_runner& sink) {
  if (!sink.applied()) return "; its target keeps what it has";
  return "; serves revision " + std::to_string(sink.applied()->revision());
}

// The sink may have reached its target, and wait for something there: only its reason says so.
std::string text_of_retry(const engine::engine& engine, const engine::sink_runner& sink) {
  const auto at_most = config::to_text(engine::sink_runner::longest_retry) + " at most";
  const bool was_applied = sink.applied() == sink.desired();
  auto text = to_string(sink.subject()) + ": revision " + std::to_string(sink.desired()->revision()) +
              (was_applied ? " has to be applied again" : " not applied") + because(sink.last_why());
  text += was_applied ? "; what its target serves is not known" : served_meanwhile(sink);
  if (sink.in_flight()) text += "; retrying now";
  else if (sink.next_retry())
    text += "; next retry " + base::time_of_day(*sink.next_retry()) + ", then every " + at_most;
  else text += "; retried every " + at_most;
  return text + "; now: drcon resync " + a_pipeline_of(engine, sink) + "; look: drcon doctor";
}

std::string text_of_rejection(const engine::engine& engine, const engine::sink_runner& sink) {
  const auto subject = to_string(sink.subject());
  const auto revision = "revision " + std::to_string(sink.desired()->revision());
  // It is another update that it has rejected, or this one, which is tried once more.
  if (sink.in_flight())
    return subject + ": rejected what it was given last" + because(sink.last_why()) + served_meanwhile(sink) +
           "; trying " + revision + " now";
  return subject + ": " + revision + " rejected" + because(sink.last_why()) + served_meanwhile(sink) +
         "; retrying at the next change, and at each resync; see: drcon diff " + a_pipeline_of(engine, sink);
}

remark remark_on_open(const engine::engine& engine, const engine::sink_runner& sink) {
  const auto subject = to_string(sink.subject());
  const auto line = [&](code which, std::string text) {
    return remark{which, std::move(text), sink.subject(), sink.failing_since().value_or(time_point{})};
  };
  switch (sink.last_answer()) {
    case model::sink_answer::away: return line(code::sink_away, text_of_retry(engine, sink));
    case model::sink_answer::rejected: return line(code::sink_rejected, text_of_rejection(engine, sink));
    case model::sink_answer::unanswered:
      return line(code::sink_unanswered,
                  subject + ": " + sink.last_why() + served_meanwhile(sink) +
                      "; nothing more reaches this target until it answers; see: drcon log debug --plugin " +
                      sink.instance().plugin_name());
    default: break;
  }
  if (!sink.is_open())
    return line(code::sink_waits, subject + " waits until every sink that a reload has ended has stopped");
  if (!sink.waits_for().empty() && !sink.in_flight() && sink.applied() == sink.desired())
    return line(code::sink_waits,
                subject + " serves what is decided so far, and waits for pipeline " + sink.waits_for().front());
  return line(code::sink_applying, subject + (sink.in_flight() ? " is applying" : " has not started") + " revision " +
                                       std::to_string(sink.desired()->revision()));
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
       to_string(pipeline.subject()) + " serves the answer to an earlier configuration" + until + because(why),
       pipeline.subject(), pipeline.current().when});
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
  const auto when = pipeline.current().when;
  all.push_back({code::last_good_is_old,
                 to_string(pipeline.subject()) + " serves a last good state that was decided " + base::ago(when) +
                     ": what it has may be gone since" +
                     (waits_for.empty() ? "" : ", and source " + waits_for.front() + " has not answered"),
                 pipeline.subject(), when});
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

namespace {

void add_open(const engine::engine& engine, const engine::pipeline& pipeline, remarks& all) {
  const auto subject = to_string(pipeline.subject());
  for (const auto& name : pipeline.waiting_for()) {
    const auto& source = *engine.sources().at(name);
    all.push_back(
        {code::waits_for_source,
         subject + meanwhile(pipeline) + " waits for source " + name + because(source.instance().status().text),
         pipeline.subject(), source.all_unknown() ? source.all_unknown()->since : engine.started()});
  }
  if (!pipeline.known()) add_earlier_configuration(pipeline, all);
  if (pipeline.looks_at_targets())
    all.push_back({code::asks_targets, subject + " asks its sinks what their targets have", pipeline.subject()});
  add_holds(code::brake_holds, pipeline.subject(), subject + " is held by its brake: ", pipeline.held_back().holds,
            all);
}

}  // namespace

remarks open_remarks(const engine::engine& engine) {
  remarks all;
  for (const auto& [name, pipeline] : engine.pipelines()) add_open(engine, *pipeline, all);
  for (const auto& [name, sink] : engine.sinks())
    if (sink->desired() && !engine.is_settled(*sink)) all.push_back(remark_on_open(engine, *sink));
  for (const auto& [name, pipeline] : engine.pipelines())
    for (auto& each : refused_beyond_the_brake(engine, *pipeline))
      all.push_back({code::left_out_beyond_brake, std::move(each.text),
                     base::subject(base::subject_kind::sink, each.sink), each.since});
  return all;
}

remarks warnings(const engine::engine& engine) {
  remarks all;
  if (engine.refused_reload())
    all.push_back({code::reload_refused,
                   "the last reload was refused, and the configuration before it is in use" +
                       because(*engine.refused_reload()) +
                       "; a restart would not start with it; to do: drcon check, then drcon reload",
                   base::subject_kind::host, engine.reload_refused_at()});
  std::set<std::string> waited_for;
  for (const auto& [name, pipeline] : engine.pipelines()) {
    add_pause(*pipeline, all);
    if (pipeline->known()) add_earlier_configuration(*pipeline, all);
    add_old_state(*pipeline, all);
    for (const auto& source : pipeline->waiting_for()) waited_for.insert(source);
  }
  if (const auto why = engine.state_fault(); !why.empty())
    all.push_back({code::state_not_kept, "the last good state is not kept; retrying: " + why});
  for (const auto& [name, source] : engine.sources()) {
    add_caveats(engine, *source, waited_for.contains(name), all);
    if (source->known()) add_faults_ahead(engine, source->instance(), all);
  }
  for (const auto& [name, sink] : engine.sinks()) {
    if (!sink->in_trouble()) {
      add_state(sink->instance(), all);
      add_faults_ahead(engine, sink->instance(), all);
    }
    add_left_out(*sink, all);
  }
  return all;
}

std::vector<std::string> unsettled(const engine::engine& engine) { return texts_of(open_remarks(engine)); }
std::vector<std::string> caveats(const engine::engine& engine) { return texts_of(warnings(engine)); }

// Targets that serve what a source said before it was lost are settled, or about to be. It is still wrong: new
// endpoints are not seen.
// So it is when a loss waits behind a pause, or when requests for a service go to servers that are gone.
bool needs_attention(const engine::engine& engine) {
  const bool all_known = std::ranges::all_of(engine.sources(), [](const auto& each) { return each.second->known(); });
  const bool hides_a_loss =
      std::ranges::any_of(engine.pipelines(), [](const auto& each) { return each.second->would_hold().has_value(); });
  const bool keeps_what_is_gone_anywhere =
      std::ranges::any_of(engine.sinks(), [](const auto& each) { return keeps_what_is_gone(*each.second); });
  const bool is_served_well = !any_refused_beyond_the_brake(engine) && !hides_a_loss && !keeps_what_is_gone_anywhere;
  if (!all_known || !is_served_well) return true;
  if (engine.settled()) return false;
  return std::ranges::any_of(engine.pipelines(), [](const auto& each) { return is_held_up(*each.second); }) ||
         std::ranges::any_of(engine.sinks(), [](const auto& each) { return each.second->in_trouble(); });
}

verdict verdict_of(const engine::engine& engine) {
  if (needs_attention(engine)) return verdict::wrong;
  if (!engine.settled()) return verdict::under_way;
  return warnings(engine).empty() ? verdict::ok : verdict::caveats;
}

}  // namespace drcon::report
