#include "consul_dns/poller.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace drcon::consul_dns {
namespace {

namespace asio = boost::asio;

std::string name_of(response_code code) {
  switch (code) {
    case response_code::server_failure: return "the server failed (SERVFAIL)";
    case response_code::refused: return "the server refuses (REFUSED)";
    case response_code::not_implemented: return "the server does not implement it (NOTIMP)";
    case response_code::format_error: return "the server does not understand the question (FORMERR)";
    default: return "the server answered with code " + std::to_string(static_cast<int>(code));
  }
}

}  // namespace

void common_state::show() const {
  if (troubles.empty()) {
    host.status_ok(std::to_string(options.services.size()) + " services" +
                   (options.resolver.over == transport::udp
                        ? "; over UDP, where Consul cuts answers without a word: protocol = \"tcp\" is safer"
                        : ""));
    return;
  }
  const auto& [service, why] = *troubles.begin();
  const auto text = service + ": " + why +
                    (troubles.size() > 1 ? "; and " + std::to_string(troubles.size() - 1) + " more" : std::string());
  if (troubles.size() == options.services.size()) host.status_away(text);
  else host.status_degraded(text);
}

poller::poller(const watched_service& what, common_state& shared, std::shared_ptr<resolver> first,
               std::shared_ptr<resolver> second)
    : what_(what), shared_(shared), first_(std::move(first)), second_(std::move(second)) {}

asio::awaitable<void> poller::run() {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    auto found = co_await look();
    const auto next = pause(found);
    take(std::move(found));
    timer.expires_after(next);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<poller::finding> poller::look() {
  const auto answer = co_await ask_whole();
  if (!answer.parsed) co_return finding{.endpoints = {}, .absent = false, .why = answer.server + ": " + answer.why};
  auto found = judge(*answer.parsed);
  if (!found.why.empty()) found.why = answer.server + ": " + found.why;
  if (!found.endpoints) co_return found;
  address_book book;
  add_addresses(answer.parsed->addresses, book);
  if (auto why = co_await resolve(answer.parsed->services, book); !why.empty())
    co_return finding{.endpoints = {}, .absent = false, .why = std::move(why)};
  records_ = answer.parsed->services.size();
  found.endpoints = endpoints_of(answer.parsed->services, book, what_);
  co_return found;
}

// Over UDP an answer may be a part, with nothing that says so: the first one, one that is nearly as large as allowed,
// and one that has lost records are asked for again over TCP.
asio::awaitable<dns_answer> poller::ask_whole() {
  auto answer = co_await first_->ask(what_.question, record_type::srv);
  if (!second_ || !answer.parsed || answer.parsed->code != response_code::no_error) co_return answer;
  const bool suspect = answer.parsed->truncated || !told_ || answer.parsed->services.size() < records_ ||
                       answer.bytes * 4 > std::size_t{resolver::udp_payload} * 3;
  if (!suspect) co_return answer;
  shared_.host.count("tcp_repeats_total", "UDP answers that may have been cut, asked for again over TCP.");
  auto whole = co_await second_->ask(what_.question, record_type::srv);
  if (!whole.parsed) whole.why = "the answer over UDP may be cut, and TCP does not help: " + whole.why;
  co_return whole;
}

poller::finding poller::judge(const message& answer) const {
  finding to;
  to.ttl = ttl_of(answer);
  if (answer.truncated) {
    to.why = "the answer was cut short by the server, even over TCP";
  } else if (answer.code == response_code::no_error && !answer.services.empty()) {
    to.endpoints.emplace();
  } else if (answer.code == response_code::no_error || answer.code == response_code::no_such_name) {
    to.absent = answer.authoritative || !shared_.options.authoritative;
    if (!to.absent)
      to.why = "the server knows no such name, but is not its authority; authoritative = false would believe it";
  } else {
    to.why = name_of(answer.code);
  }
  return to;
}

// Addresses of the targets that came without one. What went wrong, or empty.
asio::awaitable<std::string> poller::resolve(const std::vector<srv_record>& records, address_book& book) {
  for (const auto& target : unresolved(records, book)) {
    std::string why;
    for (const auto type : {record_type::a, record_type::aaaa}) {
      const auto answer = co_await first_->ask(target, type);
      if (!answer.parsed) {
        why = answer.why;
        continue;
      }
      // With an alias the addresses stand under another name: they answer this question all the same.
      for (auto each : answer.parsed->addresses) {
        each.name = target;
        add_addresses({each}, book);
      }
      if (book.contains(target)) break;
    }
    if (!book.contains(target)) co_return "target " + target + " has no address" + (why.empty() ? "" : ": " + why);
  }
  co_return std::string();
}

void poller::take(finding found) {
  if (found.endpoints) {
    absent_since_.reset();
    failures_ = 0;
    publish(std::move(*found.endpoints));
    return;
  }
  if (!found.absent) {
    absent_since_.reset();
    ++failures_;
    trouble(found.why);
    return;
  }
  failures_ = 0;
  const auto now = clock::now();
  if (!absent_since_) absent_since_ = now;
  // Consul says it when nothing is healthy as well as when nothing exists, and also for a moment while it starts.
  if (now - *absent_since_ >= shared_.options.absent_after) publish({});
  else if (!told_ || !told_->empty())
    trouble("the authority knows no such name; believed when it has held for absent_after");
}

void poller::publish(std::vector<endpoint> endpoints) {
  if (shared_.troubles.erase(what_.service) > 0 || !told_) shared_.show();
  if (known_ && told_ == endpoints) return;
  const bool first = !told_;
  told_ = endpoints;
  known_ = true;
  shared_.host.publish({.name = what_.service, .revision = 0, .endpoints = std::move(endpoints)});
  if (first && --shared_.untold == 0) shared_.host.ready();
}

void poller::trouble(const std::string& why) {
  shared_.host.count("failures_total", "Rounds that did not tell the state of a service.");
  auto& told = shared_.troubles[what_.service];
  if (told != why) {
    told = why;
    shared_.show();  // before "unknown", so that the reason is there
  }
  if (!std::exchange(known_, false)) return;
  shared_.host.unknown(what_.service, why);
}

// The TTL, within the limits; after failures longer and longer. Jitter keeps many hosts from asking in step.
std::chrono::nanoseconds poller::pause(const finding& found) {
  const auto& options = shared_.options;
  auto next = options.interval_min;
  if (found.endpoints)
    next = std::clamp<std::chrono::nanoseconds>(std::chrono::seconds(found.ttl), options.interval_min,
                                                options.interval_max);
  else if (!found.absent)
    next =
        std::min<std::chrono::nanoseconds>(options.interval_min * (1LL << std::min(failures_, 10)), options.retry_max);
  constexpr long jitter_percent = 10;
  return next + next / 100 * std::uniform_int_distribution<long>(-jitter_percent, jitter_percent)(random_);
}

}  // namespace drcon::consul_dns
