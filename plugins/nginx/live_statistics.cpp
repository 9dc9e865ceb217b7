// What nginx's workers have counted, as metrics.
#include "nginx/live_mode.hpp"

#include <cerrno>
#include <csignal>
#include <set>

namespace drcon::nginx {
namespace {

// The workers write what they have counted each second.
constexpr auto period = std::chrono::seconds(2);

// A worker that was started again counts from 0.
double grown(std::uint64_t before, std::uint64_t now) {
  return static_cast<double>(now >= before ? now - before : now);
}

bool is_alive(pid_t process) { return ::kill(process, 0) == 0 || errno == EPERM; }

}  // namespace

std::string live_mode::counted() const {
  const auto state = channel_.state();
  if (state.status != 200) return {};
  std::map<std::pair<std::string, std::string>, peer_counts> sums;
  for (const auto& each : channel_.statistics().value_or(std::vector<peer_counts>())) {
    auto& sum = sums[{each.service, each.address}];
    sum.requests += each.requests;
    sum.failures += each.failures;
    sum.active += each.active;
  }
  std::string lines;
  for (const auto& [which, sum] : sums)
    lines += which.first + " " + which.second + " version " + std::to_string(state.state->version) + ": " +
             std::to_string(sum.requests) + " requests, " + std::to_string(sum.failures) + " failed, " +
             std::to_string(sum.active) + " open\n";
  return lines;
}

void live_mode::watch() {
  const auto now = std::chrono::steady_clock::now();
  if (!on_ || unanswered_ > 0 || now - counted_ < period) return;
  counted_ = now;
  auto found = channel_.statistics();
  if (!found) return;
  std::map<counted_peer, peer_counts> all;
  std::map<std::pair<std::string, std::string>, double> active;
  for (auto& [key, before] : counts_) active[{before.service, before.address}] = 0;  // those that are gone have none
  std::set<pid_t> heard;
  for (auto& each : *found) {
    heard.insert(each.worker);
    active[{each.service, each.address}] += static_cast<double>(each.active);
    auto key = counted_peer(each.worker, each.service, each.address);
    const auto before = counts_.find(key);
    const auto requests = grown(before == counts_.end() ? 0 : before->second.requests, each.requests);
    const auto failures = grown(before == counts_.end() ? 0 : before->second.failures, each.failures);
    host_.count("live_requests_total", "Requests, tries included, that nginx sent to an endpoint.", requests,
                {{"service", each.service}, {"endpoint", each.address}});
    host_.count("live_failures_total", "Tries that nginx counted as failed.", failures,
                {{"service", each.service}, {"endpoint", each.address}});
    all.emplace(std::move(key), std::move(each));
  }
  for (const auto& [which, count] : active)
    host_.gauge("live_active_requests", "Requests that an endpoint is answering.", count,
                {{"service", which.first}, {"endpoint", which.second}});
  // A worker that left nothing this time goes on counting, and everything would be counted again with its next answer.
  for (auto& [key, before] : counts_)
    if (!heard.contains(before.worker) && is_alive(before.worker)) all.emplace(key, std::move(before));
  counts_ = std::move(all);
}

}  // namespace drcon::nginx
