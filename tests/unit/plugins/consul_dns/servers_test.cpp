// consul-dns and the ways of servers: how they treat connections, and several in turn.
#include "scripted_source.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>

namespace drcon::test {
namespace {

TEST(ConsulDnsConnection, AsksWithIdsThatNobodyCanGuess) {
  std::mutex mutex;
  std::set<int> seen;
  const scripted_dns server([&](const dns_bytes& query, bool) {
    const std::lock_guard lock(mutex);
    seen.insert(query[0] << 8 | query[1]);
    return two_endpoints(query);
  });
  source_harness source("consul-dns", quick + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(wait_until([&] { return server.queries() >= 20; }));
  const std::lock_guard lock(mutex);
  EXPECT_GT(seen.size(), 15U);
}

TEST(ConsulDnsConnection, LeavesOneThatHasGoneSilent) {
  scripted_dns server([](const dns_bytes& query, bool) { return two_endpoints(query); });
  source_harness source("consul-dns", quick + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  server.mute();  // as when a firewall has forgotten the connection
  ASSERT_TRUE(source.wait_for([](const auto& now) { return now.unknown.contains("web"); }));
  EXPECT_TRUE(source.wait_for([](const auto& now) { return !now.unknown.contains("web"); })) << source.status().text;
  EXPECT_GT(server.connections(), 1);
}

// Newer versions of c-ares would wait for 250 ms only, a multiple of what earlier answers took.
TEST(ConsulDnsConnection, WaitsAsLongAsItsTimeOutForAServerThatWasQuickBefore) {
  std::atomic<int> asked = 0;
  std::atomic<int> slow = 0;
  scripted_dns server([&](const dns_bytes& query, bool) {
    if (++asked > 20) {
      std::this_thread::sleep_for(700ms);
      ++slow;
    }
    return two_endpoints(query);
  });
  source_harness source("consul-dns", quick_but("10s", "200ms") + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(wait_until([&] { return slow >= 3; }));
  EXPECT_EQ(source.metrics().find("failures_total"), std::string::npos) << source.metrics();
  EXPECT_FALSE(source.now().unknown.contains("web"));
}

// Consul closes a connection after 128 questions, dnsmasq after 100.
TEST(ConsulDnsConnection, LosesNoAnswerToServersThatCloseAfterAHundredQuestions) {
  scripted_dns server([](const dns_bytes& query, bool) { return two_endpoints(query); });
  server.close_after(100);
  std::string services;
  for (int i = 0; i < 400; ++i) services += "{ name = \"s" + std::to_string(i) + "\" }, ";
  source_harness source("consul-dns",
                        "timeout = \"20s\"\nservice = [" + services + "]\n" + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready(30s)) << source.status().text;
  EXPECT_EQ(source.metrics().find("failures_total"), std::string::npos) << source.metrics();
}

TEST(ConsulDnsConnection, IsMadeAgainAfterAnAnswerThatEndsHalfWay) {
  scripted_dns server([](const dns_bytes& query, bool) { return two_endpoints(query); });
  source_harness source("consul-dns", quick + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  server.cut_frames(true);
  ASSERT_TRUE(source.wait_for([](const auto& now) { return now.unknown.contains("web"); }));
  EXPECT_EQ(ids(source), (std::set<std::string>{"10.0.0.1:80", "10.0.0.2:81"}));
  server.cut_frames(false);
  EXPECT_TRUE(source.wait_for([](const auto& now) { return !now.unknown.contains("web"); })) << source.status().text;
}

// ---- several servers ----

struct lame {
  std::string name;
  std::function<dns_bytes(const dns_bytes&)> answer;
};
class ConsulDnsLame : public ::testing::TestWithParam<lame> {};

TEST_P(ConsulDnsLame, IsPassedOverForTheNext) {
  const scripted_dns bad([](const dns_bytes& query, bool) { return GetParam().answer(query); });
  const scripted_dns good([](const dns_bytes& query, bool) { return two_endpoints(query); });
  source_harness source("consul-dns", quick + web + asked_at({bad.address(), good.address()}));
  source.start();
  EXPECT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_GT(bad.queries(), 0);
  EXPECT_EQ(ids(source).size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(
    Each, ConsulDnsLame,
    ::testing::Values(lame{"NoSuchNameNotFromTheAuthority",
                           [](const auto& q) { return dns_reply(q).code(3).authoritative(false).bytes(); }},
                      lame{"Referral", [](const auto& q) { return dns_reply(q).name_server("x", "ns.x").bytes(); }},
                      lame{"Cut", [](const auto& q) { return dns_reply(q).srv("a.x", 80).truncated().bytes(); }},
                      lame{"Garbage",
                           [](const auto&) {
                             return dns_bytes{1, 2, 3};
                           }}),
    [](const auto& each) { return each.param.name; });

TEST(ConsulDnsServers, AreEachNamedWithWhatIsWrongWithThem) {
  const scripted_dns failing([](const dns_bytes& query, bool) { return dns_reply(query).code(2).bytes(); });
  const scripted_dns refusing([](const dns_bytes& query, bool) { return dns_reply(query).code(5).bytes(); });
  source_harness source("consul-dns", quick + web + asked_at({failing.address(), refusing.address()}));
  source.start();
  EXPECT_TRUE(wait_until([&] {
    const auto text = source.status().text;
    return text.find(failing.address() + ": the server failed (SERVFAIL)") != std::string::npos &&
           text.find(refusing.address() + ": the server refuses (REFUSED)") != std::string::npos;
  })) << source.status().text;
}

// A resolver that only says whom to ask says nothing of the service, even where authority is not asked for.
TEST(ConsulDnsServers, DoNotEmptyAServiceByAReferral) {
  std::atomic<bool> refers{false};
  const scripted_dns server([&](const dns_bytes& query, bool) {
    return refers ? dns_reply(query).authoritative(false).name_server("x", "ns.x").bytes() : two_endpoints(query);
  });
  source_harness source("consul-dns",
                        quick_but("300ms", "0s") + "authoritative = false\n" + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  refers = true;
  ASSERT_TRUE(source.wait_for([](const auto& now) { return now.unknown.contains("web"); }));
  EXPECT_NE(source.status().text.find("lame"), std::string::npos) << source.status().text;
  EXPECT_EQ(ids(source).size(), 2U);
}

}  // namespace
}  // namespace drcon::test
