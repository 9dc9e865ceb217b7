#include "consul_http/agent_limit.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <sys/resource.h>

#include <algorithm>

namespace drcon::consul {
namespace {

/// Fewer would not do: see fewest_connections.
constexpr std::size_t fewest = 8;
/// Where there is no limit. Each connection costs memory at both ends; the services beyond take turns.
constexpr std::size_t most = 10000;

}  // namespace

std::optional<std::size_t> parse_agent_limit(const std::string& body) {
  const auto all = parsed_json(body);
  if (!all.is_object()) return {};
  const auto debug = all.find("DebugConfig");
  if (debug == all.end() || !debug->is_object()) return {};
  const auto limit = debug->find("HTTPMaxConnsPerClient");
  if (limit == debug->end() || !limit->is_number_integer() || *limit < 0) return {};
  return limit->get<std::size_t>();
}

std::optional<std::size_t> agent_limit_after(std::optional<std::size_t> known, const common::http_answer& answer) {
  if (answer.fault != common::http_fault::none || answer.status != 200) return known;
  const auto stated = parse_agent_limit(answer.body);
  return stated ? stated : known;
}

bool may_state_limit_later(const common::http_answer& answer) {
  constexpr unsigned too_many = 429;
  return answer.fault != common::http_fault::none || answer.status == too_many || answer.status >= 500;
}

std::size_t share_of(std::size_t allowed, std::size_t descriptors) {
  const auto ours = allowed == 0 ? most : std::min(most, allowed - allowed / 4);
  // The other half is for sinks, the admin interface and other sources.
  return std::max(fewest, std::min(ours, descriptors / 2));
}

std::size_t descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return usual_connections;
  return static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace drcon::consul
