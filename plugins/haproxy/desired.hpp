// From a snapshot to what each backend should hold.
//
// Pure, but for what is reported as left out. Of all that a registry tells only IP addresses, ports and weights go on
// to HAProxy, each checked: no name, tag or id can carry a command.
#pragma once

#include "haproxy/live_state.hpp"

#include <drcon/context.hpp>
#include <drcon/update.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace drcon::haproxy {

enum class warning_policy {
  reduce,  ///< a share of the weight
  keep,    ///< as if passing
  drain,
};

struct desired_server {
  std::string address;  ///< an IP address in its canonical form
  std::uint16_t port = 0;
  unsigned weight = 1;  ///< 0 to 256
  server_state state = server_state::ready;
  bool backup = false;
  std::string service;   ///< for messages
  std::string endpoint;  ///< id, for messages

  bool in_service() const { return state == server_state::ready && weight > 0; }
  /// What HAProxy is given. A server that drcon itself takes out of service gets none: by that it is recognised, after
  /// a restart of drcon too, from one that somebody has taken out by hand.
  unsigned weight_in_haproxy() const { return state == server_state::ready ? weight : 0; }
};

/// Servers of one backend by "address:port", which is unique there; in that order.
struct desired_backend {
  std::map<std::string, desired_server> servers;
  std::set<std::string> services;  ///< the services that it serves, also those without servers; for messages
  std::size_t refused = 0;         ///< endpoints in service that have no place among the servers
};

struct desired_rules {
  std::map<std::string, std::string> backends;  ///< service -> backend, where they differ by more than the pattern
  std::string backend_pattern = "{service}";    ///< for all others
  warning_policy warning = warning_policy::reduce;
  double warning_share = 0.5;
};

/// The backend of a service.
std::string backend_of(std::string_view service, const desired_rules& rules);

using desired_backends = std::map<std::string, desired_backend>;
using backend_names = std::set<std::string>;

desired_backends desired_from(const snapshot_view& snapshot, const desired_rules& rules, const context& host);

/// The same from update to update: what it costs follows what has changed, and not all that is desired.
/// Thread rule: the sink's one thread.
class desired_follower {
public:
  desired_follower(desired_rules rules, context host) : rules_(std::move(rules)), host_(host) {}

  /// Brings backends() up to this update, and reports all that is left out. Returns the backends that may differ from
  /// the last update that was applied; nothing: any of them.
  std::optional<backend_names> follow(const update_view& update);
  /// Begins with this, whatever was there before.
  void begin_with(const snapshot_view& wanted);
  const desired_backends& backends() const { return backends_; }
  /// What follow() was given last was applied, or not: the host names changes from what was applied last.
  void note_outcome(bool applied, const update_view& update);

private:
  struct left_out {
    std::string service;
    std::string endpoint;
    std::string why;
  };
  friend class backend_builder;
  void make_all(const snapshot_view& wanted);
  backend_names make_changed(const update_view& update);
  void make(const std::string& backend, const std::vector<service_view>& services);
  void report_left_out() const;

  const desired_rules rules_;
  const context host_;
  desired_backends backends_;
  std::map<std::string, std::set<std::string>> services_;  // of each backend, those with a bad name too
  std::map<std::string, std::vector<left_out>> left_out_;  // by backend
  std::optional<std::uint64_t> applied_;                   // the revision that backends_ is of, if it was applied
};

/// What HAProxy takes for the name of a proxy or server.
bool is_haproxy_name(std::string_view name);

}  // namespace drcon::haproxy
