// The peers of all services as one text, which nginx takes without a reload: see lua/drcon.lua for its grammar.
//
// Pure functions.
#pragma once

#include "nginx/desired.hpp"
#include "nginx/last_servers.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::nginx {

/// Since when each peer has been served, in seconds since the epoch: service -> address -> time. 0: always. A peer that
/// is down is not in it.
using served_since = std::map<std::string, std::map<std::string, std::int64_t>>;

/// A service that is new as a whole has nobody to take the load meanwhile: its peers do not start slowly. What was
/// there `before` keeps its time.
served_since since_when(const std::vector<upstream>& all, const served_since& before, std::int64_t now);

/// The lines of all services. `all` has the servers that they are to have; those of `stand_ins` stand for nobody, and
/// are not read back.
std::string text_of_peers(const std::vector<upstream>& all, const served_since& since,
                          const std::set<std::string>& stand_ins);

/// The whole set, with its first line.
std::string set_of(std::uint64_t version, const std::string& text);

struct known_set {
  std::uint64_t version = 0;
  std::string text;
  last_servers servers;
  served_since since;
};

/// What a file of drcon's holds; nothing when it is damaged.
std::optional<known_set> read_set(const std::string& file);

}  // namespace drcon::nginx
