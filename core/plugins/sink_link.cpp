#include "plugins/sink_link.hpp"

#include <utility>

namespace drcon::plugins {
namespace {

// A hostile registry must not fill the memory of the host with reasons.
constexpr std::size_t most_refusals = 10000;

}  // namespace

void sink_link::begin_apply(std::shared_ptr<const update_package> update) {
  const std::lock_guard lock(mutex_);
  in_flight_ = std::move(update);
  refused_.clear();
}

std::optional<std::vector<refusal>> sink_link::end_apply(std::uint64_t ticket) {
  std::shared_ptr<const update_package> answered;  // freed without the lock: it may hold the last of a large snapshot
  const std::lock_guard lock(mutex_);
  if (!in_flight_ || in_flight_->view.ticket != ticket) return {};
  answered.swap(in_flight_);
  return std::exchange(refused_, {});
}

void sink_link::add_refusal(refusal left_out) {
  const std::lock_guard lock(mutex_);
  if (refused_.size() < most_refusals) refused_.push_back(std::move(left_out));
}

bool sink_link::add_rendered(rendered_target target) {
  const std::lock_guard lock(mutex_);
  if (!rendering_) return false;
  rendering_->push_back(std::move(target));
  return true;
}

sink_link::rendering_scope::rendering_scope(sink_link& link, std::vector<rendered_target>& targets) : link_(link) {
  const std::lock_guard lock(link_.mutex_);
  link_.rendering_ = &targets;
}

sink_link::rendering_scope::~rendering_scope() {
  const std::lock_guard lock(link_.mutex_);
  link_.rendering_ = nullptr;
}

}  // namespace drcon::plugins
