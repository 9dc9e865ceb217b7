// DNS messages as they were received, byte for byte.
//
// Newer versions of c-ares hand a message on only after they have read it; written again it has another size, from
// which nobody can see any more whether a server had cut it, and a large one cannot be written at all. So the bytes are
// taken from the sockets. Thread rule: the thread that uses the channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace drcon::consul_dns {

class received_messages {
public:
  using bytes = std::vector<unsigned char>;

  /// A message that came as one datagram.
  void add_datagram(std::span<const unsigned char> message);
  /// Bytes of a TCP connection, in which each message follows its length; split anywhere.
  void add_stream(int socket, std::span<const unsigned char> part);
  /// The socket is closed: its number may be used again by another connection.
  void forget(int socket) { streams_.erase(socket); }

  /// The last message with this id, once; nothing when none was received.
  std::optional<bytes> take(std::uint16_t id);

private:
  void keep(bytes message);

  std::map<int, bytes> streams_;  // what has come of a message that is not whole, with its length
  std::map<std::uint16_t, bytes> messages_;
};

}  // namespace drcon::consul_dns
