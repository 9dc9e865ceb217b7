// The consul-dns source against real DNS servers: Consul's, and dnsmasq.
#include "support/consul_agent.hpp"
#include "support/plugin_harness.hpp"
#include "support/ports.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace drcon::test {
namespace {

class ConsulDnsReal : public testing::Test {
protected:
  void watch(const std::string& service, const std::string& more = {}) {
    source_ = std::make_unique<source_harness>(
        "consul-dns", "server = [\"127.0.0.1:" + std::to_string(consul_.dns_port()) +
                          "\"]\ninterval = { min = \"20ms\", max = \"50ms\" }\nabsent_after = \"300ms\"\nretry_max = "
                          "\"100ms\"\n" +
                          more + "service = [" + service + "]\n");
    source_->start();
  }
  void add(int count) {
    for (int i = 0; i < count; ++i)
      consul_.add("web", "web-" + std::to_string(i), "127.0.1." + std::to_string(1 + i % 250), 8000 + i);
  }
  bool sees(std::size_t endpoints, const std::string& service = "web") const {
    return source_->wait_for([&](const auto& now) {
      return !now.unknown.contains(service) && now.services.contains(service) &&
             now.services.at(service).endpoints.size() == endpoints;
    });
  }
  endpoint only(const std::string& service = "web") const {
    return source_->now().services.at(service).endpoints.at(0);
  }

  consul_agent consul_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(ConsulDnsReal, SeesEveryInstanceOverTcp) {
  watch("{ name = \"web\" }");
  for (const int count : {3, 50, 500}) {
    add(count);
    EXPECT_TRUE(sees(static_cast<std::size_t>(count))) << count << ": " << source_->status().text;
  }
}

// Consul answers 3 of 50 over plain UDP and does not set TC.
TEST_F(ConsulDnsReal, SeesEveryInstanceOverUdpAsWell) {
  add(50);
  watch("{ name = \"web\" }", "protocol = \"udp\"\n");
  EXPECT_TRUE(sees(50)) << source_->status().text;
  add(200);
  EXPECT_TRUE(sees(200)) << source_->status().text;
  EXPECT_NE(source_->status().text.find("UDP"), std::string::npos) << "and warns";
}

TEST_F(ConsulDnsReal, ReadsPortWeightNodeAndIPv6) {
  consul_.add("web", "w", "10.0.0.1", 8080, {{"Weights", {{"Passing", 7}, {"Warning", 1}}}});
  watch("{ name = \"web\" }, { name = \"six\" }, { name = \"bare\" }");
  consul_.add("six", "s", "2001:db8::1", 81);
  consul_.put("/v1/agent/service/register", {{"Name", "bare"}, {"ID", "b"}, {"Port", 82}});
  ASSERT_TRUE(sees(1) && sees(1, "six") && sees(1, "bare")) << source_->status().text;
  EXPECT_EQ(only().address, "10.0.0.1");
  EXPECT_EQ(only().port, 8080U);
  EXPECT_EQ(only().weight, 7U);
  EXPECT_EQ(only("six").address, "2001:db8::1");
  EXPECT_EQ(only("bare").address, "127.0.0.1") << "the node's";
  EXPECT_EQ(only("bare").node, "n1");
}

TEST_F(ConsulDnsReal, AsksInEveryForm) {
  consul_.add("web", "a", "10.0.0.1", 80, {{"Tags", {"v1", "blue.green"}}});
  consul_.add("web", "b", "10.0.0.2", 80, {{"Tags", {"v2"}}});
  ASSERT_EQ(http("POST", consul_.port(), "/v1/query",
                 nlohmann::json{{"Name", "ready"}, {"Service", {{"Service", "web"}, {"Tags", {"v2"}}}}}.dump())
                .status,
            200);
  watch(
      "{ name = \"web\" }, { name = \"web\", tag = \"v1\", as = \"one\" }, "
      "{ name = \"web\", tag = \"blue.green\", as = \"dotted\" }, { name = \"web\", rfc2782 = true, as = \"rfc\" }, "
      "{ name = \"web\", datacenter = \"dc1\", as = \"here\" }, { query = \"ready\" }, "
      "{ srv = \"web.service.consul\", as = \"plain\" }");
  const std::map<std::string, std::size_t> expected{{"web", 2},  {"one", 1},   {"dotted", 1}, {"rfc", 2},
                                                    {"here", 2}, {"ready", 1}, {"plain", 2}};
  for (const auto& [service, count] : expected)
    EXPECT_TRUE(sees(count, service)) << service << ": " << source_->now().services[service].endpoints.size();
  EXPECT_EQ(only("one").address, "10.0.0.1");
  EXPECT_EQ(only("one").tags, std::vector<std::string>{"v1"});
  EXPECT_EQ(only("ready").address, "10.0.0.2");
}

TEST_F(ConsulDnsReal, FollowsTagsHealthAndDeregistration) {
  consul_.add("web", "a", "10.0.0.1", 80, {{"Tags", {"v1"}}});
  consul_.add("web", "b", "10.0.0.2", 80,
              {{"Tags", {"v1"}}, {"Check", {{"TTL", "60s"}, {"Status", "passing"}, {"CheckID", "b"}}}});
  watch("{ name = \"web\", tag = \"v1\" }");
  ASSERT_TRUE(sees(2));
  consul_.put("/v1/agent/check/fail/b");
  EXPECT_TRUE(sees(1));
  consul_.put("/v1/agent/check/warn/b");
  EXPECT_TRUE(sees(1)) << "warning is not passing";
  consul_.put("/v1/agent/check/pass/b");
  EXPECT_TRUE(sees(2));
  consul_.add("web", "a", "10.0.0.1", 80, {{"Tags", {"v2"}}});
  EXPECT_TRUE(sees(1));
  consul_.remove("b");
  EXPECT_TRUE(sees(0)) << "when it has held";
}

TEST_F(ConsulDnsReal, PublishesWarningWhenAsked) {
  consul_.add("web", "a", "10.0.0.1", 80,
              {{"Check", {{"TTL", "60s"}, {"Status", "warning"}}}, {"Weights", {{"Passing", 5}, {"Warning", 0}}}});
  watch("{ name = \"web\", health = \"warning\" }");
  ASSERT_TRUE(sees(1)) << source_->status().text;
  EXPECT_EQ(only().health, health::warning);
}

TEST_F(ConsulDnsReal, KeepsWhatItKnewWhileConsulIsAwayAndFollowsWhenItIsBack) {
  add(3);
  watch("{ name = \"web\" }");
  ASSERT_TRUE(sees(3));
  consul_.kill9();
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.unknown.contains("web"); })) << source_->status().text;
  EXPECT_EQ(source_->now().services.at("web").endpoints.size(), 3U);
  consul_.start(true);
  consul_.remove("web-0");
  EXPECT_TRUE(sees(2)) << source_->status().text;
}

// dnsmasq: another server, with SRV records of plain names.
class DnsmasqServer {
public:
  void start(const std::string& records) {
    process_ = {};
    write_file(directory_ / "dnsmasq.conf",
               "no-resolv\nno-hosts\nno-daemon\nlog-facility=-\nbind-interfaces\nlisten-address=127.0.0.1\nuser=root\n"
               "auth-server=ns.example.test,lo\nauth-zone=example.test\npid-file=" +
                   (directory_ / "pid").string() + "\nport=" + std::to_string(port_) + "\n" + records);
    process_ = process({"dnsmasq", "--conf-file=" + (directory_ / "dnsmasq.conf").string()}, directory_ / "log");
    if (!wait_until([this] { return !process_.running() || accepts(); }) || !process_.running())
      throw std::runtime_error("dnsmasq does not start: " + process_.text());
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
  bool accepts() const {
    boost::asio::io_context context;
    boost::asio::ip::tcp::socket socket(context);
    boost::system::error_code error;
    socket.connect({boost::asio::ip::make_address("127.0.0.1"), port_}, error);
    return !error;
  }
  temp_dir directory_;
  std::uint16_t port_ = free_port();
  process process_;
};

TEST(ConsulDnsDnsmasq, ReadsPlainSrvRecordsAndTheirTargets) {
  DnsmasqServer server;
  server.start(
      "srv-host=_web._tcp.example.test,a.example.test,8080,10,5\nsrv-host=_web._tcp.example.test,six.example.test,8081,"
      "20,0\n"
      "host-record=a.example.test,10.0.0.1\nhost-record=six.example.test,2001:db8::6\n");
  source_harness source("consul-dns", "server = [\"" + server.address() +
                                          "\"]\nauthoritative = false\nabsent_after = \"200ms\"\n"
                                          "interval = { min = \"20ms\", max = \"50ms\" }\nretry_max = \"100ms\"\n"
                                          "service = [{ srv = \"_web._tcp.example.test\", as = \"web\" }]\n");
  source.start();
  ASSERT_TRUE(source.wait_for([](const auto& now) {
    return now.services.contains("web") && now.services.at("web").endpoints.size() == 2;
  })) << source.status().text;
  const auto endpoints = source.now().services.at("web").endpoints;
  EXPECT_EQ(endpoints[0].address, "10.0.0.1");
  EXPECT_EQ(endpoints[0].port, 8080U);
  EXPECT_EQ(endpoints[0].weight, 5U);
  EXPECT_EQ(endpoints[0].priority, 0U);
  EXPECT_EQ(endpoints[0].node, "a.example.test");
  EXPECT_EQ(endpoints[1].address, "2001:db8::6");
  EXPECT_EQ(endpoints[1].priority, 10U);
  // Restarted with other records; the connection is lost on the way.
  server.start("srv-host=_web._tcp.example.test,a.example.test,9090\nhost-record=a.example.test,10.0.0.3\n");
  EXPECT_TRUE(source.wait_for([](const auto& now) {
    const auto& all = now.services.at("web").endpoints;
    return !now.unknown.contains("web") && all.size() == 1 && all[0].port == 9090 && all[0].address == "10.0.0.3";
  })) << source.status().text;
  // A target that has no address makes the whole answer one that cannot be used.
  server.start(
      "srv-host=_web._tcp.example.test,a.example.test,9090\nsrv-host=_web._tcp.example.test,nowhere.example.test,"
      "1\nhost-record=a.example.test,10.0.0.3\n");
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.unknown.contains("web"); }));
  EXPECT_TRUE(wait_until([&] {
    return source.status().text.find("nowhere.example.test has no address") != std::string::npos;
  })) << source.status().text;
  EXPECT_EQ(source.now().services.at("web").endpoints.size(), 1U);
}

}  // namespace
}  // namespace drcon::test
