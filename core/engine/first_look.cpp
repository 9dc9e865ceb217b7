// What targets have that a first decision would take from them, when nothing is kept of what was served before.
//
// The sinks are asked, as for `drcon diff`: the host does not read what a target has. A target that has nothing, or
// just what would be written, loses nothing. What a target has is not known where its sink cannot render, or fails to:
// that counts as a loss, because the target may have everything that is in use.
#include "engine/engine.hpp"
#include "model/snapshot.hpp"

#include <drcon/plugin.h>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace drcon::engine {
namespace {

// Of several sinks that were asked: the last answer ends it.
struct looking {
  std::size_t open = 0;
  std::string loss;  // of the first
  std::function<void(const std::string&)> answer;

  void take(const std::string& found) {
    if (loss.empty()) loss = found;
    if (--open == 0) answer(loss);
  }
};

std::string loss_at(const std::string& sink, const inspection& found) {
  if (!found) return "what the target of sink " + sink + " has is not known (" + found.error().why + ")";
  const auto would_lose = [](const plugins::rendered_target& each) {
    return each.live && !each.live->empty() && *each.live != each.wanted;
  };
  const auto lost = std::ranges::find_if(*found, would_lose);
  if (lost == found->end()) return {};
  return "sink " + sink + " would replace what its target has (" + lost->target + "; drcon diff shows it)";
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
                             std::function<void(const std::string& loss)> answer) {
  std::vector<std::string> asked;
  std::string loss;
  for (const auto& sink : config_.pipelines.at(pipeline).sinks) {
    if (mode_ == mode::render || is_fed_by_others(sink, pipeline)) continue;
    const auto& plugin = config_.sinks.at(sink).plugin;
    if (can_render(*plugins_.find(plugin))) asked.push_back(sink);
    else if (loss.empty()) loss = loss_at(sink, base::failure{"plugin '" + plugin + "' cannot render"});
  }
  // One loss is enough: the others need not be asked.
  if (asked.empty() || !loss.empty()) {
    boost::asio::post(context_, [answer = std::move(answer), loss = std::move(loss)] { answer(loss); });
    return;
  }
  const auto all = std::make_shared<looking>(looking{.open = asked.size(), .loss = {}, .answer = std::move(answer)});
  for (const auto& sink : asked)
    inspector_.ask(config_.sinks.at(sink), candidate,
                   [all, sink](const inspection& found) { all->take(loss_at(sink, found)); });
}

}  // namespace drcon::engine
