// What HAProxy tells of itself: `show info`, `show backend`, `show servers state`, `show servers conn`.
//
// Pure functions of its answers.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace drcon::haproxy {

/// Which process answered: a reload or restart makes another one, which knows nothing of what was set at run time.
struct process_identity {
  std::string pid;
  std::string start;
  bool operator==(const process_identity&) const = default;
};

struct process_info {
  process_identity identity;
  std::string node;  ///< of its configuration; by default its host's name
  std::string version;
  bool stopping = false;  ///< an old process that a reload has left: it changes nothing any more
};

/// Who keeps a server from its share: bits of srv_admin_state. Bit 4 (configured 'disabled') stays set for ever on a
/// slot, even while it serves, and tells nothing.
inline constexpr unsigned admin_maintenance = 0x23;
inline constexpr unsigned admin_drain = 0x18;
/// Of these, what somebody has ordered at run time: drcon, or a person.
inline constexpr unsigned admin_ordered = 0x09;

enum class server_state {
  ready,
  drain,  ///< no new traffic but what sticks to it
  maint,
};

/// The word for it in `set server`.
const char* to_string(server_state state);

struct live_server {
  std::string address;
  std::uint32_t port = 0;
  unsigned weight = 0;
  unsigned admin = 0;
  bool stopped = false;  ///< its operational state: down, for whatever reason
  bool check_configured = false;
  bool check_enabled = false;
  std::uint64_t unchanged_seconds = 0;

  bool in_maintenance() const { return (admin & admin_maintenance) != 0; }
  bool is_out_by_order() const { return (admin & admin_ordered) != 0; }
  /// By HAProxy's own check: it gets no traffic, though nobody has ordered that.
  bool is_down() const { return stopped && check_enabled && !in_maintenance(); }
  bool draining() const { return (admin & admin_drain) != 0; }
  server_state state() const {
    return in_maintenance() ? server_state::maint : draining() ? server_state::drain : server_state::ready;
  }
};

/// Server's name -> what it is now.
using live_servers = std::map<std::string, live_server, std::less<>>;

struct live_state {
  std::set<std::string, std::less<>> backends;               ///< all that exist
  std::map<std::string, live_servers, std::less<>> servers;  ///< by backend; one without servers is not here
  std::set<std::string, std::less<>> with_down;              ///< backends of which a check has some server down

  /// Of a backend; empty when it is not there.
  const live_servers& servers_of(std::string_view backend) const;
};

/// The backend of "backend/server".
inline std::string backend_part(const std::string& server) { return server.substr(0, server.rfind('/')); }

process_info read_info(std::string_view answer);

/// Whether HAProxy is of this version or a later one.
bool is_at_least(const std::string& version, int major, int minor);

/// Reads `show backend` and `show servers state`. What is not as expected, or empty.
std::string read_state(std::string_view backends, std::string_view servers, live_state& state);

/// Adds what an answer of `show servers state` has. What is not as expected, or empty.
std::string read_servers(std::string_view servers, live_state& state);

/// "backend/server" -> connections in use, from `show servers conn`.
std::map<std::string, std::uint64_t> read_connections(std::string_view answer);

}  // namespace drcon::haproxy
