// Which host names do not resolve: looked up at once, since nginx -t names one at a time and may wait for the resolver
// for seconds at each.
//
// Thread rule: any; blocks the caller. A lookup cannot be taken back: the thread of one that nobody answers outlives
// the call, and so may what `look_up` holds.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace drcon::nginx {

/// By this machine's resolver. Why the name does not resolve, or empty.
std::string fault_of_host_name(const std::string& name);

using name_lookup = std::function<std::string(const std::string&)>;

/// Those that do not resolve, or that were not answered for within the time, each with the reason. The first ones are
/// looked up first.
std::map<std::string, std::string> unresolved(const std::vector<std::string>& names, std::chrono::nanoseconds at_most,
                                              const std::stop_token& stop = {},
                                              name_lookup look_up = fault_of_host_name);

}  // namespace drcon::nginx
