// What goes on between applies: checks that run out are renewed, the lease is, and the agent is compared.
#include "consul_catalog/apply.hpp"

#include <algorithm>

namespace drcon::consul_catalog {

std::string applier::keep_alive(const std::stop_token& stop) {
  std::vector<target::request> requests;
  for (const auto* each : renewals_.due(*desired_, clock::now()))
    if (!rejected_.contains(each->id)) requests.push_back(status_request(*each));
  if (requests.empty()) return {};
  for (const auto& each : target_.ask(requests, stop))
    if (each.fault != common::http_fault::none)
      return each.why;  // a check that is gone is restored at the next comparison
  return {};
}

std::chrono::nanoseconds applier::tend(const std::stop_token& stop) {
  if (!desired_) return std::chrono::nanoseconds::max();
  // A renewal would write over the mark of the one that this sink keeps away from.
  if (const auto why = keeps_away_ ? std::string() : keep_alive(stop); !why.empty()) host_.status_away(why);
  if (!marked_.empty() && clock::now() >= next_mark_) {
    next_mark_ = clock::now() + lease::renewed_every;
    lease_.renew();
    // One that fails says nothing that the next comparison does not say.
    if (const auto found = desired_->all.find(marked_); found != desired_->all.end())
      target_.ask({status_request(found->second)}, stop);
  }
  if (clock::now() >= next_look_) {
    next_look_ = clock::now() + options_.verify;
    if (const auto how = match(stop); how.result != DRCON_OK && !stop.stop_requested()) host_.status_away(how.why);
  }
  auto next = std::min(next_look_, keeps_away_ ? next_look_ : renewals_.next());
  if (!marked_.empty()) next = std::min(next, next_mark_);
  return std::max<std::chrono::nanoseconds>(next - clock::now(), std::chrono::milliseconds(1));
}

}  // namespace drcon::consul_catalog
