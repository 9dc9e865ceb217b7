#include "common/consul_rules.hpp"

#include "common/short_text.hpp"

#include <drcon/url.hpp>

#include <algorithm>
#include <charconv>

namespace drcon::common::consul {
namespace {

constexpr auto margin = std::chrono::seconds(10);  // for an agent that is slow, or far away

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

std::optional<std::uint64_t> index_of(const http_answer& answer, const std::string& header) {
  const auto text = answer.header(header);
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return std::max<std::uint64_t>(index, 1);
}

bool is_refusal(const http_answer& answer) {
  if (is_refused(answer)) return true;
  // Consul 1.8.7 says so with status 500 when it cannot read an expression of its filter language.
  return answer.fault == http_fault::none && answer.status == 500 &&
         answer.body.find("boolean expression evaluator") != std::string::npos;
}

failure kind_of(const http_answer& answer) {
  if (answer.fault != http_fault::none) return failure::unanswered;
  // A datacentre that this one is not joined to. The way to it may come back, but not by waiting: one question with a
  // wrong name must not keep the answers to all others back.
  const bool has_no_way = answer.status == 500 && answer.body.find("No path to datacenter") != std::string::npos;
  return has_no_way || is_refusal(answer) ? failure::refusal : failure::error;
}

bool fits_path(std::string_view name) {
  for (bool is_first = true;; is_first = false) {
    const auto end = name.find('/');
    const auto segment = name.substr(0, end);
    const bool is_last = end == std::string_view::npos;
    // A slash at the end stays: "a/" is another service than "a".
    if (segment == "." || segment == ".." || (segment.empty() && (is_first || !is_last))) return false;
    if (is_last) return true;
    name.remove_prefix(end + 1);
  }
}

std::chrono::nanoseconds query_timeout(std::chrono::nanoseconds wait) { return wait + wait / 16 + margin; }

std::vector<http_header> token_headers(const std::string& token) {
  if (token.empty()) return {};
  return {{"X-Consul-Token", token}};
}

}  // namespace drcon::common::consul
