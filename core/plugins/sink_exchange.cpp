#include "plugins/sink_exchange.hpp"

#include "model/snapshot.hpp"
#include "plugins/refusal_list.hpp"

#include <utility>

namespace drcon::plugins {
namespace {

bool has_nothing(const model::snapshot& desired, const std::string& service) {
  const auto* const found = desired.find(service);
  return !found || (found->counts().in_service == 0 && found->values().empty());
}

}  // namespace

void sink_exchange::begin_apply(std::shared_ptr<const update_package> update) {
  const std::lock_guard lock(mutex_);
  in_flight_ = std::move(update);
  refused_.clear();
}

std::optional<std::vector<refusal>> sink_exchange::end_apply(std::uint64_t ticket) {
  std::shared_ptr<const update_package> answered;  // freed without the lock: it may hold the last of a large snapshot
  const std::lock_guard lock(mutex_);
  if (!in_flight_ || in_flight_->view.ticket != ticket) return {};
  answered.swap(in_flight_);
  return std::exchange(refused_, {});
}

bool sink_exchange::is_open(std::uint64_t ticket) {
  const std::lock_guard lock(mutex_);
  return in_flight_ && in_flight_->view.ticket == ticket;
}

bool sink_exchange::add_refusal(const refusal& left_out) {
  const std::lock_guard lock(mutex_);
  // What a render would leave out is not left out yet.
  if (!in_flight_) return rendering_ != nullptr;
  if (refused_.size() >= refusal_list::most) return true;
  refused_.push_back(left_out);
  refused_.back().is_of_nothing = left_out.endpoint.empty() && has_nothing(*in_flight_->wanted, left_out.service);
  return true;
}

bool sink_exchange::add_rendered(rendered_target target) {
  const std::lock_guard lock(mutex_);
  if (!rendering_) return false;
  rendering_->push_back(std::move(target));
  return true;
}

sink_exchange::rendering_scope::rendering_scope(sink_exchange& exchange, std::vector<rendered_target>& targets)
    : exchange_(exchange) {
  const std::lock_guard lock(exchange_.mutex_);
  exchange_.rendering_ = &targets;
}

sink_exchange::rendering_scope::~rendering_scope() {
  const std::lock_guard lock(exchange_.mutex_);
  exchange_.rendering_ = nullptr;
}

}  // namespace drcon::plugins
