#include "report/pipeline_state.hpp"

#include "report/status.hpp"

#include <algorithm>
#include <utility>

namespace drcon::report {
namespace {

struct words {
  condition which;
  const char* code;
  const char* phrase;
  report::verdict verdict;
};

const std::vector<words>& all_words() {
  using enum condition;
  static const std::vector<words> all{
      {brake_holds, "brake-holds", "brake holds", verdict::wrong},
      {loss_waits, "paused-loss", "paused, a loss waits", verdict::wrong},
      {waits, "waits-for-source", "waiting for a source", verdict::wrong},
      {not_applied, "not-applied", to_words(model::sink_answer::away), verdict::wrong},
      {rejected, "rejected", to_words(model::sink_answer::rejected), verdict::wrong},
      {unanswered, "unanswered", to_words(model::sink_answer::unanswered), verdict::wrong},
      {source_unreachable, "source-unreachable", "source unreachable", verdict::wrong},
      {servers_left_out, "servers-left-out", "servers left out", verdict::wrong},
      {last_servers_kept, "last-servers-kept", "last servers kept", verdict::wrong},
      {paused, "paused", "paused", verdict::caveats},
      {applying, "applying", "applying", verdict::under_way},
      {warnings, "warnings", "warnings", verdict::caveats},
      {in_sync, "in-sync", "in sync", verdict::ok},
  };
  return all;
}

const words& words_of(condition which) { return all_words()[static_cast<std::size_t>(which)]; }

// Keeps the worst of what it is given; of two that are equally bad, the first.
class worst {
public:
  void add(condition what, const std::string& of = {}, time_point since = {}) {
    if (what < found_.what) found_ = {.what = what, .of = of, .since = since};
  }
  void add_if(bool holds, condition what, const std::string& of = {}, time_point since = {}) {
    if (holds) add(what, of, since);
  }
  pipeline_state take() { return std::move(found_); }

private:
  pipeline_state found_;
};

bool has_warnings(const instance_report& instance) {
  return instance.state != model::plugin_state::ok || instance.refused_count > 0 || instance.faults_ahead > 0;
}

void add(const pipeline_report& pipeline, worst& all) {
  if (pipeline.held) {
    const auto& holds = pipeline.held->holds;
    const auto first = std::ranges::min_element(holds, {}, &engine::held_service::since);
    all.add(condition::brake_holds, {}, first == holds.end() ? time_point{} : first->since);
  }
  if (pipeline.paused) {
    all.add_if(pipeline.would_hold.has_value(), condition::loss_waits, {}, pipeline.paused->since);
    all.add(condition::paused, {}, pipeline.paused->since);
  }
  if (!pipeline.known)
    all.add(condition::waits, pipeline.waiting_for.empty() ? std::string() : pipeline.waiting_for.front());
  all.add_if(pipeline.leaves_out_too_many, condition::servers_left_out);
  all.add_if(!pipeline.earlier_configuration.empty(), condition::warnings);
}

void add(const std::string& name, const source_report& source, worst& all) {
  all.add_if(!source.known, condition::source_unreachable, name, source.unknown_since);
  all.add_if(has_warnings(source.instance) || !source.unknown.empty() || !source.nameless.empty(), condition::warnings,
             name);
}

void add(const std::string& name, const sink_report& sink, worst& all) {
  const bool in_trouble = !sink.up_to_date && is_trouble(sink.last_answer);
  const auto answer = sink.last_answer == model::sink_answer::rejected     ? condition::rejected
                      : sink.last_answer == model::sink_answer::unanswered ? condition::unanswered
                                                                           : condition::not_applied;
  if (in_trouble) all.add(answer, name, sink.failing_since);
  all.add_if(!sink.up_to_date, condition::applying, name);
  all.add_if(sink.keeps_last_servers, condition::last_servers_kept, name);
  all.add_if(has_warnings(sink.instance), condition::warnings, name);
}

}  // namespace

const std::vector<condition>& all_conditions() {
  static const auto all = [] {
    std::vector<condition> made;
    for (const auto& each : all_words()) made.push_back(each.which);
    return made;
  }();
  return all;
}

const char* to_string(condition which) { return words_of(which).code; }
const char* to_words(condition which) { return words_of(which).phrase; }
verdict verdict_of(condition which) { return words_of(which).verdict; }

std::string to_words(const pipeline_state& state) {
  if (state.what == condition::waits && !state.of.empty()) return "waiting for source " + state.of;
  return to_words(state.what);
}

pipeline_state state_of(const pipeline_report& pipeline, const std::map<std::string, source_report>& sources,
                        const std::map<std::string, sink_report>& sinks) {
  worst all;
  add(pipeline, all);
  for (const auto& name : pipeline.sources)
    if (const auto found = sources.find(name); found != sources.end()) add(name, found->second, all);
  for (const auto& name : pipeline.sinks)
    if (const auto found = sinks.find(name); found != sinks.end()) add(name, found->second, all);
  return all.take();
}

}  // namespace drcon::report
