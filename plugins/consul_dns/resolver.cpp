#include "consul_dns/resolver.hpp"

#include <algorithm>
#include <utility>

namespace drcon::consul_dns {

namespace asio = boost::asio;

namespace {

// dnsmasq closes a connection after 100 questions, Consul 1.8.7 after 128; what is under way then is lost.
constexpr int most_questions = 96;

}  // namespace

resolver::resolver(asio::any_io_executor executor, resolver_options options)
    : executor_(std::move(executor)), options_(std::move(options)) {
  for (const auto& address : options_.servers)
    servers_.push_back({.address = address, .current = nullptr, .questions = most_questions});
}

asio::awaitable<dns_answer> resolver::ask(std::string name, record_type type) {
  const auto query = make_query(name, type, options_.over == transport::udp ? channel::udp_payload : 0);
  if (!query)
    co_return dns_answer{.found = {verdict::kind::fault, "'" + name + "' is no name that can be asked for", true}};
  std::string said;
  bool is_final = true;
  bool met_silence = false;
  const auto first = preferred_;  // another question may move it meanwhile
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    const auto which = (first + i) % servers_.size();
    auto answer = co_await ask_one(servers_[which], *query, type);
    met_silence = met_silence || answer.bytes == 0;
    answer.met_silence = met_silence;
    if (answer.found.is != verdict::kind::fault) {
      preferred_ = which;
      co_return answer;
    }
    is_final = is_final && answer.found.is_final;
    said += (said.empty() ? "" : "; ") + servers_[which].address + ": " + answer.found.why;
    // Over UDP a cut answer is worth the same question over TCP, not one to the next server.
    const bool last = i + 1 == servers_.size() || (answer.parsed.truncated && options_.over == transport::udp);
    if (!last) continue;
    answer.found.why = std::move(said);
    answer.found.is_final = is_final;
    co_return answer;
  }
  co_return dns_answer{};
}

// A server may close a connection after fewer questions than expected: dnsmasq before 2.91 does after each one of its
// own zones. What was lost is asked again, with as many to a connection as it takes.
asio::awaitable<reply> resolver::exchange(server& which, const std::vector<unsigned char>& query) {
  constexpr int tries = 4;  // the first, one for the limit that it taught, the rest for a restart right then
  reply got;
  for (int i = 0; i < tries; ++i) {
    const auto over = channel_to(which);
    got = co_await over->ask(query);
    if (got.too_early) continue;  // on a new channel, since this one counts as broken
    if (!got.lost || over->answers() == 0) break;
    which.questions = std::min(which.questions, over->answers());
    which.limited_at = clock::now();
  }
  co_return got;
}

asio::awaitable<dns_answer> resolver::ask_one(server& which, const std::vector<unsigned char>& query,
                                              record_type type) {
  const auto got = co_await exchange(which, query);
  dns_answer result{.found = {verdict::kind::fault, got.why}, .bytes = got.bytes.size()};
  if (!got.why.empty()) co_return result;
  auto parsed = read_message(got.bytes);
  if (!parsed) {
    result.found.why = "the answer is no sound DNS message";
    co_return result;
  }
  result.parsed = std::move(*parsed);
  // Who has no address is of no use whoever says so; a service that is gone has to be said by the authority.
  result.found = judge(result.parsed, result.bytes, type, options_.authoritative && type == record_type::srv);
  co_return result;
}

// Questions that are under way on a channel that is used up end there: they hold it.
std::shared_ptr<channel> resolver::channel_to(server& which) {
  constexpr auto limit_lasts = std::chrono::minutes(1);  // a restart looks like a limit
  if (clock::now() - which.limited_at > limit_lasts) which.questions = most_questions;
  if (!which.current || which.current->used_up(which.questions))
    which.current = std::make_shared<channel>(executor_, which.address, options_.over, options_.timeout);
  return which.current;
}

}  // namespace drcon::consul_dns
