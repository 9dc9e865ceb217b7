#include "admin/event_hub.hpp"

#include <algorithm>
#include <utility>

namespace drcon::admin {
namespace {

constexpr std::size_t most_entries = 1000;  // a client that misses more can read the journal
constexpr std::size_t most_at_once = 64;    // bounds what one write holds

}  // namespace

void event_hub::add_entry(std::uint64_t number, shared_text event) {
  entries_.push_back(std::move(event));
  next_ = number + 1;
  if (entries_.size() > most_entries) entries_.pop_front();
  wake();
}

void event_hub::set_state(shared_text event) {
  state_ = std::move(event);
  ++states_;
  wake();
}

event_place event_hub::begin(std::optional<std::uint64_t> after) const {
  return {.next_entry = after && *after < next_ ? *after + 1 : next_, .state_seen = states_};
}

std::vector<shared_text> event_hub::take(event_place& place) const {
  std::vector<shared_text> all;
  const auto first = next_ - entries_.size();
  if (place.next_entry < first) {
    all.push_back(
        std::make_shared<const std::string>("event: lost\ndata: {\"first\":" + std::to_string(first) + "}\n\n"));
    place.next_entry = first;
  }
  while (place.next_entry < next_ && all.size() < most_at_once)
    all.push_back(entries_[static_cast<std::size_t>(place.next_entry++ - first)]);
  if (state_ && std::exchange(place.state_seen, states_) != states_) all.push_back(state_);
  return all;
}

void event_hub::wake() {
  for (auto* each : clients_) each->cancel();
}

}  // namespace drcon::admin
