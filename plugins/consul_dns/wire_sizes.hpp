// How many bytes each DNS message had when it was received.
//
// Whether an answer may have been cut is seen from its size alone, and newer versions of c-ares hand messages on only
// after they have read them and written them again, shorter, with names compressed. So sizes are taken from the
// sockets. Thread rule: the thread that uses the channel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

namespace drcon::consul_dns {

class wire_sizes {
public:
  /// A message that came as one datagram.
  void add_datagram(std::span<const unsigned char> message);
  /// Bytes of a TCP connection, in which each message follows its length; split anywhere.
  void add_stream(int socket, std::span<const unsigned char> bytes);
  /// The socket is closed: its number may be used again by another connection.
  void forget(int socket) { streams_.erase(socket); }

  /// The size of the last message with this id, once; the largest there is when none was seen, so that an answer of
  /// unknown size is never believed to be whole.
  std::size_t take(std::uint16_t id);

private:
  // Where a connection is within a message: first the length and the id, then what is skipped.
  struct stream {
    unsigned char head[4];
    std::size_t head_bytes = 0;
    std::size_t to_skip = 0;
  };
  std::map<int, stream> streams_;
  std::map<std::uint16_t, std::size_t> sizes_;
};

}  // namespace drcon::consul_dns
