#include "common/consul_rules.hpp"

#include <drcon/url.hpp>

#include <algorithm>
#include <charconv>

namespace drcon::common::consul {
namespace {

constexpr auto margin = std::chrono::seconds(10);  // for an agent that is slow, or far away

std::string first_line(const std::string& text) { return text.substr(0, std::min<std::size_t>(text.find('\n'), 200)); }

}  // namespace

std::optional<std::string> fault_of(const http_answer& answer, const std::string& rights, unsigned also) {
  if (answer.fault != http_fault::none) return answer.why;
  if (answer.status == 403)
    return "Consul refuses the token (403): it needs " + rights + "; " + first_line(answer.body);
  if (answer.status == 429) return "Consul has too many requests (429): " + first_line(answer.body);
  if (answer.status != 200 && answer.status != also)
    return "Consul answers " + std::to_string(answer.status) + ": " + first_line(answer.body);
  if (answer.header("x-consul-knownleader") == "false")
    return "Consul knows no leader, so that its answer may be old or empty";
  return {};
}

std::string scope(const std::string& ns, const std::string& partition) {
  auto query = ns.empty() ? std::string() : "ns=" + url_encode(ns);
  if (!partition.empty()) query += (query.empty() ? "partition=" : "&partition=") + url_encode(partition);
  return query;
}

std::uint64_t next_index(std::uint64_t before, const std::string& header) {
  std::uint64_t now = 0;
  std::from_chars(header.data(), header.data() + header.size(), now);
  if (now == 0) now = 1;
  return now < before ? 0 : now;
}

std::chrono::nanoseconds query_timeout(std::chrono::nanoseconds wait) { return wait + wait / 16 + margin; }

}  // namespace drcon::common::consul
