#include "engine/source_state.hpp"

#include "log/log.hpp"

#include <utility>

namespace drcon::engine {

source_state::source_state(std::shared_ptr<plugins::instance> instance) : instance_(std::move(instance)) {}

service_ptr source_state::find(const std::string& name) const {
  const auto at = services_.find(name);
  return at == services_.end() ? nullptr : at->second;
}

// True when it differs from what is known. Equal content keeps the old object, so that snapshots share it.
bool source_state::take(const std::string& name, const service_ptr& now) {
  unknown_.erase(name);
  const auto at = services_.find(name);
  if (!now) {
    if (at == services_.end()) return false;
    services_.erase(at);
    return true;
  }
  if (at == services_.end()) {
    services_.emplace(name, now);
    return true;
  }
  if (same_content(*at->second, *now)) return false;
  at->second = now;
  return true;
}

bool source_state::take_readiness(const plugins::source_news& news) {
  const bool was_ready = ready_;
  const bool was_known = known();
  if (news.all_unknown) {
    if (!all_unknown_)
      log::warning("source " + name(), "state unknown: {}; {} services stay as they were", *news.all_unknown,
                   services_.size());
    all_unknown_ = news.all_unknown;
  } else if (news.ready) {
    if (all_unknown_) log::info("source " + name(), "state known again");
    if (!ready_) log::info("source " + name(), "ready with {} services", services_.size());
    all_unknown_.reset();
    ready_ = true;
  }
  return was_ready != ready_ || was_known != known();
}

void source_state::on_news(plugins::source_news news) {
  source_event event{.source = this, .changed = {}, .readiness = false, .seen = news.first_seen};
  for (const auto& [name, service] : news.services)
    if (take(name, service)) event.changed.insert(name);
  for (auto& [name, why] : news.unknown) unknown_.insert_or_assign(name, std::move(why));
  event.readiness = take_readiness(news);
  if (!news.services.empty() || news.ready) last_word_ = std::chrono::system_clock::now();
  if (event.changed.empty() && !event.readiness) return;
  for (auto* each : observers_) each->on_source(event);
}

}  // namespace drcon::engine
