#include "admin/events.hpp"

#include "base/json_text.hpp"
#include "engine/engine.hpp"
#include "report/encode.hpp"
#include "report/status.hpp"

#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <utility>

namespace drcon::admin {
namespace {

constexpr auto state_interval = std::chrono::milliseconds(200);

shared_text event(const std::string& head, const nlohmann::json& data) {
  return std::make_shared<const std::string>(head + "\ndata: " + base::json_text(data) + "\n\n");
}

}  // namespace

publisher::publisher(engine::engine& engine, boost::asio::io_context& engine_context,
                     std::shared_ptr<boost::asio::io_context> server_context, std::shared_ptr<event_hub> hub)
    : engine_(engine),
      server_context_(std::move(server_context)),
      hub_(std::move(hub)),
      timer_(engine_context.get_executor()) {
  for (const auto& each : engine_.log().entries()) publish(each);
  engine_.log().set_observer([this](const engine::journal_entry& entry) { publish(entry); });
}

publisher::~publisher() { engine_.log().set_observer({}); }

void publisher::publish(const engine::journal_entry& entry) {
  auto text = event("id: " + std::to_string(entry.number) + "\nevent: journal", report::encode(entry));
  boost::asio::post(*server_context_, [hub = hub_, number = entry.number, text = std::move(text)]() mutable {
    hub->add_entry(number, std::move(text));
  });
}

void publisher::add_listener(std::shared_ptr<const std::atomic<std::size_t>> listeners) {
  listeners_ = std::move(listeners);
  last_state_ = {};
  if (!std::exchange(timer_runs_, true)) publish_state();
}

void publisher::publish_state() {
  auto state = report::encode(report::status_of(engine_));
  const auto now = state["now"];
  state.erase("now");  // it differs at each look
  if (state != last_state_) {
    last_state_ = state;
    state["now"] = now;
    boost::asio::post(*server_context_,
                      [hub = hub_, text = event("event: state", state)]() mutable { hub->set_state(std::move(text)); });
  }
  timer_runs_ = *listeners_ > 0;
  if (timer_runs_) timer_.after(state_interval, [this] { publish_state(); });
}

}  // namespace drcon::admin
