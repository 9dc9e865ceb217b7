// Rules for every request to Consul's HTTP API: when an answer may be used, and how blocking queries go on.
//
// Pure functions.
#pragma once

#include "common/http_answer.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace drcon::common::consul {

/// Why an answer cannot be used, in words for people; nothing when it can. `rights`: what the token needs, such as
/// "key:read". `also`: another status, besides 200, that is a valid answer.
std::optional<std::string> fault_of(const http_answer& answer, const std::string& rights, unsigned also = 200);

/// The parameters for a namespace and a partition, "ns=…&partition=…", without those that are empty.
std::string scope(const std::string& ns, const std::string& partition);

/// Consul's index rules: 0 counts as 1; one that went back starts again from 0.
std::uint64_t next_index(std::uint64_t before, const std::string& header);

/// How long a query with `wait` may take: Consul adds up to a sixteenth; the rest is for the way.
std::chrono::nanoseconds query_timeout(std::chrono::nanoseconds wait);

}  // namespace drcon::common::consul
