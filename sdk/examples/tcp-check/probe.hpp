// Who accepts a connection right now.
//
// Thread rule: none of its own; probe() blocks its caller.
#pragma once

#include "address.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

/// For each address "" when it accepted, or why it did not. All are asked at once; it takes no longer than `timeout`,
/// and ends early when `stop` holds (then its answers mean nothing).
std::vector<std::string> probe(const std::vector<socket_address>& all, std::chrono::milliseconds timeout,
                               const std::function<bool()>& stop);
