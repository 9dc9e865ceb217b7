// What targets have that a first decision would take from them, when nothing is kept of what was served before.
//
// The sinks are asked, as for `drcon diff`. A target that has nothing, or just what would be written, loses nothing.
// What else a target has is compared by the addresses in it (target_loss.hpp). What is not known, because a sink cannot
// render, fails to, or does not answer in time, counts as a loss where the sources have nothing in service; otherwise
// it is reported: a target that cannot be reached at a start may be one that has nothing yet.
#include "engine/brake.hpp"
#include "engine/engine.hpp"
#include "engine/target_loss.hpp"
#include "model/snapshot.hpp"

#include <drcon/plugin.h>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

namespace drcon::engine {
namespace {

// Of several sinks that were asked: the last answer ends it, or the deadline.
struct looking {
  std::vector<std::string> open;  // the sinks without an answer
  target_findings found;
};

void note_unknown(const std::string& sink, const std::string& why, target_findings& found) {
  if (found.unknown.empty()) found.unknown = "what the target of sink " + sink + " has is not known (" + why + ")";
}

bool would_change(const plugins::rendered_target& each) {
  return each.live && !each.live->empty() && *each.live != each.wanted;
}

// What goes of it, where the sources have nothing in service, or all that is known.
std::string loss_of_all(const std::string& sink, const plugins::rendered_target& target) {
  return "sink " + sink + " would replace what its target has (" + target.target + "; drcon diff shows it)";
}

void compare(const std::string& sink, const plugins::rendered_target& target, const model::snapshot& candidate,
             const config::brake_config& limits, target_findings& found) {
  if (candidate.in_service_count() == 0) {
    if (found.loss.empty()) found.loss = loss_of_all(sink, target);
    return;
  }
  const auto losses = losses_of_target(*target.live, target.wanted, candidate);
  if (!losses) return note_unknown(sink, "nothing in " + target.target + " can be recognized as an address", found);
  brake::change change{.services = {}, .served = losses->had, .next = losses->next};
  if (limits.per_service)
    for (const auto& each : losses->losing)
      change.services.push_back({.name = each.service, .served = each.had, .next = each.next});
  const auto why = brake(limits).why_not(change);
  if (!why.empty() && found.loss.empty())
    found.loss = why + " from the target of sink " + sink + " (" + target.target + "; drcon diff shows it)";
}

void note(const std::string& sink, const inspection& answer, const model::snapshot& candidate,
          const config::brake_config& limits, target_findings& found) {
  if (!answer) return note_unknown(sink, answer.error().why, found);
  for (const auto& each : *answer)
    if (would_change(each)) compare(sink, each, candidate, limits, found);
}

bool can_render(const plugins::plugin& type) {
  const auto* const sink = type.entry->sink;
  return sink != nullptr && DRCON_HAS(sink, render) && sink->render != nullptr;
}

}  // namespace

// Then what the target has is theirs.
bool engine::is_fed_by_others(const std::string& sink, const std::string& pipeline) const {
  return std::ranges::any_of(pipelines_, [&](const auto& each) {
    const auto& [name, other] = each;
    const auto& sinks = other->config().sinks;
    const auto& served = other->current().snapshot;
    return name != pipeline && served && served->in_service_count() > 0 &&
           std::ranges::find(sinks, sink) != sinks.end();
  });
}

void engine::look_at_targets(const std::string& pipeline, const model::snapshot_ptr& candidate,
                             std::function<void(const target_findings&)> answer) {
  const auto all = std::make_shared<looking>();
  std::vector<std::string> asked;
  for (const auto& sink : config_.pipelines.at(pipeline).sinks) {
    if (mode_ == mode::render || is_fed_by_others(sink, pipeline)) continue;
    const auto& plugin = config_.sinks.at(sink).plugin;
    if (can_render(*plugins_.find(plugin))) asked.push_back(sink);
    else note_unknown(sink, "plugin '" + plugin + "' cannot render", all->found);
  }
  all->open = asked;
  const auto ended = within(look_patience, [all, answer = std::move(answer)](bool) {
    for (const auto& sink : std::exchange(all->open, {})) note_unknown(sink, "the sink has not answered", all->found);
    answer(all->found);
  });
  if (asked.empty()) return boost::asio::post(context_, [ended] { ended(true); });
  for (const auto& sink : asked)
    inspector_.ask(
        config_.sinks.at(sink), candidate,
        [all, sink, ended, candidate, limits = config_.pipelines.at(pipeline).brake](const inspection& found) {
          if (std::erase(all->open, sink) == 0) return;  // it comes too late
          try {
            note(sink, found, *candidate, limits, all->found);
          } catch (const std::exception& error) {  // what was not compared is unknown
            note_unknown(sink, error.what(), all->found);
          }
          if (all->open.empty()) ended(true);
        });
}

}  // namespace drcon::engine
