// The backends that drcon makes in HAProxy at run time (3.4 or later), and the map by which HAProxy chooses a service's
// backend by the service's name.
//
// HAProxy says of no backend whether its configuration has it, and deletes one of its configuration as willingly as any
// other. So each one that is made gets a GUID of this sink: only what has that is ever deleted, after a restart of
// drcon too. A reload or restart of HAProxy forgets both, backends and map. Thread rule: the sink's one thread.
#pragma once

#include "common/target_lock.hpp"
#include "haproxy/desired.hpp"
#include "haproxy/live_state.hpp"
#include "haproxy/target.hpp"

#include <drcon/context.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drcon::haproxy {

struct backends_settings {
  std::string from;  ///< name of the `defaults` section that backends are made from; empty: none is made
  std::string map;   ///< as HAProxy's configuration names it; empty: none is kept
};

/// Service -> backend, in the order of names. A file may have a name twice.
using routes = std::vector<std::pair<std::string, std::string>>;

/// Gives commands and returns their answers; nothing when the connection failed, with `why`.
using give_commands =
    std::function<std::optional<std::vector<std::string>>(const std::vector<std::string>& commands, std::string& why)>;

class made_backends {
public:
  /// `owner`: what distinguishes this sink from others that make backends in the same HAProxy.
  made_backends(backends_settings options, target_address socket, const std::string& owner, context host);

  /// Another HAProxy process has none of them. `process`: what only that process says of itself.
  void meet(std::string process);

  /// Asks which backends are made, and what the map holds. What went wrong with the connection, or empty.
  std::string look(target& cli, const std::string& version);

  bool contains(const std::string& backend) const { return made_.contains(backend); }
  const backend_names& names() const { return made_; }
  /// Whether this HAProxy makes backends, and this sink is to make them.
  bool can_make() const { return can_make_; }

  /// Makes these, without traffic, and adds them to `live`; why one is not made goes to `refusals`. What went wrong
  /// with the connection, or empty.
  std::string make(const give_commands& give, const backend_names& missing, live_state& live,
                   std::map<std::string, std::string>& refusals);

  /// Lets HAProxy choose those of `filled` that are made, and keeps them from being deleted. As above.
  std::string publish(const give_commands& give, const backend_names& filled,
                      std::map<std::string, std::string>& refusals);

  /// Brings the map in line with what is desired and can be chosen, all of it at once. What went wrong with the
  /// connection, or empty; what is wrong with the map is among the remarks.
  std::string route(const give_commands& give, target& cli, const desired_backends& desired, const live_state& live);

  /// HAProxy chooses these no more: once they have no server, delete_left() deletes them. As above.
  std::string leave(const give_commands& give, const backend_names& unwanted);
  bool any_leaving() const { return !leaving_.empty(); }
  /// Tries to delete those that are to leave and that `is_in_use` does not name. How many are gone.
  std::size_t delete_left(const give_commands& give, const std::function<bool(const std::string&)>& is_in_use);

  /// What the status is to say.
  std::vector<std::string> remarks() const;
  /// Services whose names cannot be keys of the map.
  const std::vector<std::string>& unroutable() const { return unroutable_; }

private:
  bool may_keep_map();
  routes wanted_routes(const desired_backends& desired, const live_state& live);
  std::string swap_in(const give_commands& give, target& cli, const routes& wanted);

  const backends_settings options_;
  const target_address socket_;
  const std::string mark_;  // what the GUIDs of this sink's backends begin with
  const context host_;
  std::string process_;
  std::string version_;
  bool can_make_ = false;
  backend_names made_;
  backend_names published_;                   // of these, since drcon or HAProxy was started
  backend_names leaving_;                     // of these, and HAProxy chooses them no more
  std::map<std::string, std::string> stuck_;  // of these, and why HAProxy does not delete them
  std::optional<routes> routes_;              // what the map holds; nothing: HAProxy has no such map
  std::string map_fault_;                     // why the map is not as it is to be; empty: it is, or there is none
  std::vector<std::string> unroutable_;
  common::name_lock map_lock_;
};

/// What the GUIDs of a sink's backends begin with. Pure.
std::string mark_of(std::string_view owner);

/// The backends whose GUID is `mark` and their name, from `dump stats-file`. Pure.
backend_names marked_backends(std::string_view answer, std::string_view mark);

/// From `show map`; nothing when HAProxy has no such map. Pure.
std::optional<routes> read_map(std::string_view answer);

/// The version that `prepare map` has made; empty when it has not. Pure.
std::string prepared_version(std::string_view answer);

/// Whether this version of HAProxy makes backends at run time.
inline bool can_make_backends(const std::string& version) { return is_at_least(version, 3, 4); }

}  // namespace drcon::haproxy
