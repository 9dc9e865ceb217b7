// The sentence at the head of an explanation: the first step between source and target that answers the question.
#include "report/because.hpp"
#include "report/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace drcon::report {
namespace {

const source_finding* first_with(const std::vector<source_finding>& sources, source_claim claim) {
  const auto found = std::ranges::find(sources, claim, &source_finding::claim);
  return found == sources.end() ? nullptr : &*found;
}

std::string why_left_out(const source_finding& source) {
  return (source.is_omitted ? "source " + source.source + " does not publish it: "
                            : "what source " + source.source + " says of it cannot be used: ") +
         source.why;
}

std::string why_absent(const endpoint_finding& finding) {
  if (!finding.filter.empty()) return "left out: " + finding.filter;
  if (first_with(finding.sources, source_claim::present)) {
    for (const auto* why : {&finding.paused, &finding.brake, &finding.merge})
      if (!why->empty()) return *why;
    return "its source lists it, and a decision is pending";
  }
  if (const auto* source = first_with(finding.sources, source_claim::left_out))
    return "left out: " + why_left_out(*source);
  if (const auto* source = first_with(finding.sources, source_claim::unknown))
    return "source " + source->source + " has not reported yet" +
           (finding.earlier_configuration.empty() ? "" : "; " + finding.earlier_configuration);
  return "no source lists it: its registry has it no more, or an option of the source leaves it out, such as one for "
         "its health or tags";
}

// The sinks that serve the endpoint although `except` does not.
std::string in_rotation_elsewhere(const endpoint_finding& finding, const sink_finding& except) {
  std::vector<std::string> names;
  for (const auto& sink : finding.sinks)
    if (sink.present && sink.refused.empty() && sink.sink != except.sink) names.push_back(sink.sink);
  if (names.empty()) return {};
  return fmt::format("; in rotation at {}", fmt::join(names, ", "));
}

// What keeps an endpoint in rotation that is there for no other reason, and what else is to be known of it.
std::string sentence_of_rotation(const endpoint_finding& finding) {
  auto text = fmt::format("in rotation since revision {}", finding.decided.since_revision);
  const auto* left_out = first_with(finding.sources, source_claim::left_out);
  const auto is_gone = [](const source_finding& source) {
    return source.claim == source_claim::absent || source.claim == source_claim::left_out;
  };
  if (std::ranges::all_of(finding.sources, is_gone))
    text += left_out == nullptr ? ", though no source lists it any more" : ", though " + why_left_out(*left_out);
  for (const auto& source : finding.sources)
    if (source.silent_since)
      text += fmt::format("; source {} {}; using last known data", source.source,
                          source.known ? "has no current data of this service" : "is unreachable");
  for (const auto* why : {&finding.earlier_configuration, &finding.last_good, &finding.brake, &finding.paused})
    if (!why->empty()) text += "; " + *why;
  for (const auto& sink : finding.sinks)
    if (!sink.up_to_date)
      text += fmt::format("; but sink {} is not up to date ({}){}", sink.sink, to_words(sink.last_answer),
                          because(sink.why));
  return text;
}

// Why it is not in rotation although it has been decided; empty if it is.
std::string why_not_served(const endpoint_finding& finding) {
  if (finding.decided.weight == 0) return "its weight is 0";
  const auto health = finding.decided.health.value_or(drcon::health::critical);
  if (health != drcon::health::passing && health != drcon::health::warning)
    return fmt::format("its health is {}", drcon::to_string(health));
  return {};
}

// The first sink that does not serve it, as the end of a sentence; empty if all do.
std::string not_served_by(const endpoint_finding& finding) {
  for (const auto& sink : finding.sinks) {
    if (!sink.refused.empty()) return "at sink " + sink.sink + ", which leaves it out: " + sink.refused;
    if (!sink.present)
      return fmt::format("at sink {} ({}){}{}", sink.sink, to_words(sink.last_answer), because(sink.why),
                         in_rotation_elsewhere(finding, sink));
  }
  return {};
}

// A target that has the endpoint otherwise than it is desired there, or not at all, as the end of a sentence; empty if
// it has it as desired, or says nothing of single endpoints.
std::string otherwise_at(const target_finding& target, bool up_to_date) {
  constexpr std::size_t longest = 120;  // a file may be one line
  if (!target.known || target.lines == target.desired) return {};
  const auto missing = [](const std::vector<std::string>& all, const std::vector<std::string>& except) {
    std::vector<std::string> left;
    for (const auto& each : all)
      if (std::ranges::find(except, each) == except.end()) left.push_back("'" + each.substr(0, longest) + "'");
    return left;
  };
  const auto desired = missing(target.desired, target.lines);
  if (desired.empty()) return {};
  const auto found = missing(target.lines, target.desired);
  if (!target.lines.empty() && !up_to_date) return {};  // a change of something else in that line may be under way
  if (found.empty()) return fmt::format("{} does not have {} now", target.name, fmt::join(desired, ", "));
  return fmt::format("{} has {} now, and {} is desired", target.name, fmt::join(found, ", "), fmt::join(desired, ", "));
}

// The first target that has it otherwise than desired; empty if none has.
std::string otherwise_at(const endpoint_finding& finding) {
  for (const auto& sink : finding.sinks)
    for (const auto& target : sink.targets)
      if (const auto how = otherwise_at(target, sink.up_to_date); !how.empty())
        return "at sink " + sink.sink + ": " + how;
  return {};
}

// Of which targets nobody knows what they have.
std::vector<std::string> unknown_targets(const endpoint_finding& finding) {
  std::vector<std::string> names;
  for (const auto& sink : finding.sinks) {
    if (!sink.target_error.empty()) names.push_back("sink " + sink.sink + " (" + sink.target_error + ")");
    for (const auto& target : sink.targets)
      if (!target.known) names.push_back(target.name);
  }
  return names;
}

}  // namespace

void follow_targets(endpoint_finding& finding) {
  if (!finding.in_rotation) return;
  if (const auto where = otherwise_at(finding); !where.empty()) {
    finding.in_rotation = false;
    finding.verdict = "not in rotation as decided " + where;
  } else if (const auto unknown = unknown_targets(finding); !unknown.empty()) {
    finding.in_rotation = false;
    finding.verdict = fmt::format("not known to be {}; what is there now is not known: {}", finding.verdict,
                                  fmt::join(unknown, ", "));
  }
}

void set_verdict(endpoint_finding& finding) {
  finding.in_rotation = false;
  if (!finding.decided.present) {
    finding.verdict = "not in rotation: " + why_absent(finding);
    const auto still = std::ranges::find(finding.sinks, true, &sink_finding::present);
    if (still != finding.sinks.end())
      finding.verdict += fmt::format("; sink {} still has it: {}", still->sink, to_words(still->last_answer));
    // A sink that keeps the last servers of a service may have it, though what it applied has not.
    for (const auto& sink : finding.sinks)
      if (!sink.present && !sink.refused.empty()) finding.verdict += "; sink " + sink.sink + ": " + sink.refused;
  } else if (const auto why = why_not_served(finding); !why.empty()) {
    finding.verdict = "not in rotation: " + why;
  } else if (const auto where = not_served_by(finding); !where.empty()) {
    finding.verdict = "not in rotation " + where;
  } else {
    finding.in_rotation = true;
    finding.verdict = sentence_of_rotation(finding);
  }
}

}  // namespace drcon::report
