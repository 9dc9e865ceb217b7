#include "admin/events.hpp"

#include "report/encode.hpp"
#include "report/status.hpp"

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace drcon::admin {
namespace {

constexpr std::size_t most_entries = 1000;  // a client that misses more has the journal to read
constexpr std::size_t most_at_once = 64;    // bounds what one write holds
constexpr auto state_interval = std::chrono::milliseconds(200);

shared_text event(const std::string& head, const nlohmann::json& data) {
  using handler = nlohmann::json::error_handler_t;
  return std::make_shared<const std::string>(head + "\ndata: " + data.dump(-1, ' ', false, handler::replace) + "\n\n");
}

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
  return {.next_entry = std::min(after ? *after + 1 : next_, next_), .state_told = states_};
}

std::vector<shared_text> event_hub::take(event_place& place) const {
  std::vector<shared_text> all;
  const auto first = next_ - entries_.size();
  if (place.next_entry < first) {
    all.push_back(event("event: lost", {{"first", first}}));
    place.next_entry = first;
  }
  while (place.next_entry < next_ && all.size() < most_at_once)
    all.push_back(entries_[static_cast<std::size_t>(place.next_entry++ - first)]);
  if (state_ && std::exchange(place.state_told, states_) != states_) all.push_back(state_);
  return all;
}

void event_hub::wake() {
  for (auto* each : clients_) each->cancel();
}

publisher::publisher(engine::engine& engine, boost::asio::io_context& here,
                     std::shared_ptr<boost::asio::io_context> there, std::shared_ptr<event_hub> to)
    : engine_(engine), there_(std::move(there)), to_(std::move(to)), tick_(here.get_executor()) {
  for (const auto& each : engine_.log().entries()) tell(each);
  engine_.log().tell([this](const engine::journal_entry& entry) { tell(entry); });
}

publisher::~publisher() { engine_.log().tell({}); }

void publisher::tell(const engine::journal_entry& entry) {
  auto text = event("id: " + std::to_string(entry.number) + "\nevent: journal", report::encode(entry));
  boost::asio::post(*there_, [to = to_, number = entry.number, text = std::move(text)]() mutable {
    to->add_entry(number, std::move(text));
  });
}

void publisher::listened_to(std::shared_ptr<const std::atomic<std::size_t>> listeners) {
  listeners_ = std::move(listeners);
  last_ = {};
  if (!std::exchange(ticking_, true)) tell_state();
}

void publisher::tell_state() {
  auto state = report::encode(report::status_of(engine_));
  const auto now = state["now"];
  state.erase("now");
  if (state != last_) {
    last_ = state;
    state["now"] = now;
    boost::asio::post(*there_,
                      [to = to_, told = event("event: state", state)]() mutable { to->set_state(std::move(told)); });
  }
  ticking_ = *listeners_ > 0;
  if (ticking_) tick_.after(state_interval, [this] { tell_state(); });
}

}  // namespace drcon::admin
