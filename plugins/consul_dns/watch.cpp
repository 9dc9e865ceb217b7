#include "consul_dns/watch.hpp"

#include "common/count_of.hpp"
#include "common/in_service.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace drcon::consul_dns {
namespace {

namespace asio = boost::asio;

std::vector<srv_record> in_order(std::vector<srv_record> records) {
  for (auto& each : records) each.ttl = 0;  // a cache counts it down
  std::ranges::sort(records);
  return records;
}

}  // namespace

void common_state::report_status() const {
  const auto first_of = [](const std::map<std::string, std::string>& all) {
    return all.begin()->first + ": " + all.begin()->second +
           (all.size() > 1 ? "; and " + std::to_string(all.size() - 1) + " more" : std::string());
  };
  if (!failures.empty() && failures.size() == options.services.size()) return host.status_away(first_of(failures));
  if (!failures.empty()) return host.status_degraded(first_of(failures));
  if (!awaited.text().empty()) return host.status_degraded(awaited.text());
  if (!nameless.empty()) return host.status_degraded(first_of(nameless));
  if (!cuts.empty()) return host.status_degraded(first_of(cuts));
  host.status_ok(common::count_of(options.services.size(), "service") +
                 (options.resolver.over == transport::udp
                      ? "; over UDP, where Consul cuts answers without a sign: protocol = \"tcp\" is safer"
                      : ""));
}

void common_state::begin() {
  for (const auto& each : options.services) readiness.add(standings[each.service]);
}

void common_state::note_success(const watched_service& what, std::size_t in_service) {
  const auto before = awaited.text();
  if (awaited.must_wait(what.service, in_service, what.at_least)) readiness.incomplete(standings[what.service]);
  else readiness.worked(standings[what.service]);
  if (awaited.text() != before) report_status();
  become_ready();
}

void common_state::note_failure(const std::string& service, common::failure how, const std::string& why) {
  auto& standing = standings[service];
  readiness.failed(standing, how);
  if (readiness.all_fail() && readiness.begin_outage()) host.unknown({}, why);
  readiness.judge(standing, how);
  become_ready();
}

void common_state::become_ready() {
  if (!readiness.become_ready()) return;
  awaited.end();
  host.ready();
}

common::failure watcher::finding::kind() const {
  if (is_final) return common::failure::refusal;
  return is_answered ? common::failure::error : common::failure::unanswered;
}

watcher::watcher(const watched_service& what, common_state& shared, std::shared_ptr<resolver> first,
                 std::shared_ptr<resolver> second)
    : what_(what),
      shared_(shared),
      first_(std::move(first)),
      second_(std::move(second)),
      targets_(shared.options.absent_after),
      settling_(shared.options.settle),
      failures_(shared.options.pace.after_failures()) {}

asio::awaitable<void> watcher::run() {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    auto found = co_await look();
    take(found);
    timer.expires_after(pause(found));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<watcher::finding> watcher::look() {
  const auto answer = co_await ask_whole();
  finding found{.endpoints = {},
                .absent = answer.found.is == verdict::kind::absent,
                .why = answer.found.why,
                .is_final = answer.found.is_final,
                .is_answered = answer.bytes > 0,
                .met_silence = answer.met_silence};
  if (answer.found.is != verdict::kind::records) co_return found;
  address_book book;
  add_addresses(answer.parsed.alongside, book);
  found.ttl = ttl_of(answer.parsed);
  const auto& records = answer.parsed.services;
  const auto answers = co_await resolve(targets_.to_ask(unresolved(records, book), clock::now()), found.ttl);
  auto judged = targets_.take(records, std::move(book), answers, what_, published_, clock::now());
  found.why = std::move(judged.fault);
  found.is_final = judged.is_final;
  found.is_of_target = !found.why.empty();
  if (!found.why.empty()) co_return found;
  whole_ = in_order(records);
  found.endpoints = std::move(judged.endpoints);
  co_return found;
}

// Over UDP an answer may be a part, with nothing in it that says so. It is accepted only when it says that nothing has
// changed; anything else is asked for again over TCP.
asio::awaitable<dns_answer> watcher::ask_whole() {
  auto answer = co_await first_->ask(what_.question, record_type::srv);
  if (!second_ || !may_be_part(answer)) co_return answer;
  shared_.host.count("tcp_repeats_total", "UDP answers that may have been cut, asked for again over TCP.");
  auto whole = co_await second_->ask(what_.question, record_type::srv);
  note_cut(answer, whole);
  if (whole.found.is == verdict::kind::fault)
    whole.found.why = "the answer over UDP may be cut, and TCP does not help: " + whole.found.why;
  co_return whole;
}

bool watcher::may_be_part(const dns_answer& over_udp) const {
  if (over_udp.parsed.truncated) return true;
  if (over_udp.found.is == verdict::kind::fault) return false;
  if (over_udp.found.is == verdict::kind::absent) return !published_ || !published_->empty();
  constexpr std::size_t without_edns = 512;
  const std::size_t most = over_udp.parsed.edns ? std::size_t{channel::udp_payload} : without_edns;
  return !published_ || over_udp.bytes * 4 > most * 3 || in_order(over_udp.parsed.services) != whole_;
}

void watcher::note_cut(const dns_answer& over_udp, const dns_answer& whole) {
  if (whole.found.is == verdict::kind::fault) return;
  const auto part = over_udp.parsed.services.size();
  const auto all = whole.parsed.services.size();
  const bool silent = !over_udp.parsed.truncated && part < all;
  const bool was = shared_.cuts.erase(what_.service) > 0;
  if (silent)
    shared_.cuts[what_.service] = std::to_string(part) + " of " + std::to_string(all) +
                                  " records came over UDP, without a sign that it was cut; TCP gave the rest. "
                                  "protocol = \"tcp\" is safer";
  if (silent || was) shared_.report_status();
}

// The targets that came without an address. The shortest TTL of what is found counts.
asio::awaitable<std::vector<target_answer>> watcher::resolve(std::vector<std::string> names, std::uint32_t& ttl) {
  constexpr std::size_t at_a_time = 32;  // a server may close a connection after a hundred questions
  const auto executor = co_await asio::this_coro::executor;
  std::vector<target_answer> all;
  for (std::size_t start = 0; start < names.size(); start += at_a_time) {
    using lookup = decltype(asio::co_spawn(executor, look_up({}), asio::deferred));
    std::vector<lookup> group;
    for (std::size_t i = start; i < std::min(start + at_a_time, names.size()); ++i)
      group.push_back(asio::co_spawn(executor, look_up(names[i]), asio::deferred));
    auto [order, errors, found] = co_await asio::experimental::make_parallel_group(std::move(group))
                                      .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const auto& error : errors)
      if (error) std::rethrow_exception(error);
    for (auto& each : found) {
      for (const auto& record : each.addresses) ttl = std::min(ttl, record.ttl);
      all.push_back(std::move(each));
    }
  }
  co_return all;
}

// IPv4, and IPv6 only when there is no IPv4. When the first question fails nothing is known: the address of the other
// family would be another endpoint, which would vanish a moment later.
asio::awaitable<target_answer> watcher::look_up(std::string target) {
  for (const auto type : {record_type::a, record_type::aaaa}) {
    auto answer = co_await first_->ask(target, type);
    if (second_ && answer.parsed.truncated) answer = co_await second_->ask(target, type);
    if (answer.found.is == verdict::kind::fault)
      co_return target_answer{.target = target,
                              .addresses = {},
                              .why = "target " + target + " cannot be resolved: " + answer.found.why,
                              .is_final = answer.found.is_final};
    auto addresses = addresses_of(answer.parsed, target);
    if (!addresses.empty()) co_return target_answer{.target = target, .addresses = std::move(addresses), .why = {}};
  }
  co_return target_answer{
      .target = target, .addresses = {}, .why = "target " + target + " has no address", .is_final = true};
}

void watcher::take(finding& found) {
  const auto now = clock::now();
  if (found.met_silence) settling_.doubt();
  if (found.endpoints) {
    absent_since_.reset();
    failures_.reset();
    if (looks_like_part(*found.endpoints, now))
      return report_failure(
          "the server gives other endpoints with each answer, and as many: it passes on answers that Consul has cut; "
          "let "
          "it ask Consul over TCP (tcp-upstream of unbound), or set dns_config.enable_truncate in Consul",
          common::failure::error);
    found.is_settling = !settling_.accepts(*found.endpoints, published_, now);
    if (!found.is_settling) return publish(*found.endpoints);
    return report_failure(
        "a server was silent, and the answer is another one than before; accepted when it has held for settle");
  }
  settling_.interrupt();
  if (!found.is_of_target) targets_.interrupt();
  if (!found.absent) {
    absent_since_.reset();
    report_failure(found.why, found.kind());
    return;
  }
  failures_.reset();
  if (!absent_since_) absent_since_ = now;
  // Consul gives this answer when nothing is healthy as well as when nothing exists, and after it has lost its data,
  // until every service has registered again.
  if (now - *absent_since_ >= settling_.absence(shared_.options.absent_after)) {
    settling_.believe();
    whole_.clear();
    targets_.clear();
    publish({});
  } else if (!published_ || !published_->empty()) {
    report_failure("the authority knows no such name; accepted when it has held for absent_after");
  }
}

bool watcher::looks_like_part(const std::vector<endpoint>& found, clock::time_point now) {
  std::vector<std::string> ids;
  std::ranges::transform(found, std::back_inserter(ids), &endpoint::id);
  std::ranges::sort(ids);
  return parts_.looks_like_part(std::move(ids), now);
}

void watcher::publish(const std::vector<endpoint>& endpoints) {
  report_left_out();
  if (shared_.failures.erase(what_.service) > 0 || !published_) shared_.report_status();
  if (std::exchange(is_told_unknown_, false) || published_ != endpoints) {
    published_ = endpoints;
    shared_.host.publish({.name = what_.service, .revision = 0, .endpoints = endpoints});
  }
  shared_.note_success(what_, static_cast<std::size_t>(std::ranges::count_if(endpoints, common::in_service)));
}

// Before the endpoints: who sees that some are missing finds the reason.
void watcher::report_left_out() {
  const auto before = std::exchange(left_out_, targets_.left_out());
  for (const auto& [id, why] : left_out_)
    if (const auto known = before.find(id); known == before.end() || known->second != why)
      shared_.host.refused(what_.service, id, why);
  for (const auto& [id, why] : before)
    if (!left_out_.contains(id)) shared_.host.refused(what_.service, id, {});
  const auto text = targets_.text();
  const auto reported = shared_.nameless.find(what_.service);
  if (text == (reported == shared_.nameless.end() ? std::string() : reported->second)) return;
  if (text.empty()) shared_.nameless.erase(reported);
  else shared_.nameless[what_.service] = text;
  shared_.report_status();
}

void watcher::report_failure(const std::string& why, common::failure how) {
  shared_.host.count("failures_total", "Rounds that did not find out the state of a service.");
  auto& reported = shared_.failures[what_.service];
  if (reported != why) {
    reported = why;
    shared_.report_status();  // before "unknown", so that the reason is there
  }
  // Also of a service that was never known: what is served of it since before a restart stays, even when the source is
  // ready without it.
  if (!std::exchange(is_told_unknown_, true)) shared_.host.unknown(what_.service, why);
  shared_.note_failure(what_.service, how, why);
}

std::chrono::nanoseconds watcher::pause(const finding& found) {
  const auto& pace = shared_.options.pace;
  if (found.endpoints && !found.is_settling) return with_jitter(pace.after_answer(found.ttl), random_);
  return found.absent || found.is_settling ? with_jitter(pace.min, random_) : failures_.next();
}

}  // namespace drcon::consul_dns
