// From the snapshot to upstreams: what nginx can carry, and a reason for each endpoint that it cannot.
#pragma once

#include <drcon/context.hpp>
#include <drcon/update.hpp>

#include <set>
#include <string>
#include <vector>

namespace drcon::nginx {

/// One `server` line.
struct server {
  std::string address;  ///< "10.0.0.1:80", "[::1]:80"
  std::uint32_t weight = 1;
  bool backup = false;
  bool down = false;
  drcon::endpoint origin;  ///< its labels are for templates; empty for a stand-in
  std::string endpoint;    ///< its id, for messages
};

/// One `upstream` block.
struct upstream {
  std::string name;
  std::vector<server> servers;
  /// Endpoints of it that are left out. The address is empty where nginx could not be given it.
  std::vector<server> refused;
};

enum class hostile_policy { drop_endpoint, drop_value };
enum class name_policy { drop, pass };

/// The labels of an endpoint that get into the file. Others are taken off at once: an endpoint must not lose its place
/// for a value that nobody would have read.
struct written_labels {
  bool id = false;
  bool node = false;
  bool tags = false;
  bool meta = false;
};

struct desired_rules {
  hostile_policy hostile = hostile_policy::drop_endpoint;
  name_policy host_names = name_policy::drop;
  written_labels written;
};

std::set<std::string> names_of(const std::vector<upstream>& all);

/// In order of name. A service of which every endpoint is left out is there, with no server: whether it keeps its last
/// servers is decided later.
std::vector<upstream> desired_from(const snapshot_view& desired, const desired_rules& rules, const context& host);

}  // namespace drcon::nginx
