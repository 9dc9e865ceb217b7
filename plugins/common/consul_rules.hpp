// Rules for every request to Consul's HTTP API: when an answer may be used, and how blocking queries go on.
//
// Pure functions.
#pragma once

#include "common/http_answer.hpp"
#include "common/readiness.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::common::consul {

/// Why an answer cannot be used, in words for people; nothing when it can. `rights`: what the token needs, such as
/// "key:read". `also`: another status, besides 200, that is a valid answer.
std::optional<std::string> fault_of(const http_answer& answer, const std::string& rights, unsigned also = 200);

/// The parameters for a namespace and a partition, "ns=…&partition=…", without those that are empty.
std::string scope(const std::string& ns, const std::string& partition);

/// The header of answers that has their index, in lower case.
inline constexpr auto index_header = "x-consul-index";
/// The index of an answer, from the header of that name: 0 counts as 1, as Consul's rules say. Nothing when it has
/// none, or one that is no number.
std::optional<std::uint64_t> index_of(const http_answer& answer, const std::string& header);

/// Whether asking again brings the same answer: Consul refuses what is asked for, and would take something else.
bool is_refusal(const http_answer& answer);

/// What a failed query says of the next one, for readiness.
failure kind_of(const http_answer& answer);

/// Whether Consul can be asked about `name`, or asked to remove it, as the end of a path: it takes any name for a
/// registration, but redirects (301) a path with an empty segment, "." or "..", encoded or not.
bool fits_path(std::string_view name);

/// How long a query with `wait` may take: Consul adds up to a sixteenth; the rest is for the way.
std::chrono::nanoseconds query_timeout(std::chrono::nanoseconds wait);

/// The headers of every request: the ACL token, where there is one.
std::vector<http_header> token_headers(const std::string& token);

}  // namespace drcon::common::consul
