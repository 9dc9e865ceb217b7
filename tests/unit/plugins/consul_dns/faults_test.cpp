// consul-dns against a server that answers what the test says: every kind of failure keeps the last state.
#include "support/plugin_harness.hpp"
#include "support/ports.hpp"
#include "support/scripted_dns.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

namespace drcon::test {
namespace consul_dns_faults_test {

constexpr const char* quick =
    "timeout = \"300ms\"\nretry_max = \"50ms\"\nabsent_after = \"200ms\"\ninterval = { min = \"20ms\", max = \"50ms\" "
    "}\n"
    "service = [{ name = \"web\" }]\n";

std::optional<dns_bytes> two_servers(const dns_bytes& query) {
  return dns_reply(query).srv("a.x", 80).srv("b.x", 81).a("a.x", "10.0.0.1").a("b.x", "10.0.0.2").bytes();
}

TEST(ConsulDnsStart, WaitsForAsManyEndpointsAsTheServiceMustHave) {
  std::atomic<bool> whole{false};
  const scripted_dns server([&](const dns_bytes& query, bool) -> std::optional<dns_bytes> {
    if (whole) return two_servers(query);
    return dns_reply(query).srv("a.x", 80).a("a.x", "10.0.0.1").bytes();
  });
  std::string options = quick;
  options.replace(options.find("\"web\""), 5, "\"web\", at_least = 2");
  source_harness source("consul-dns", options + "server = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(wait_until([&] { return source.status().text == "waiting for 2 endpoints of web, which has 1"; }))
      << source.status().text;
  EXPECT_FALSE(source.now().ready);
  whole = true;
  EXPECT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_EQ(source.status().state, DRCON_STATE_OK) << source.status().text;
}

struct fault {
  std::string name;
  std::function<std::optional<dns_bytes>(const dns_bytes&)> answer;
  std::string told;  ///< what the status says
};

class ConsulDnsFault : public ::testing::TestWithParam<fault> {};

TEST_P(ConsulDnsFault, KeepsWhatItKnewAndFollowsAgainAfterwards) {
  std::atomic<bool> broken{false};
  const scripted_dns server(
      [&](const dns_bytes& query, bool) { return broken ? GetParam().answer(query) : two_servers(query); });
  source_harness source("consul-dns", std::string(quick) + "server = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  broken = true;
  ASSERT_TRUE(source.wait_for([](const auto& now) { return now.unknown.contains("web"); })) << source.status().text;
  EXPECT_NE(source.status().text.find(GetParam().told), std::string::npos) << source.status().text;
  EXPECT_EQ(source.now().services.at("web").endpoints.size(), 2U);
  broken = false;
  EXPECT_TRUE(source.wait_for([](const auto& now) { return !now.unknown.contains("web"); }));
  EXPECT_EQ(source.now().services.at("web").endpoints.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(
    Each, ConsulDnsFault,
    ::testing::Values(
        fault{"ServFail", [](const auto& q) { return dns_reply(q).code(2).bytes(); }, "SERVFAIL"},
        fault{"Refused", [](const auto& q) { return dns_reply(q).code(5).bytes(); }, "REFUSED"},
        fault{"NotImplemented", [](const auto& q) { return dns_reply(q).code(4).bytes(); }, "NOTIMP"},
        fault{"NoSuchNameNotFromTheAuthority",
              [](const auto& q) { return dns_reply(q).code(3).authoritative(false).bytes(); }, "not its authority"},
        fault{"NothingNotFromTheAuthority", [](const auto& q) { return dns_reply(q).authoritative(false).bytes(); },
              "not its authority"},
        fault{"Silence", [](const auto&) { return std::nullopt; }, "no answer in time"},
        fault{"Closed", [](const auto&) { return dns_bytes(); }, "no connection"},
        fault{"CutShort", [](const auto& q) { return dns_reply(q).srv("a.x", 80).truncated().bytes(); }, "cut short"},
        fault{"Garbage",
              [](const auto& q) {
                auto bytes = *two_servers(q);
                bytes.resize(bytes.size() - 3);
                return bytes;
              },
              "no sound DNS message"},
        fault{"TargetsThatFail",
              [](const auto& q) {
                if (question_of(q).second == 33)
                  return dns_reply(q).srv("a.x", 80).srv("b.x", 81).a("a.x", "10.0.0.1").bytes();
                return dns_reply(q).code(2).bytes();
              },
              "b.x cannot be resolved"},
        fault{"NoTargetWithAnAddress",
              [](const auto& q) {
                if (question_of(q).second == 33) return dns_reply(q).srv("gone.x", 81).bytes();
                return dns_reply(q).code(3).bytes();
              },
              "gone.x has no address"}),
    [](const auto& each) { return each.param.name; });

TEST(ConsulDns, AcceptsTheAuthorityOnlyWhenItHasHeld) {
  std::atomic<bool> gone{false};
  const scripted_dns server(
      [&](const dns_bytes& query, bool) { return gone ? dns_reply(query).code(3).bytes() : two_servers(query); });
  source_harness source("consul-dns", std::string(quick) + "server = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready());
  gone = true;
  ASSERT_TRUE(source.wait_for([](const auto& now) { return now.unknown.contains("web"); }))
      << "at first it is only doubted";
  EXPECT_EQ(source.now().services.at("web").endpoints.size(), 2U);
  EXPECT_TRUE(source.wait_for(
      [](const auto& now) { return now.services.at("web").endpoints.empty() && !now.unknown.contains("web"); }));
}

// A Consul that has just restarted answers from the log that it reads again, with instances that are long gone.
TEST(ConsulDns, AcceptsAnotherAnswerAfterSilenceOnlyWhenItHasHeld) {
  enum class plays { the_present, silence, history, the_next };
  std::atomic<plays> what{plays::the_present};
  std::atomic<int> old_answers{0};
  const scripted_dns server([&](const dns_bytes& query, bool) -> std::optional<dns_bytes> {
    switch (what) {
      case plays::silence: return dns_bytes();
      case plays::history:
        // Now this one, now that one, as they came and went.
        return dns_reply(query).srv("old.x", 8000 + (++old_answers) % 3).a("old.x", "10.0.0.9").bytes();
      case plays::the_next: return dns_reply(query).srv("c.x", 82).a("c.x", "10.0.0.3").bytes();
      case plays::the_present: break;
    }
    return two_servers(query);
  });
  source_harness source("consul-dns",
                        std::string(quick) + "settle = \"200ms\"\nserver = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready());
  const auto is_known = [](const auto& now) { return !now.unknown.contains("web") && now.all_unknown.empty(); };
  what = plays::silence;
  ASSERT_TRUE(source.wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  const auto words = source.now().words;
  what = plays::history;
  ASSERT_TRUE(wait_until([&] { return old_answers > 20; }));
  EXPECT_EQ(source.now().services.at("web").endpoints.size(), 2U) << "nothing of the history";
  EXPECT_EQ(source.now().words, words);
  EXPECT_NE(source.status().text.find("settle"), std::string::npos) << source.status().text;
  what = plays::the_next;
  ASSERT_TRUE(source.wait_for(is_known)) << source.status().text;
  EXPECT_EQ(source.now().services.at("web").endpoints.at(0).id, "10.0.0.3:82");
}

TEST(ConsulDns, AcceptsTheSameAnswerAfterSilenceAtOnce) {
  std::atomic<bool> silent{false};
  const scripted_dns server([&](const dns_bytes& query, bool) { return silent ? dns_bytes() : two_servers(query); });
  source_harness source("consul-dns",
                        std::string(quick) + "settle = \"1h\"\nserver = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready());
  silent = true;
  ASSERT_TRUE(source.wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  silent = false;
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.all_unknown.empty() && now.unknown.empty(); }))
      << source.status().text;
}

// Nothing is published yet, so that every answer is another one.
TEST(ConsulDns, AcceptsNothingFromAServerThatWasSilentAtTheStartUntilItHasHeld) {
  std::atomic<int> asked{0};
  const scripted_dns server([&](const dns_bytes& query, bool) -> std::optional<dns_bytes> {
    if (++asked < 4) return dns_bytes();
    if (asked < 12) return dns_reply(query).srv("old.x", 8000 + asked % 3).a("old.x", "10.0.0.9").bytes();
    return two_servers(query);
  });
  source_harness source("consul-dns",
                        std::string(quick) + "settle = \"200ms\"\nserver = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_EQ(source.now().services.at("web").endpoints.size(), 2U);
}

TEST(ConsulDns, AcceptsARecursingResolverWhenConfigured) {
  const scripted_dns server(
      [&](const dns_bytes& query, bool) { return dns_reply(query).code(3).authoritative(false).bytes(); });
  source_harness source("consul-dns",
                        std::string(quick) + "authoritative = false\nserver = [\"" + server.address() + "\"]\n");
  source.start();
  EXPECT_TRUE(source.wait_ready());
  EXPECT_TRUE(source.now().services.at("web").endpoints.empty());
}

TEST(ConsulDns, AsksTheNextServerWhenOneFails) {
  const scripted_dns bad([&](const dns_bytes& query, bool) { return dns_reply(query).code(2).bytes(); });
  const scripted_dns good([&](const dns_bytes& query, bool) { return two_servers(query); });
  source_harness source("consul-dns", std::string(quick) + "server = [\"127.0.0.1:" + std::to_string(free_port()) +
                                          "\", \"" + bad.address() + "\", \"" + good.address() + "\"]\n");
  source.start();
  EXPECT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_GT(bad.queries(), 0);
}

TEST(ConsulDns, KeepsOneConnectionForAllItsQuestions) {
  const scripted_dns server([&](const dns_bytes& query, bool) { return two_servers(query); });
  source_harness source(
      "consul-dns",
      "interval = { min = \"20ms\" }\nservice = [{ name = \"a\" }, { name = \"b\" }, { name = \"c\" }]\n"
      "server = [\"" +
          server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready());
  ASSERT_TRUE(wait_until([&] { return server.queries() > 12; }));
  EXPECT_EQ(server.connections(), 1);
}

TEST(ConsulDns, AsksForAddressesThatDidNotComeAlong) {
  const scripted_dns server([&](const dns_bytes& query, bool) {
    const auto [name, type] = question_of(query);
    if (type == 33) return dns_reply(query).srv("a.x", 80).bytes();
    return type == 1 ? dns_reply(query).a(name, "10.0.0.7").bytes() : dns_reply(query).code(3).bytes();
  });
  source_harness source("consul-dns", std::string(quick) + "server = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_EQ(source.now().services.at("web").endpoints.at(0).address, "10.0.0.7");
}

// Consul cuts answers over UDP and does not say so.
TEST(ConsulDns, NeverAcceptsACutAnswerOverUdp) {
  std::atomic<bool> cut{false};
  const scripted_dns server([&](const dns_bytes& query, bool tcp) {
    if (!tcp && cut) return dns_reply(query).srv("a.x", 80).a("a.x", "10.0.0.1").bytes();
    return *two_servers(query);
  });
  source_harness source("consul-dns",
                        std::string(quick) + "protocol = \"udp\"\nserver = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  cut = true;
  const auto before = server.queries();
  ASSERT_TRUE(wait_until([&] { return server.queries() > before + 10; }));
  EXPECT_EQ(source.now().services.at("web").endpoints.size(), 2U);
  EXPECT_NE(source.metrics().find("tcp_repeats_total"), std::string::npos);
}

bool asks_for(const dns_bytes& query, const std::string& label) {
  return std::ranges::search(query, label).begin() != query.end();
}
constexpr const char* two_services =
    "timeout = \"300ms\"\nretry_max = \"50ms\"\nabsent_after = \"200ms\"\ninterval = { min = \"20ms\", max = \"50ms\" "
    "}\nservice = [{ name = \"web\" }, { name = \"api\" }]\n";

TEST(ConsulDns, IsReadyWhenOneServiceIsRefusedForGood) {
  const scripted_dns server([&](const dns_bytes& query, bool) {
    return asks_for(query, "api") ? dns_reply(query).code(5).bytes() : *two_servers(query);
  });
  source_harness source("consul-dns", std::string(two_services) + "server = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.services.contains("web"); }));
  EXPECT_FALSE(source.now().services.contains("api")) << "unknown is not empty";
  EXPECT_TRUE(source.now().unknown.contains("api")) << "so that the host keeps what it served of it before a restart";
  EXPECT_EQ(source.status().state, DRCON_STATE_DEGRADED) << source.status().text;
}

TEST(ConsulDns, WaitsForAServiceThatMayStillBecomeKnown) {
  std::atomic<int> api_asked{0};
  const scripted_dns server([&](const dns_bytes& query, bool) {
    return asks_for(query, "api") && ++api_asked <= 5 ? dns_reply(query).code(2).bytes() : *two_servers(query);
  });
  source_harness source("consul-dns", std::string(two_services) + "server = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_GE(api_asked, 6);
  EXPECT_TRUE(source.now().services.contains("api"));
}

// As for a service of a datacentre that cannot be reached.
TEST(ConsulDns, IsReadyThoughOneServiceThatWasNeverKnownFailsForLong) {
  std::atomic<bool> fails{true};
  const scripted_dns server([&](const dns_bytes& query, bool) {
    return fails && asks_for(query, "api") ? dns_reply(query).code(2).bytes() : *two_servers(query);
  });
  source_harness source("consul-dns", std::string(two_services) + "server = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_TRUE(source.now().unknown.contains("api")) << "so that the host keeps what it served of it before a restart";
  EXPECT_FALSE(source.now().services.contains("api")) << "unknown is not empty";
  fails = false;
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.services.contains("api") && now.unknown.empty(); }));
}

TEST(ConsulDns, IsReadyAfterAnOutageOnlyWhenEveryServiceWasAskedAgain) {
  std::atomic<bool> web_fails{false};
  std::atomic<bool> api_fails{false};
  const scripted_dns server([&](const dns_bytes& query, bool) -> std::optional<dns_bytes> {
    const bool is_api = asks_for(query, "api");
    if (is_api && api_fails) return std::nullopt;
    return web_fails && !is_api ? dns_reply(query).code(2).bytes() : *two_servers(query);
  });
  source_harness source("consul-dns", std::string(two_services) + "server = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready());
  web_fails = api_fails = true;
  ASSERT_TRUE(source.wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  web_fails = false;
  ASSERT_TRUE(source.wait_for([](const auto& now) { return !now.unknown.contains("web"); }));
  EXPECT_FALSE(source.now().all_unknown.empty()) << "api has not answered yet";
  api_fails = false;
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.all_unknown.empty() && now.unknown.empty(); }));
}

TEST(ConsulDns, SaysNothingTwice) {
  const scripted_dns server([&](const dns_bytes& query, bool) { return two_servers(query); });
  source_harness source("consul-dns", std::string(quick) + "server = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready());
  const auto words = source.now().words;
  const auto queries = server.queries();
  ASSERT_TRUE(wait_until([&] { return server.queries() > queries + 10; }));
  EXPECT_EQ(source.now().words, words);
}

TEST(ConsulDns, StopsAtOnceWithAQuestionUnderWay) {
  const scripted_dns server([](const dns_bytes&, bool) { return std::nullopt; });
  source_harness source("consul-dns",
                        "timeout = \"60s\"\nservice = [{ name = \"web\" }]\nserver = [\"" + server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(wait_until([&] { return server.queries() > 0; }));
  EXPECT_TRUE(source.stop());
}

TEST(ConsulDns, SaysNothingOfAServiceBecauseItIsStopped) {
  std::atomic<bool> silent{false};
  std::atomic<int> unanswered{0};
  const scripted_dns server([&](const dns_bytes& query, bool) -> std::optional<dns_bytes> {
    if (!silent) return two_servers(query);
    ++unanswered;
    return std::nullopt;
  });
  source_harness source(
      "consul-dns", "timeout = \"60s\"\ninterval = { min = \"20ms\" }\nservice = [{ name = \"web\" }]\nserver = [\"" +
                        server.address() + "\"]\n");
  source.start();
  ASSERT_TRUE(source.wait_ready());
  silent = true;
  ASSERT_TRUE(wait_until([&] { return unanswered > 0; }));
  EXPECT_TRUE(source.stop());
  EXPECT_TRUE(source.now().unknown.empty());
  EXPECT_EQ(source.status().state, DRCON_STATE_OK) << source.status().text;
}

TEST(ConsulDns, RefusesDurationsThatMakeNoSense) {
  const auto refused = [](const std::string& option) {
    try {
      const source_harness made("consul-dns", option + "\nservice = [{ name = \"a\" }]\n");
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(refused("timeout = \"1ms\"").find("10ms to 60s"), std::string::npos) << refused("timeout = \"1ms\"");
  EXPECT_NE(refused("timeout = \"30d\"").find("timeout"), std::string::npos);
  EXPECT_NE(refused("interval = { min = \"1ms\" }").find("10ms to 1h"), std::string::npos);
  EXPECT_NE(refused("interval = { min = \"2s\", max = \"1s\" }").find("max is shorter than min"), std::string::npos);
  EXPECT_EQ(refused("timeout = \"60s\"\ndomain = \"consul.\""), "");
}

TEST(ConsulDns, RefusesNamesThatCannotBeAskedFor) {
  const auto refused = [](const std::string& service) {
    try {
      const source_harness made("consul-dns", "service = [" + service + "]\n");
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
    return std::string("taken");
  };
  EXPECT_NE(refused("{ name = \"a b\" }"), "taken");
  EXPECT_NE(refused("{ name = \"" + std::string(64, 'a') + "\" }"), "taken");
  EXPECT_NE(refused("{ name = \"a\", srv = \"b\" }"), "taken");
  EXPECT_NE(refused("{ tag = \"a\" }"), "taken");
  EXPECT_NE(refused("{ name = \"a\" }, { name = \"a\", tag = \"t\" }"), "taken");
  EXPECT_EQ(refused("{ name = \"a\" }, { name = \"a\", tag = \"t\", as = \"a-t\" }"), "taken");
}

}  // namespace consul_dns_faults_test
}  // namespace drcon::test
