// From what HAProxy holds to what it should hold: the commands, in two steps.
//
// Growth brings every desired server into service. Only when the state that was read back confirms it are the others
// removed, so that no moment has fewer servers than needed. Pure functions.
#pragma once

#include "haproxy/desired.hpp"
#include "haproxy/live_state.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace drcon::haproxy {

enum class mode { dynamic, slots };

struct plan_rules {
  haproxy::mode mode = mode::dynamic;
  std::string prefix;          ///< dynamic: of the names of our servers; slots: of the server-template
  std::string backup_prefix;   ///< slots: of the server-template for backups; empty: none
  std::string server_options;  ///< dynamic: for `add server`
  bool check = false;          ///< server_options hold a health check
  bool check_first = false;    ///< a new server must pass a check before it gets traffic
};

struct backend_plan {
  std::vector<std::string> growth;            ///< commands, in order
  std::vector<std::string> leaving;           ///< servers to drain and take away, or slots to free
  std::map<std::string, std::string> by_key;  ///< "address:port" -> server that serves it, or will
  std::vector<std::string> left_out;          ///< slots: keys that found no slot
  std::vector<std::string> names_of_others;   ///< dynamic: keys whose server's name one of another prefix has
  std::vector<std::string> moved;             ///< dynamic: servers that nothing is known of but that they were moved
  std::set<std::string> by_hand;              ///< servers in maintenance or drain by somebody's hand
  std::set<std::string> taken_out;            ///< servers that growth puts, or finds, out of service by our own doing
  std::size_t slots = 0;                      ///< slots: how many there are

  /// Something is to be said of it, whatever its servers' checks say.
  bool is_remarkable() const {
    return !left_out.empty() || !names_of_others.empty() || !moved.empty() || !by_hand.empty();
  }
};

/// Whether a server was taken out of service by somebody else. `moved`: it does not have the address that it is
/// to get, as a slot that is free.
using touched_by_hand = std::function<bool(const std::string& server, const live_server& now, bool moved)>;

/// Name of the server that a dynamic endpoint gets. It tells whose it is, and everything that cannot be changed once a
/// server is made: another backup flag or other options make another server.
std::string dynamic_name(const desired_server& server, const plan_rules& rules);

/// A slot of a server-template: its prefix and a number.
bool is_slot(std::string_view name, const std::string& prefix);

/// True when this server is ours. No server is of two sinks, though one's prefix begins with the other's: the name of
/// a dynamic one is a prefix, its own address and its role, so that its address shows where the prefix ends.
bool is_ours(std::string_view name, const live_server& now, const plan_rules& rules);

/// Slots: other prefixes whose slots would be among ours. "drcon11" is number 11 of "drcon", and number 1 of "drcon1":
/// only its owner knows which.
std::set<std::string> prefixes_with_slots_of(const live_servers& live, const plan_rules& rules);

/// True when a server of ours is there (dynamic), or a slot is not free (slots).
bool any_in_use(const live_servers& servers, const plan_rules& rules);

backend_plan plan_backend(const std::string& backend, const desired_backend& desired, const live_servers& live,
                          const plan_rules& rules, const touched_by_hand& by_hand);

}  // namespace drcon::haproxy
