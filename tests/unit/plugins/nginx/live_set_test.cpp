#include "nginx/live_set.hpp"

#include <gtest/gtest.h>

namespace drcon::nginx {
namespace {

server server_at(const std::string& address, bool down = false) {
  server made;
  made.address = address;
  made.down = down;
  return made;
}

server backup_at(const std::string& address, unsigned weight) {
  auto made = server_at(address);
  made.backup = true;
  made.weight = weight;
  return made;
}

std::vector<upstream> web(std::vector<server> servers) {
  return {{.name = "web", .servers = std::move(servers), .refused = {}}};
}

TEST(NginxLiveSet, HasALineForEachServer) {
  const auto text =
      text_of_peers(web({server_at("10.0.0.1:80"), backup_at("[2001:db8::1]:443", 7), server_at("10.0.0.2:80", true)}),
                    {{"web", {{"10.0.0.1:80", 1700000000}}}}, {});
  EXPECT_EQ(text, "service web\n10.0.0.1:80 1 0 u 1700000000\n[2001:db8::1]:443 7 1 u 0\n10.0.0.2:80 1 0 d 0\n");
}

TEST(NginxLiveSet, HasNoServerThatIsNoIpAddress) {
  EXPECT_EQ(text_of_peers(web({server_at("some.host:80"), server_at("10.0.0.1:80")}), {}, {}),
            "service web\n10.0.0.1:80 1 0 u 0\n");
}

TEST(NginxLiveSet, IsReadBackAsItWasWritten) {
  const auto text =
      text_of_peers(web({server_at("10.0.0.1:80"), backup_at("[::1]:81", 3), server_at("10.0.0.2:80", true)}),
                    {{"web", {{"10.0.0.1:80", 5}}}}, {});
  const auto known = read_set(set_of(42, text));
  ASSERT_TRUE(known);
  EXPECT_EQ(known->version, 42U);
  EXPECT_EQ(known->text, text);
  ASSERT_EQ(known->servers.at("web").size(), 3U);
  EXPECT_EQ(known->servers.at("web")[1].address, "[::1]:81");
  EXPECT_EQ(known->servers.at("web")[1].weight, 3U);
  EXPECT_TRUE(known->servers.at("web")[1].backup);
  EXPECT_TRUE(known->servers.at("web")[2].down);
  EXPECT_EQ(known->since.at("web").at("10.0.0.1:80"), 5);
}

TEST(NginxLiveSet, WhatStandsForNobodyIsNotReadBackAsTheLastServers) {
  const auto text = text_of_peers(web({server_at("127.0.0.1:16000")}), {}, {"web"});
  EXPECT_EQ(text, "service web\n127.0.0.1:16000 1 9 u 0\n");
  EXPECT_TRUE(read_set(set_of(1, text))->servers.empty());
}

TEST(NginxLiveSet, IsNotReadWhenAnyByteIsAnother) {
  const auto good = set_of(42, text_of_peers(web({server_at("10.0.0.1:80")}), {}, {}));
  EXPECT_TRUE(read_set(good));
  EXPECT_FALSE(read_set(""));
  EXPECT_FALSE(read_set(good + "x"));
  EXPECT_FALSE(read_set(good.substr(0, good.size() - 1)));
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto damaged = good;
    damaged[i] = damaged[i] == '7' ? '8' : '7';
    EXPECT_FALSE(read_set(damaged)) << damaged;
  }
}

TEST(NginxLiveSet, AServerThatIsNewOrBackIsServedSinceNow) {
  const auto first = since_when(web({server_at("10.0.0.1:80"), server_at("10.0.0.2:80", true)}), {}, 100);
  EXPECT_EQ(first.at("web").at("10.0.0.1:80"), 0) << "a service that is new as a whole does not start slowly";
  EXPECT_FALSE(first.at("web").contains("10.0.0.2:80"));
  const auto second =
      since_when(web({server_at("10.0.0.1:80"), server_at("10.0.0.2:80"), server_at("10.0.0.3:80")}), first, 200);
  EXPECT_EQ(second.at("web").at("10.0.0.1:80"), 0);
  EXPECT_EQ(second.at("web").at("10.0.0.2:80"), 200);
  EXPECT_EQ(second.at("web").at("10.0.0.3:80"), 200);
  EXPECT_EQ(since_when(web({server_at("10.0.0.3:80")}), second, 300).at("web").at("10.0.0.3:80"), 200);
}

}  // namespace
}  // namespace drcon::nginx
