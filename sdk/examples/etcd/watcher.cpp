#include "watcher.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <variant>

namespace etcd {

namespace asio = boost::asio;

constexpr auto first_pause = std::chrono::milliseconds(100);

watcher::watcher(settings from, drcon::context host, asio::any_io_executor strand)
    : settings_(std::move(from)),
      host_(host),
      executor_(std::move(strand)),
      services_(settings_.prefix, settings_.services) {}

asio::awaitable<void> watcher::run() {
  for (;;) {
    for (const auto& member : settings_.servers) {
      const auto why = co_await follow(member);
      if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) co_return;
      lost(member.url + ": " + why);  // at once: between two members nothing is known either
    }
    co_await pause(next_pause());
  }
}

// Why it came to an end.
asio::awaitable<std::string> watcher::follow(const server& member) {
  if (!settings_.user.empty())
    if (auto why = co_await log_in(member); !why.empty()) co_return why;
  for (;;) {
    if (auto why = co_await read_all(member); !why.empty()) co_return why;
    auto why = co_await watch(member);
    if (!why.empty()) co_return why;
    // Its end was logged. One that ends again and again must not be asked for without a pause.
    co_await pause(next_pause());
  }
}

asio::awaitable<std::string> watcher::log_in(const server& member) {
  token_.clear();
  host_.count("logins_total", "Logins with user and password.");
  question login{
      .target = "/v3/auth/authenticate", .body = login_request(settings_.user, settings_.password), .token = {}};
  connection to(executor_, member, limits());
  const auto said = co_await to.ask(std::move(login));
  if (!said.why.empty()) co_return "login: " + said.why;
  try {
    token_ = read_token(said.body);
  } catch (const bad_answer& error) {
    co_return std::string("login: ") + error.what();
  }
  co_return std::string();
}

asio::awaitable<answer> watcher::ask(const server& member, std::string target, std::string body) {
  constexpr unsigned unauthorized = 401;
  question what{.target = std::move(target), .body = std::move(body), .token = token_};
  connection first(executor_, member, limits());
  auto said = co_await first.ask(what);
  if (said.status != unauthorized || settings_.user.empty()) co_return said;
  // Tokens live for some minutes.
  said.why = co_await log_in(member);
  if (!said.why.empty()) co_return said;
  what.token = token_;
  connection second(executor_, member, limits());
  co_return co_await second.ask(what);
}

asio::awaitable<std::string> watcher::read_all(const server& member) {
  const auto said = co_await ask(member, "/v3/kv/range", range_request(settings_.prefix));
  if (!said.why.empty()) co_return said.why;
  try {
    const auto all = read_range(said.body);
    if (all.revision < revision_)
      host_.warn("etcd's revision went back from " + std::to_string(revision_) + " to " + std::to_string(all.revision) +
                 ": it was restored or has lost its data; what it says now is taken, and the brake guards losses");
    revision_ = all.revision;
    services_.replace(all.entries);
  } catch (const bad_answer& error) {
    co_return error.what();
  }
  publish();
  host_.ready();
  co_return std::string();
}

// Why it came to an end; empty when the keys must be read again.
asio::awaitable<std::string> watcher::watch(const server& member) {
  using namespace asio::experimental::awaitable_operators;
  connection events(executor_, member, limits());
  question what{.target = "/v3/watch", .body = watch_request(settings_.prefix, revision_ + 1), .token = token_};
  const auto begun = co_await events.open(std::move(what));
  if (!begun.why.empty()) co_return "watch: " + begun.why;
  const auto ended = co_await (listen(events) || compare(member));
  co_return std::visit([](const auto& why) { return why; }, ended);
}

asio::awaitable<std::string> watcher::listen(connection& events) {
  from_the_start_ = false;
  for (;;) {
    std::string why;
    const auto line = co_await events.line(why);
    if (!line) co_return why;
    try {
      why = hear(*line);
    } catch (const std::exception& error) {
      why = std::string("watch: ") + error.what();
    }
    if (!why.empty() || from_the_start_) co_return why;
  }
}

// What is wrong with it, or empty.
std::string watcher::hear(const std::string& line) {
  const auto message = read_watch(line);
  if (message.compacted > 0) {
    host_.info("etcd has compacted what came before revision " + std::to_string(message.compacted) +
               ": the keys are read again");
    from_the_start_ = true;
    return {};
  }
  if (message.canceled) return "etcd has ended the watch" + (message.why.empty() ? "" : ": " + message.why);
  if (message.revision < revision_) {
    from_the_start_ = true;  // another history than the one that was read
    return {};
  }
  for (const auto& each : message.events) {
    services_.take(each);
    revision_ = std::max(revision_, each.revision);
  }
  if (!message.events.empty()) publish();
  return {};
}

// Asks, from time to time, what the watch should have reported. Two differences in a row with nothing heard in between:
// it has fallen silent, whatever its connection looks like.
asio::awaitable<std::string> watcher::compare(const server& member) {
  bool differed = false;
  for (auto heard = revision_;; heard = revision_) {
    co_await pause(settings_.check);
    const auto said = co_await ask(member, "/v3/kv/range", newest_request(settings_.prefix));
    if (!said.why.empty()) co_return said.why;
    try {
      const auto now = read_newest(said.body);
      const auto newest = now.entries.empty() ? 0 : now.entries.front().revision;
      if (now.revision < revision_) co_return std::string();  // its data are others
      const bool differs = now.count != services_.count() || newest != services_.newest_revision();
      if (differs && differed && heard == revision_) co_return "the watch has fallen silent";
      differed = differs;
    } catch (const bad_answer& error) {
      co_return error.what();
    }
    pause_ = {};
  }
}

void watcher::publish() {
  for (const auto& each : services_.changed()) host_.publish(services_.find(each, revision_));
  tell_left_out();
  const auto text = std::to_string(services_.service_count()) + " services, " +
                    std::to_string(services_.endpoint_count()) + " endpoints";
  const auto left_out = services_.left_out_count();
  if (left_out == 0) host_.status_ok(text);
  else host_.status_degraded(text + "; " + std::to_string(left_out) + " keys are left out, see the log");
}

void watcher::tell_left_out() {
  constexpr std::size_t most = 20;  // a prefix full of something else must not flood the log
  const auto news = services_.newly_left_out();
  for (std::size_t i = 0; i < std::min(most, news.size()); ++i)
    host_.warn("left out " + news[i].key + ": " + news[i].why);
  if (news.size() > most) host_.warn("left out " + std::to_string(news.size() - most) + " more");
  host_.gauge("left_out_keys", "Keys below the prefix that are no endpoint.",
              static_cast<double>(services_.left_out_count()));
}

void watcher::lost(const std::string& why) {
  host_.status_away(why);  // first: whoever learns that the state is unknown finds the reason there
  host_.unknown({}, why);
  host_.count("losses_total", "Times that a member of the cluster did not answer as it should.");
}

asio::awaitable<void> watcher::pause(std::chrono::nanoseconds length) {
  asio::steady_timer timer(executor_, length);
  boost::system::error_code ignored;  // cancelled: the next co_await reports it
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// Doubles up to the longest; half of it is chance, so that many hosts do not come back in step.
std::chrono::nanoseconds watcher::next_pause() {
  pause_ = std::min<std::chrono::nanoseconds>(settings_.retry_max, pause_ == pause_.zero() ? first_pause : 2 * pause_);
  return std::chrono::nanoseconds(
      std::uniform_int_distribution<std::int64_t>(pause_.count() / 2, pause_.count())(random_));
}

}  // namespace etcd
