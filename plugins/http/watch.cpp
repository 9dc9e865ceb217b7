#include "http/watch.hpp"

#include "common/backoff.hpp"
#include "common/consul_rules.hpp"
#include "common/count_of.hpp"
#include "common/digest.hpp"
#include "common/http_client.hpp"
#include "http/answer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace drcon::http {

namespace asio = boost::asio;

namespace {

// Of a server that holds requests: beyond a burst, a feed that changes all the time is read this often.
constexpr double answers_per_second = 10;
constexpr double answer_burst = 5;
// An answer without news that came sooner is from a server that does not hold requests.
constexpr auto shortest_hold = std::chrono::seconds(1);

}  // namespace

watcher::watcher(settings settings, context host, asio::any_io_executor strand)
    : settings_(std::move(settings)),
      host_(host),
      strand_(std::move(strand)),
      answers_(answers_per_second, answer_burst) {}

asio::awaitable<void> watcher::run() {
  common::http_connection connection(strand_, settings_.server, settings_.headers);
  common::backoff backoff(std::chrono::milliseconds(250), settings_.retry_max);
  asio::steady_timer timer(strand_);
  // When an exception ended the run before, the host was given everything as unknown.
  host_has_unknown_ = true;
  for (;;) {
    const auto begun = clock::now();
    const bool was_held = asks_to_hold();
    const auto answer = co_await connection.get(target(), timeout(), headers());
    if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
    count(answer);
    const auto last = take(answer);
    if (last.fault.empty()) {
      worked();
      // One that was not held says nothing of a server that fails those which it is to hold.
      if (was_held || !asks_to_hold()) backoff.reset();
      const bool does_not_hold = was_held && !last.is_news && clock::now() - begun < shortest_hold;
      timer.expires_after(pause_after(does_not_hold));
    } else {
      failed(last);
      timer.expires_after(backoff.next());
    }
    co_await timer.async_wait(asio::use_awaitable);
  }
}

// After a failure the server is asked for what is there now: held, the request would leave the source away for as long
// as nothing changes.
bool watcher::asks_to_hold() const {
  if (host_has_unknown_) return false;
  return settings_.how == watching::index ? index_.has_value() : settings_.how == watching::etag && !etag_.empty();
}

std::string watcher::target() const {
  if (settings_.how != watching::index || !asks_to_hold()) return settings_.target;
  const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.wait).count();
  return settings_.target + (settings_.target.find('?') == std::string::npos ? "?" : "&") +
         "index=" + std::to_string(*index_) + "&wait=" + std::to_string(wait) + "ms";
}

std::vector<common::http_header> watcher::headers() const {
  std::vector<common::http_header> all;
  if (settings_.how != watching::index && is_known_ && !etag_.empty()) all.push_back({"If-None-Match", etag_});
  if (settings_.how == watching::etag && asks_to_hold())
    all.push_back(
        {"Prefer", "wait=" + std::to_string(std::chrono::ceil<std::chrono::seconds>(settings_.wait).count())});
  return all;
}

// A server may add to the time that it was asked to hold a request, as Consul adds a sixteenth.
std::chrono::nanoseconds watcher::timeout() const {
  return asks_to_hold() ? settings_.wait + settings_.wait / 16 + settings_.timeout : settings_.timeout;
}

watcher::outcome watcher::take(const common::http_answer& answer) {
  if (auto fault = fault_of(answer, settings_)) return {.fault = std::move(*fault)};
  if (answer.status != not_modified) return read(answer);
  if (!is_known_ || etag_.empty() || settings_.how == watching::index)
    return {.fault = settings_.url + " answers 304 to a request that names no entity tag"};
  publish_again();
  return {};
}

watcher::outcome watcher::read(const common::http_answer& answer) {
  const auto index = common::consul::index_of(answer, settings_.index_header);
  auto etag = answer.header("etag");
  auto digest = common::digest(answer.body);
  const bool is_new = !is_known_ || digest != digest_;
  if (is_new) {
    std::string why;
    auto services = read_feed(answer.body, settings_, why);
    if (!services) return {.fault = std::move(why), .is_bad_content = true};
    publish(std::move(*services));
  } else {
    publish_again();
  }
  const bool moved = index_ != index || etag_ != etag;
  index_ = index;
  etag_ = std::move(etag);
  digest_ = std::move(digest);
  return {.is_news = is_new || moved};
}

void watcher::publish(std::vector<service> services) {
  std::map<std::string, std::vector<endpoint>> all;
  for (auto& each : services) {
    const auto before = published_.find(each.name);
    if (host_has_unknown_ || before == published_.end() || before->second != each.endpoints) host_.publish(each);
    all.emplace(std::move(each.name), std::move(each.endpoints));
  }
  for (const auto& [name, gone] : published_)
    if (!all.contains(name)) host_.withdraw(name);
  published_ = std::move(all);
  is_known_ = true;
}

// The feed is as it was, but it was reported as unknown.
void watcher::publish_again() {
  if (!host_has_unknown_) return;
  for (const auto& [name, endpoints] : published_)
    host_.publish({.name = name, .revision = 0, .endpoints = endpoints, .values = {}});
}

void watcher::worked() {
  host_.status_ok(common::count_of(published_.size(), "service"));
  if (std::exchange(host_has_unknown_, false)) host_.ready();
}

// The status comes first: whoever learns that everything is unknown finds the reason there.
void watcher::failed(const outcome& why) {
  const auto text = why.fault + (is_known_ ? "; what was read last stays" : "");
  if (why.is_bad_content) host_.status_degraded(text);
  else host_.status_away(text);
  host_.unknown({}, why.fault);
  host_has_unknown_ = true;
}

// How long to wait before the next request.
watcher::clock::duration watcher::pause_after(bool does_not_hold) {
  if (!asks_to_hold() || does_not_hold) return settings_.poll;
  return answers_.take(common::bucket::clock::now());
}

void watcher::count(const common::http_answer& answer) const {
  const char* result = "ok";
  if (answer.fault == common::http_fault::timeout) result = "timeout";
  else if (answer.fault != common::http_fault::none) result = "lost";
  else if (answer.status != 200 && answer.status != not_modified) result = "refused";
  host_.count("requests_total",
              "Requests for the feed, by result: ok, timeout, lost (no answer), refused (a status other than 200 and "
              "304).",
              1, {{"result", result}});
}

}  // namespace drcon::http
