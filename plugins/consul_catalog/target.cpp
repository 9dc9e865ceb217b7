#include "consul_catalog/target.hpp"

#include "common/consul_rules.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <utility>

namespace drcon::consul_catalog {

namespace asio = boost::asio;

target::target(target_settings options) : options_(std::move(options)) {
  constexpr int at_a_time = 4;  // an agent writes each registration to its disk; more would only wait there
  const auto headers = common::consul::token_headers(options_.token);
  for (int i = 0; i < at_a_time; ++i)
    connections_.push_back(
        std::make_unique<common::http_connection>(context_.get_executor(), options_.server, headers));
}

target::~target() = default;

std::vector<common::http_answer> target::ask(const std::vector<request>& all, const std::stop_token& stop) {
  std::vector<common::http_answer> answers(all.size());
  for (auto& each : answers) {
    each.fault = common::http_fault::lost;
    each.why = "not asked: a request before it failed, or drcon stops";
  }
  std::size_t next = 0;
  for (std::size_t i = 0; i < std::min(connections_.size(), all.size()); ++i)
    asio::co_spawn(context_, work(*connections_[i], all, next, answers, stop), asio::detached);
  context_.restart();
  context_.run();
  return answers;
}

asio::awaitable<void> target::work(common::http_connection& over, const std::vector<request>& all, std::size_t& next,
                                   std::vector<common::http_answer>& answers, const std::stop_token& stop) {
  while (next < all.size() && !stop.stop_requested()) {
    const auto mine = next++;
    const auto& what = all[mine];
    auto target = with_scope(what.target);
    common::http_answer answer;  // no co_await within ?: GCC 12 destroys its temporaries twice
    if (what.put) answer = co_await over.put(std::move(target), what.body, options_.timeout);
    else answer = co_await over.get(std::move(target), options_.timeout);
    const bool failed = answer.fault != common::http_fault::none;
    answers[mine] = std::move(answer);
    if (failed) next = all.size();
  }
}

std::string target::with_scope(const std::string& target) const {
  if (options_.scope.empty()) return target;
  return target + (target.find('?') == std::string::npos ? "?" : "&") + options_.scope;
}

}  // namespace drcon::consul_catalog
