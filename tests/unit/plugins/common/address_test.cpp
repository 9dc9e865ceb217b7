#include "common/address.hpp"

#include <gtest/gtest.h>

namespace drcon::common {
namespace {

TEST(Address, IsWrittenWithItsPort) {
  EXPECT_EQ(with_port("10.0.0.1", 80), "10.0.0.1:80");
  EXPECT_EQ(with_port("2001:db8::1", 80), "[2001:db8::1]:80");
}

TEST(Address, IsReadWithItsPort) {
  for (const auto* text : {"127.0.0.1:0", "127.0.0.1:65535", "[::1]:53"}) {
    const auto read = ip_and_port(text);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(with_port(read->address().to_string(), read->port()), text);
  }
  for (const auto* text : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:1x", "127.0.0.1: 1",
                           "::1:53", "[127.0.0.1]:1", "localhost:1", "[::1:53", "127.0.0.1:-1"})
    EXPECT_FALSE(ip_and_port(text)) << text;
}

}  // namespace
}  // namespace drcon::common
