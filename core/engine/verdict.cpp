// The state in words, for people: how it is, what is still open, and what they should know although nothing is.
#include "engine/engine.hpp"
#include "engine/shown.hpp"

#include <algorithm>
#include <set>

namespace drcon::engine {
namespace {

using lines = std::vector<std::string>;

// Of each kind and instance: a catalogue that is wrong throughout is still a page.
constexpr std::size_t most_told = 3;

std::string because(const std::string& why) { return why.empty() ? "" : ": " + why; }

void add_refusals(const std::string& who, const plugins::instance& of, lines& to) {
  for (const auto& each : of.refusals(most_told))
    to.push_back(who + " leaves out " + (each.endpoint.empty() ? "" : each.endpoint + " of ") + "service " +
                 each.service + because(each.why));
  if (const auto count = of.refusal_count(); count > most_told)
    to.push_back(who + " leaves out " + std::to_string(count - most_told) + " more");
}

void add_unknown(const std::string& who, const source_state& source, lines& to) {
  std::size_t told = 0;
  for (const auto& [service, silence] : source.unknown()) {
    if (told++ == most_told) {
      to.push_back(who + " cannot tell of " + std::to_string(source.unknown().size() - most_told) + " more");
      return;
    }
    to.push_back(who + " cannot tell of service " + service + ", and its last word stands" + because(silence.why));
  }
}

void add_state(const std::string& who, const plugins::instance& of, lines& to) {
  const auto status = of.status();
  if (status.state != DRCON_STATE_OK) to.push_back(who + " is " + state_word(status.state) + because(status.text));
}

void add_caveats(const source_state& source, bool waited_for, lines& to) {
  const auto who = "source " + source.name();
  if (!waited_for) {
    if (!source.ready())
      to.push_back(who + " has not told all it watches yet" + because(source.instance().status().text));
    else if (source.all_unknown())
      to.push_back(who + " cannot tell, and its last word stands" + because(source.why_unknown()));
    else add_state(who, source.instance(), to);
  }
  if (!source.all_unknown()) add_unknown(who, source, to);
  add_refusals(who, source.instance(), to);
}

std::string open_at(const sink_runner& sink) {
  const auto who = "sink " + sink.name();
  if (sink.in_trouble()) return who + ": " + sink.last_answer() + because(sink.last_why());
  return who + (sink.in_flight() ? " is at work on" : " has yet to begin with") + " revision " +
         std::to_string(sink.wanted()->revision());
}

}  // namespace

lines engine::unsettled() const {
  lines all;
  for (const auto& [name, each] : pipelines_) {
    for (const auto& source : each->waiting_for())
      all.push_back("pipeline " + name + " waits for source " + source +
                    because(sources_.at(source)->instance().status().text));
    if (!each->held().empty()) all.push_back("pipeline " + name + " is held by its brake: " + each->held());
  }
  for (const auto& [name, each] : sinks_)
    if (each->wanted() && !each->up_to_date()) all.push_back(open_at(*each));
  return all;
}

lines engine::caveats() const {
  lines all;
  std::set<std::string> waited_for;
  for (const auto& [name, each] : pipelines_) {
    if (each->paused()) all.push_back("pipeline " + name + " is paused: " + each->paused()->why);
    for (const auto& source : each->waiting_for()) waited_for.insert(source);
  }
  for (const auto& [name, each] : sources_) add_caveats(*each, waited_for.contains(name), all);
  for (const auto& [name, each] : sinks_) {
    if (!each->in_trouble()) add_state("sink " + name, each->instance(), all);
    add_refusals("sink " + name, each->instance(), all);
  }
  return all;
}

// Targets that serve the last word of a source that cannot tell are settled, and yet somebody should look.
std::string engine::verdict() const {
  const bool all_known = std::ranges::all_of(sources_, [](const auto& each) { return each.second->known(); });
  if (settled() && all_known) return caveats().empty() ? "all is well" : "settled, with caveats";
  const bool wrong =
      (settled() && !all_known) ||
      std::ranges::any_of(pipelines_,
                          [](const auto& each) { return !each.second->known() || !each.second->held().empty(); }) ||
      std::ranges::any_of(sinks_, [](const auto& each) { return each.second->in_trouble(); });
  return wrong ? "not as it should be" : "under way";
}

}  // namespace drcon::engine
