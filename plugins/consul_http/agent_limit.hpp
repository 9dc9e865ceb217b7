// How many connections an agent allows each client address, as it says itself, and how many of them are ours.
//
// Pure functions.
#pragma once

#include "common/http_answer.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace drcon::consul {

/// What is used when the agent does not say what it allows: three quarters of its default of 200.
inline constexpr std::size_t usual_connections = 150;
/// What is used until it was asked: hardly an agent allows fewer.
inline constexpr std::size_t first_connections = 16;

/// limits.http_max_conns_per_client in the body of /v1/agent/self; 0: there is no limit. Nothing when it is not there.
std::optional<std::size_t> parse_agent_limit(const std::string& body);

/// What is known of that limit after this answer: only one that states it changes what was known before. A missing
/// right, too many requests or a body that cannot be read say nothing of it.
std::optional<std::size_t> agent_limit_after(std::optional<std::size_t> known, const common::http_answer& answer);

/// Whether the agent could not answer now, and is worth asking again soon.
bool may_state_limit_later(const common::http_answer& answer);

/// How many connections we use of the `allowed`: others on this host, such as health checks, people's commands and
/// other programs, count with us. `descriptors`: how many files and connections this process may have open.
std::size_t share_of(std::size_t allowed, std::size_t descriptors);

/// How many files and connections this process may have open.
std::size_t descriptor_limit();

}  // namespace drcon::consul
