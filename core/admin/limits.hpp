// How much the admin interface takes on. Each bound stands here once: the server keeps to it, and the reference page
// and the refusals print it.
//
// Everything is bounded because the interface is reachable by whoever reaches its port: no client may cost the host
// more than its share of memory, descriptors or time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace drcon::admin::limits {

/// Over the unix socket, and as many again over TCP: it serves people and scrapers, not load. When all places over TCP
/// are taken, the client that has been there for longest without showing that it may ask gives its place to the next.
inline constexpr std::size_t connections = 64;
inline constexpr std::size_t event_clients = 1024;  ///< the same: over each of the two

inline constexpr std::uint32_t header_bytes = 16 * 1024;
inline constexpr std::uint64_t body_bytes = std::uint64_t{64} * 1024;

inline constexpr std::chrono::seconds request_timeout{30};       ///< a silent client does not keep its place
inline constexpr std::chrono::seconds first_request_timeout{5};  ///< over TCP, where nobody has shown who they are
inline constexpr std::chrono::seconds write_timeout{30};         ///< nor does one that does not read
inline constexpr std::chrono::seconds handshake_timeout{5};
inline constexpr std::chrono::seconds liveness_timeout{5};  ///< of /healthz: is the engine's thread alive?
inline constexpr std::chrono::seconds answer_timeout{90};   ///< of the other routes: a target may have to be asked
/// An order is given in the name of a number when the user database has not answered by then.
inline constexpr std::chrono::seconds user_name_timeout{2};

/// Proxies cut a connection that is silent for longer than a minute, so event clients get a comment this often.
inline constexpr std::chrono::seconds heartbeat_interval{15};

}  // namespace drcon::admin::limits
