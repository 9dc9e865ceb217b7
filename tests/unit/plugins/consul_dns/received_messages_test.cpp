// DNS messages, as they are taken from sockets.
#include "consul_dns/received_messages.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

namespace drcon::consul_dns {
namespace received_messages_test {

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

TEST(ReceivedMessages, AreThoseOfDatagrams) {
  received_messages received;
  received.add_datagram(message(1, 512));
  received.add_datagram(message(2, 100));
  EXPECT_EQ(received.take(1), message(1, 512));
  EXPECT_EQ(received.take(2), message(2, 100));
}

TEST(ReceivedMessages, AreFoundInAStreamThatIsSplitAnywhere) {
  bytes stream;
  append(stream, message(1, 65535));
  append(stream, message(2, 2));
  append(stream, message(3, 300));
  for (const std::size_t piece : {1U, 3U, 7U, 1000U, 70000U}) {
    received_messages received;
    for (std::size_t start = 0; start < stream.size(); start += piece)
      received.add_stream(5, std::span(stream).subspan(start, std::min(piece, stream.size() - start)));
    EXPECT_EQ(received.take(1), message(1, 65535)) << piece;
    EXPECT_EQ(received.take(2), message(2, 2)) << piece;
    EXPECT_EQ(received.take(3), message(3, 300)) << piece;
  }
}

TEST(ReceivedMessages, KeepConnectionsApart) {
  bytes one;
  append(one, message(1, 300));
  bytes other;
  append(other, message(2, 400));
  received_messages received;
  received.add_stream(5, std::span(one).first(10));
  received.add_stream(6, other);
  received.forget(5);
  received.add_stream(5, other);  // the same number, another connection
  EXPECT_EQ(received.take(1), std::nullopt) << "its connection ended in the middle";
  EXPECT_EQ(received.take(2), message(2, 400));
}

TEST(ReceivedMessages, AreTakenOnce) {
  received_messages received;
  received.add_datagram(message(1, 512));
  EXPECT_EQ(received.take(1), message(1, 512));
  EXPECT_EQ(received.take(1), std::nullopt);
  EXPECT_EQ(received.take(2), std::nullopt);
}

TEST(ReceivedMessages, AreBoundedWhenNobodyTakesThem) {
  received_messages received;
  for (int i = 0; i < 5000; ++i) {
    auto each = message(0, 100);
    each[0] = static_cast<unsigned char>(i >> 8);
    each[1] = static_cast<unsigned char>(i & 0xff);
    received.add_datagram(each);
  }
  EXPECT_EQ(received.take(7), std::nullopt) << "an old one";
  EXPECT_TRUE(received.take(4999)) << "the last one";
}

}  // namespace received_messages_test
}  // namespace drcon::consul_dns
