#include "docker/watch.hpp"

#include "common/short_text.hpp"
#include "docker/event_lines.hpp"

#include <drcon/url.hpp>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <algorithm>
#include <sstream>
#include <variant>

namespace drcon::docker {
namespace {

namespace asio = boost::asio;
using nlohmann::json;

constexpr auto first_pause = std::chrono::milliseconds(100);
// Podman sends no event when a container is asked to stop, but its list shows the state "stopping" at once.
constexpr auto podman_interval = std::chrono::seconds(1);
// A container with events that are too long may send many.
constexpr auto pause_after_dropped = std::chrono::seconds(1);

std::string event_filter() { return url_encode(R"({"type":["container","network"]})"); }

// Seconds and nanoseconds, as the engine reads them.
std::string timestamp(std::chrono::system_clock::time_point found) {
  const auto whole = std::chrono::duration_cast<std::chrono::nanoseconds>(found.time_since_epoch()).count();
  constexpr std::int64_t second = 1'000'000'000;
  const auto part = std::to_string(whole % second);
  return std::to_string(whole / second) + "." + std::string(9 - part.size(), '0') + part;
}

// A container's row in the engine's list, without what changes with time alone: "Up 5 minutes (healthy)" ->
// "(healthy)".
std::string unchanging_part_of(json listed) {
  if (const auto found = listed.find("Status"); found != listed.end() && found->is_string()) {
    const auto text = found->get<std::string>();
    const auto open = text.find('(');
    const bool up = text.starts_with("Up");
    *found = up && open != std::string::npos ? text.substr(open) : up ? "Up" : text.substr(0, text.find(')'));
  }
  return listed.dump();
}

}  // namespace

watcher::watcher(settings settings, context host, const asio::any_io_executor& strand)
    : settings_(std::move(settings)),
      host_(host),
      wake_(strand),
      events_(strand, settings_.engine, {}),
      questions_(strand, settings_.engine, {}),
      backoff_(first_pause, settings_.retry_max),
      inventory_(settings_.conventions, settings_.stop_wait),
      publisher_(host, settings_.services) {}

asio::awaitable<void> watcher::run() {
  for (;;) {
    const auto why = co_await follow();
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
    events_.close();
    host_.status_away(why);
    host_.unknown({}, why);
    publisher_.take_all(inventory_);
    wake_.expires_after(backoff_.next());
    boost::system::error_code woken;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

// From a connection to its end; why it ended.
asio::awaitable<std::string> watcher::follow() {
  using namespace asio::experimental::awaitable_operators;
  looked_ = any_inspected_ = false;
  silent_in_a_row_ = 0;
  to_look_at_.clear();
  const auto agreed = co_await agree_on_version(questions_, settings_.timeout);
  if (!agreed.fault.empty()) co_return agreed.fault;
  version_ = agreed.prefix;
  look_interval_ =
      agreed.is_podman ? std::min<std::chrono::nanoseconds>(settings_.resync, podman_interval) : settings_.resync;
  const auto answer = co_await events_.open(version_ + "/events?filters=" + event_filter(), settings_.timeout);
  if (answer.fault != common::http_fault::none || answer.status != 200) co_return fault_of(answer, "/events");
  co_await recall();
  if (ever_looked_) losses_from_ = clock::now() + settings_.settle;
  next_look_ = clock::now();
  const auto ended = co_await (listen() || work());
  co_return std::visit([](const auto& why) { return why; }, ended);
}

// Earlier events show which containers have been asked to stop and run on for their last seconds. The engine keeps a
// few hundred of them; it is no fault when there are none. The stream is open already: events of this moment wait
// there.
asio::awaitable<void> watcher::recall() {
  const auto now = std::chrono::system_clock::now();
  const auto answer = co_await questions_.get(version_ + "/events?since=" + timestamp(now - settings_.stop_wait) +
                                                  "&until=" + timestamp(now) + "&filters=" + event_filter(),
                                              settings_.timeout);
  std::istringstream lines(answer.body);
  for (std::string line; std::getline(lines, line);)
    if (const auto what = read_event(line)) inventory_.recall(*what, clock::now());
}

asio::awaitable<std::string> watcher::listen() {
  event_lines lines;
  while (const auto part = co_await events_.more()) {
    if (lines.add(*part, [this](const std::string& line) { take_event(line); })) look_soon();
    publish();
  }
  co_return "the engine has ended the event stream";
}

void watcher::take_event(const std::string& line) {
  const auto what = read_event(line);
  if (!what) return;
  if (inventory_.take(*what, clock::now())) to_look_at_.add(what->container);
  wake_.cancel();
}

// Nobody knows what the event that was dropped has changed, nor of which container.
void watcher::look_soon() {
  host_.count("dropped_events_total", "Events of more than 4 MiB, of which each makes drcon read the whole list.");
  next_look_ = std::min(next_look_, clock::now() + pause_after_dropped);
  wake_.cancel();
}

asio::awaitable<std::string> watcher::work() {
  for (;;) {
    const auto now = clock::now();
    inventory_.take_back(now);
    std::string why;
    if (now >= next_look_) {
      why = co_await look_at_all();
    } else if (!to_look_at_.empty()) {
      const auto id = to_look_at_.next();
      why = co_await look_at(id);
      if (to_look_at_.is_first_round_over()) all_looked_at();
      publish();
    } else {
      all_looked_at();
      publish();
      wake_.expires_at(next_deadline());
      boost::system::error_code woken;
      if (to_look_at_.empty()) co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
        co_return "stopped";
    }
    if (!why.empty()) co_return why;
  }
}

watcher::clock::time_point watcher::next_deadline() const {
  auto next = next_look_;
  if (const auto back = inventory_.next_return()) next = std::min(next, *back);
  if (publisher_.waits() && losses_from_ > clock::now()) next = std::min(next, losses_from_);
  return next;
}

asio::awaitable<std::string> watcher::look_at_all() {
  next_look_ = clock::now() + look_interval_;
  host_.count("looks_total", "Comparisons with the engine's whole list of containers.");
  const auto answer = co_await questions_.get(version_ + "/containers/json?all=true", settings_.timeout);
  if (answer.fault != common::http_fault::none || answer.status != 200)
    co_return fault_of(answer, "the list of containers");
  const auto parsed = parsed_json(answer.body);
  if (!parsed.is_array()) co_return "the answer to the list of containers is no list";
  std::map<std::string, std::string> listed;
  for (const auto& each : parsed) {
    if (!each.is_object() || !each.contains("Id") || !each["Id"].is_string())
      co_return "the list of containers has one without id";
    listed.emplace(each["Id"].get<std::string>(), unchanging_part_of(each));
  }
  for (const auto& id : inventory_.known())
    if (!listed.contains(id)) inventory_.forget(id);
  silent_in_a_row_ = 0;  // the engine answers: it is containers that hang
  if (std::erase_if(troubles_, [&listed](const auto& each) { return !listed.contains(each.first); }) > 0)
    report_status();
  for (const auto& [id, part] : listed) {
    const auto before = listed_.find(id);
    if (!looked_ || before == listed_.end() || before->second != part) to_look_at_.add(id);
  }
  if (!looked_) to_look_at_.begin_first_round();
  listed_ = std::move(listed);
  co_return std::string();
}

// A container that cannot be understood keeps its last state, and is inspected again with all others: it must not keep
// the rest from being published.
asio::awaitable<std::string> watcher::look_at(std::string id) {
  const auto age = inventory_.age(id);
  const auto answer = co_await questions_.get(version_ + "/containers/" + id + "/json", settings_.timeout);
  if (answer.fault != common::http_fault::none) co_return unanswered(id, answer);
  to_look_at_.done(id);
  any_inspected_ = true;
  silent_in_a_row_ = 0;
  if (troubles_.erase(id) > 0) report_status();
  if (answer.status == 404) {
    inventory_.forget(id);
    co_return std::string();
  }
  auto found = answer.status == 200 ? read_container(parsed_json(answer.body)) : std::nullopt;
  if (!found) {
    troubles_[id] = answer.status == 200 ? "the engine's description of it is not understood" : fault_of(answer, "it");
    listed_.erase(id);
    report_status();
    co_return std::string();
  }
  const auto lent = co_await borrow_network(*found);
  if (lent.fault != common::http_fault::none) co_return unanswered(id, lent);
  // An event has come in between: this may be older than what the event reported. It is used only when nothing else is
  // known, so that a container which sends events all the time is known at all.
  if (inventory_.age(id) != age) {
    to_look_at_.add(id);
    if (inventory_.age(id) < age || inventory_.is_inspected(id)) co_return std::string();
  }
  inventory_.take(std::move(*found));
  co_return std::string();
}

// Engines have containers whose inspection never ends: such a one keeps its last state, as one that is not understood.
// When no inspection is answered it is the engine that hangs: why nothing is known of it, else empty.
std::string watcher::unanswered(const std::string& id, const common::http_answer& answer) {
  constexpr unsigned most_silent = 3;
  if (answer.fault != common::http_fault::timeout || ++silent_in_a_row_ >= most_silent) return answer.why;
  if (!any_inspected_) {
    to_look_at_.add(id);  // after the others, which show whether the engine hangs
    return {};
  }
  to_look_at_.done(id);
  troubles_[id] = "the engine does not answer when it is inspected: " + answer.why;
  listed_.erase(id);
  report_status();
  return {};
}

// A container that uses the network of another has the addresses of that one. A fault of the answer when they are not
// known.
asio::awaitable<common::http_answer> watcher::borrow_network(container& of) {
  common::http_answer no_fault;
  constexpr std::string_view mark = "container:";
  if (!of.running || !of.network_mode.starts_with(mark)) co_return no_fault;
  const auto lender = of.network_mode.substr(mark.size());
  const auto answer = co_await questions_.get(version_ + "/containers/" + lender + "/json", settings_.timeout);
  if (answer.fault != common::http_fault::none) co_return answer;
  const auto found = answer.status == 200 ? read_container(parsed_json(answer.body)) : std::optional<container>();
  if (!found) co_return no_fault;  // the container that lends its network is gone, and its addresses with it
  if (found->network_mode == "host") of.network_mode = found->network_mode;
  of.addresses = found->addresses;
  of.ipv6_addresses = found->ipv6_addresses;
  for (auto& port : of.ports)
    for (const auto& published : found->ports)
      if (port.key() == published.key()) port = published;
  co_return no_fault;
}

// Every listed container has been inspected: what is known is complete.
void watcher::all_looked_at() {
  if (looked_) return;
  looked_ = true;
  ever_looked_ = true;
  backoff_.reset();
  publisher_.take_all(inventory_);
  publish();
  host_.ready();
  report_status();
}

// Publishes the services that may have changed.
void watcher::publish() {
  publisher_.take(inventory_);
  if (looked_ && publisher_.publish(inventory_, clock::now() < losses_from_)) report_status();
}

void watcher::report_status() const {
  const auto text = publisher_.report();
  host_.gauge("containers", "Containers that are known.", static_cast<double>(inventory_.known().size()));
  host_.gauge("containers_in_trouble", "Containers that cannot be inspected, and keep their last known state.",
              static_cast<double>(troubles_.size()));
  if (!troubles_.empty()) {
    const auto& [id, why] = *troubles_.begin();
    const auto which = common::first_of(troubles_, [](const auto& each) { return each.first.substr(0, 12); });
    return host_.status_degraded(std::to_string(troubles_.size()) +
                                 (troubles_.size() == 1 ? " container keeps its" : " containers keep their") +
                                 " last known state: " + which + "; " + id.substr(0, 12) + ": " + why);
  }
  if (const auto fault = inventory_.fault_of_doubles(); !fault.empty()) return host_.status_degraded(fault);
  host_.status_ok(text);
}

}  // namespace drcon::docker
