// The sizes of DNS messages, as they are taken from sockets.
#include "consul_dns/wire_sizes.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace drcon::consul_dns {
namespace {

using bytes = std::vector<unsigned char>;

// A message of `size` bytes; its content means nothing.
bytes message(unsigned char id, std::size_t size) {
  bytes made(size, 0xff);
  made[0] = 0;
  made[1] = id;
  return made;
}

// As it goes over TCP.
void append(bytes& stream, const bytes& message) {
  stream.push_back(static_cast<unsigned char>(message.size() >> 8));
  stream.push_back(static_cast<unsigned char>(message.size() & 0xff));
  stream.insert(stream.end(), message.begin(), message.end());
}

TEST(WireSizes, AreThoseOfDatagrams) {
  wire_sizes sizes;
  sizes.add_datagram(message(1, 512));
  sizes.add_datagram(message(2, 100));
  EXPECT_EQ(sizes.take(1), 512U);
  EXPECT_EQ(sizes.take(2), 100U);
}

TEST(WireSizes, AreFoundInAStreamThatIsSplitAnywhere) {
  bytes stream;
  append(stream, message(1, 65535));
  append(stream, message(2, 2));
  append(stream, message(3, 300));
  for (const std::size_t piece : {1U, 3U, 7U, 1000U, 70000U}) {
    wire_sizes sizes;
    for (std::size_t start = 0; start < stream.size(); start += piece)
      sizes.add_stream(5, std::span(stream).subspan(start, std::min(piece, stream.size() - start)));
    EXPECT_EQ(sizes.take(1), 65535U) << piece;
    EXPECT_EQ(sizes.take(2), 2U) << piece;
    EXPECT_EQ(sizes.take(3), 300U) << piece;
  }
}

TEST(WireSizes, KeepConnectionsApart) {
  bytes one;
  append(one, message(1, 300));
  bytes other;
  append(other, message(2, 400));
  wire_sizes sizes;
  sizes.add_stream(5, std::span(one).first(10));
  sizes.add_stream(6, other);
  sizes.forget(5);
  sizes.add_stream(5, other);  // the same number, another connection
  EXPECT_EQ(sizes.take(1), 300U);
  EXPECT_EQ(sizes.take(2), 400U);
}

TEST(WireSizes, OfAMessageThatWasNotSeenIsTheLargest) {
  wire_sizes sizes;
  sizes.add_datagram(message(1, 512));
  EXPECT_EQ(sizes.take(1), 512U);
  EXPECT_EQ(sizes.take(1), 65535U) << "once";
  EXPECT_EQ(sizes.take(2), 65535U);
}

}  // namespace
}  // namespace drcon::consul_dns
