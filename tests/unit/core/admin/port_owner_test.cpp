// Who has the port that drcon would have.
#include "admin/port_owner.hpp"

#include "admin/listener.hpp"
#include "support/temp_dir.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

namespace drcon::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class PortOwner : public ::testing::Test {
protected:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor taken_{context_,
                                        boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0)};
  const std::uint16_t port_ = taken_.local_endpoint().port();
  const std::string me_ = "process " + std::to_string(::getpid()) + " (";
};

TEST_F(PortOwner, IsTheProcessThatListensThere) {
  EXPECT_THAT(owner_of_port(port_), StartsWith(me_));
  taken_.close();
  EXPECT_EQ(owner_of_port(port_), "another process") << "nobody does any more";
}

TEST_F(PortOwner, IsNamedWhereDrconCannotListenAndAnotherPortIsSuggested) {
  const auto opened = open_tcp_port(context_, "127.0.0.1", port_);
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().why, StartsWith("cannot listen on 127.0.0.1:" + std::to_string(port_) + ": " + me_));
  const auto next = port_ == 65535 ? port_ - 1 : port_ + 1;
  EXPECT_THAT(
      opened.error().why,
      HasSubstr(") listens there; choose another port for [admin] listen, such as 127.0.0.1:" + std::to_string(next)));
}

TEST_F(PortOwner, IsNamedForAUnixSocketThatIsInUse) {
  const test::temp_dir files;
  const auto first = open_unix_socket(context_, files / "admin.sock");
  ASSERT_TRUE(first);
  const auto second = open_unix_socket(context_, files / "admin.sock");
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().why, HasSubstr("admin.sock: " + me_));
  EXPECT_THAT(second.error().why, HasSubstr(") listens there; choose another [admin] socket"));
}

}  // namespace
}  // namespace drcon::admin
