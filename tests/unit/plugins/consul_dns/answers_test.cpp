// consul-dns and answers that are a part: cut, or with targets that have to be asked for.
#include "scripted_source.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>

namespace drcon::test {
namespace {

// ---- answers that are cut ----

TEST(ConsulDnsCut, IsNeverAcceptedEvenOverTcpWhereAnAnswerEndsAt64KiB) {
  std::atomic<int> records{500};
  const scripted_dns server([&](const dns_bytes& query, bool) {
    dns_reply reply(query);
    for (int i = 0; i < records; ++i) {
      const auto name = "n" + std::to_string(i) + ".a-name-of-some-length";
      reply.srv(name, 80 + i).a(name, "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250));
    }
    return reply.bytes();
  });
  source_harness source("consul-dns", quick_but("5s", "200ms") + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  ASSERT_EQ(ids(source).size(), 500U);
  records = 505;
  ASSERT_TRUE(source.wait_for([](const auto& now) { return now.services.at("web").endpoints.size() == 505; }))
      << source.status().text;
  records = 617;  // 65,218 bytes: no room for another long one
  ASSERT_TRUE(source.wait_for([](const auto& now) { return now.unknown.contains("web"); })) << source.status().text;
  EXPECT_NE(source.status().text.find("may be cut"), std::string::npos) << source.status().text;
  EXPECT_EQ(ids(source).size(), 505U);
}

TEST(ConsulDnsCut, WithTcIsAskedForOverTcp) {
  const scripted_dns server([](const dns_bytes& query, bool tcp) {
    return tcp ? two_endpoints(query) : dns_reply(query).srv("a.x", 80).a("a.x", "10.0.0.1").truncated().bytes();
  });
  source_harness source("consul-dns", quick + "protocol = \"udp\"\n" + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_EQ(ids(source).size(), 2U);
  EXPECT_EQ(source.status().state, DRCON_STATE_OK) << "a server that says so is no reason to warn";
}

// Consul without EDNS sends three of many, other ones each time, in a small message without TC.
TEST(ConsulDnsCut, OfTheUsualSizeIsNotAcceptedWhenItIsAnother) {
  std::atomic<bool> grown{false};
  std::atomic<int> turn{0};
  const scripted_dns server([&](const dns_bytes& query, bool tcp) {
    if (!grown) return two_endpoints(query);
    dns_reply reply(query);
    const int first = tcp ? 0 : turn++ % 5;
    for (int i = first; i < (tcp ? 6 : first + 2); ++i) {
      const auto name = std::string(1, static_cast<char>('a' + i)) + ".x";
      reply.srv(name, 80 + i).a(name, "10.0.0." + std::to_string(i + 1));
    }
    return reply.bytes();
  });
  source_harness source("consul-dns", quick + "protocol = \"udp\"\n" + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  const auto words = source.now().words;
  grown = true;
  ASSERT_TRUE(source.wait_for([](const auto& now) { return now.services.at("web").endpoints.size() == 6; }))
      << source.status().text;
  EXPECT_TRUE(wait_until([&] { return source.status().state == DRCON_STATE_DEGRADED; }));
  EXPECT_NE(source.status().text.find("2 of 6 records came over UDP"), std::string::npos) << source.status().text;
  const auto queries = server.queries();
  ASSERT_TRUE(wait_until([&] { return server.queries() > queries + 12; }));
  EXPECT_EQ(source.now().words, words + 1) << "nothing but the one change was told";
}

TEST(ConsulDnsCut, DownToNoSuchNameOverUdpIsNotAcceptedEither) {
  std::atomic<bool> gone{false};
  const scripted_dns server([&](const dns_bytes& query, bool tcp) {
    return gone && !tcp ? dns_reply(query).code(3).bytes() : two_endpoints(query);
  });
  source_harness source("consul-dns",
                        quick_but("300ms", "0s") + "protocol = \"udp\"\n" + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  gone = true;
  const auto queries = server.queries();
  ASSERT_TRUE(wait_until([&] { return server.queries() > queries + 10; }));
  EXPECT_EQ(ids(source).size(), 2U);
}

// ---- addresses of targets ----

// Answers for one target without an address of its own alongside; `address` answers what is asked about it.
std::function<dns_bytes(const dns_bytes&, bool)> target_with(std::function<dns_bytes(const dns_bytes&, int)> address) {
  return [address](const dns_bytes& query, bool) {
    const auto type = question_of(query).second;
    return type == 33 ? dns_reply(query).srv("a.x", 80).bytes() : address(query, type);
  };
}

TEST(ConsulDnsTarget, IsNotMistakenForANameServer) {
  const scripted_dns server(target_with([](const dns_bytes& query, int) {
    return dns_reply(query).a("a.x", "10.0.0.7").name_server("x", "ns.x").glue("ns.x", "10.0.0.1").bytes();
  }));
  source_harness source("consul-dns", quick + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_EQ(ids(source), std::set<std::string>{"10.0.0.7:80"});
}

TEST(ConsulDnsTarget, MayBeAnAlias) {
  const scripted_dns server(target_with([](const dns_bytes& query, int) {
    return dns_reply(query).alias("b.x", "c.x").alias("a.x", "b.x").a("c.x", "10.0.0.7").bytes();
  }));
  source_harness source("consul-dns", quick + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_EQ(ids(source), std::set<std::string>{"10.0.0.7:80"});
}

TEST(ConsulDnsTarget, MayHaveIPv6Alone) {
  const scripted_dns server(target_with([](const dns_bytes& query, int type) {
    return type == 28 ? dns_reply(query).aaaa("a.x", "2001:db8::7").bytes() : dns_reply(query).bytes();
  }));
  source_harness source("consul-dns", quick + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_EQ(ids(source), std::set<std::string>{"[2001:db8::7]:80"});
}

TEST(ConsulDnsTarget, DoesNotMoveToIPv6WhileIPv4CannotBeAskedFor) {
  std::atomic<bool> broken{false};
  const scripted_dns server(target_with([&](const dns_bytes& query, int type) {
    if (type == 28) return dns_reply(query).aaaa("a.x", "2001:db8::7").bytes();
    return broken ? dns_reply(query).code(2).bytes() : dns_reply(query).a("a.x", "10.0.0.7").bytes();
  }));
  source_harness source("consul-dns", quick + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  broken = true;
  ASSERT_TRUE(source.wait_for([](const auto& now) { return now.unknown.contains("web"); }));
  EXPECT_NE(source.status().text.find("SERVFAIL"), std::string::npos) << source.status().text;
  EXPECT_EQ(ids(source), std::set<std::string>{"10.0.0.7:80"});
}

// Whoever may register an instance may give it a name that nobody knows.
TEST(ConsulDnsTarget, WithoutAnAddressIsLeftOutAndTheServiceFollowed) {
  std::atomic<bool> moved{false};
  std::atomic<bool> corrected{false};
  const scripted_dns server([&](const dns_bytes& query, bool) {
    const auto [name, type] = question_of(query);
    if (type != 33) return corrected ? dns_reply(query).a(name, "10.0.0.3").bytes() : dns_reply(query).code(3).bytes();
    dns_reply reply(query);
    reply.srv("nowhere.invalid", 1).srv("a.x", 80).a("a.x", "10.0.0.1");
    if (moved) reply.srv("b.x", 81).a("b.x", "10.0.0.2");
    return reply.bytes();
  });
  source_harness source("consul-dns", quick + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_EQ(ids(source), std::set<std::string>{"10.0.0.1:80"});
  EXPECT_TRUE(source.now().unknown.empty());
  EXPECT_EQ(source.status().state, DRCON_STATE_DEGRADED);
  EXPECT_EQ(source.status().text, "web: leaves out 1 endpoint: target nowhere.invalid has no address");
  ASSERT_EQ(source.omitted().size(), 1U);
  EXPECT_EQ(source.omitted()[0].endpoint, "nowhere.invalid:1");
  moved = true;
  EXPECT_TRUE(wait_until([&] { return ids(source) == std::set<std::string>{"10.0.0.1:80", "10.0.0.2:81"}; }));
  corrected = true;
  EXPECT_TRUE(wait_until([&] { return ids(source).contains("10.0.0.3:1"); }));
  EXPECT_TRUE(wait_until([&] { return source.status().state == DRCON_STATE_OK; })) << source.status().text;
  EXPECT_TRUE(source.omitted().empty());
}

// As Consul answers, without recursors, for an instance whose address is a name.
TEST(ConsulDnsTarget, ThatTheServerRefusesToAskForIsLeftOut) {
  const scripted_dns server([&](const dns_bytes& query, bool) {
    if (question_of(query).second != 33) return dns_reply(query).code(5).bytes();
    return dns_reply(query).srv("nowhere.invalid", 1).srv("a.x", 80).a("a.x", "10.0.0.1").bytes();
  });
  source_harness source("consul-dns", quick + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_EQ(ids(source), std::set<std::string>{"10.0.0.1:80"});
  EXPECT_NE(source.status().text.find("REFUSED"), std::string::npos) << source.status().text;
}

// Nothing else is in its service. The other one goes on, and what was served of this one before a restart stays.
TEST(ConsulDnsTarget, WithoutAnAddressThatIsAloneMakesItsServiceUnknownAndNoOther) {
  const scripted_dns server([&](const dns_bytes& query, bool) {
    const auto [name, type] = question_of(query);
    if (type != 33) return dns_reply(query).code(3).bytes();
    if (name.starts_with("api")) return dns_reply(query).srv("nowhere.invalid", 1).bytes();
    return two_endpoints(query);
  });
  source_harness source("consul-dns",
                        quick + "service = [{ name = \"web\" }, { name = \"api\" }]\n" + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_EQ(ids(source).size(), 2U);
  EXPECT_TRUE(source.now().unknown.contains("api"));
  EXPECT_FALSE(source.now().services.contains("api")) << "unknown is not empty";
}

class ConsulDnsTargets : public ::testing::TestWithParam<int> {};

// dnsmasq before 2.91 closes a connection after each question of its own zones.
TEST_P(ConsulDnsTargets, AreManyAndAskedForTogetherAsFarAsTheServerAllows) {
  scripted_dns server([](const dns_bytes& query, bool) {
    const auto [name, type] = question_of(query);
    dns_reply reply(query);
    if (type == 33)
      for (int i = 0; i < 300; ++i) reply.srv(std::to_string(i / 250) + "-" + std::to_string(i % 250) + ".x", 80);
    else reply.a(name, "10.0." + name.substr(0, 1) + "." + name.substr(2, name.size() - 4));
    return reply.bytes();
  });
  server.close_after(GetParam());
  source_harness source("consul-dns",
                        "timeout = \"20s\"\ninterval = { min = \"10s\" }\n" + web + asked_at({server.address()}));
  source.start();
  ASSERT_TRUE(source.wait_ready(30s)) << source.status().text;
  EXPECT_EQ(ids(source).size(), 300U);
  EXPECT_EQ(source.metrics().find("failures_total"), std::string::npos) << source.metrics();
  // Not one round trip after the other, nor everything again for what was lost.
  EXPECT_GE(server.queries(), 301);
  EXPECT_LT(server.queries(), 400);
}

INSTANTIATE_TEST_SUITE_P(Closing, ConsulDnsTargets, ::testing::Values(0, 1, 7, 100),
                         [](const auto& each) { return "After" + std::to_string(each.param); });

}  // namespace
}  // namespace drcon::test
