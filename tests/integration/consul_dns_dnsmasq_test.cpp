// The consul-dns source against dnsmasq, a real server of another kind.
#include "support/accepts.hpp"
#include "support/plugin_harness.hpp"
#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

namespace drcon::test {
namespace {

// Has SRV records of plain names. As the authority of a zone it sends no addresses alongside, and up to version 2.90
// closes a connection after each answer; as a resolver with local records it sends them, and is no authority for what
// is not there.
class DnsmasqServer {
public:
  static constexpr const char* as_authority = "auth-server=ns.example.test,lo\nauth-zone=example.test\n";
  static constexpr const char* as_resolver = "local=/example.test/\n";

  void start(const std::string& records, const std::string& role = as_authority) {
    process_ = {};
    // It has a process for each TCP connection, which listens a moment longer than itself: that one's answer is not yet
    // the next one's, which could not listen meanwhile.
    if (!wait_until([this] { return !accepts(port_); })) throw std::runtime_error("dnsmasq does not end");
    // Not no-daemon: that is for debugging, and serves a TCP connection in the one process, so that no other question
    // is answered for as long as the connection is open. From 2.91 on that is as long as its client likes.
    write_file(directory_ / "dnsmasq.conf",
               "no-resolv\nno-hosts\nkeep-in-foreground\nlog-facility=-\nbind-interfaces\n"
               "listen-address=127.0.0.1\nuser=root\naddn-hosts=" +
                   (directory_ / "hosts").string() + "\npid-file=" + (directory_ / "pid").string() +
                   "\nport=" + std::to_string(port_) + "\n" + role + records);
    if (!std::filesystem::exists(directory_ / "hosts")) write_file(directory_ / "hosts", "");
    process_ = process({"dnsmasq", "--conf-file=" + (directory_ / "dnsmasq.conf").string()}, directory_ / "log");
    if (!wait_until([this] { return !process_.running() || accepts(port_); }) || !process_.running())
      throw std::runtime_error("dnsmasq does not start: " + process_.text());
  }
  void hosts(const std::string& lines) { write_file(directory_ / "hosts", lines); }
  void reload() const { process_.signal(SIGHUP); }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
  temp_dir directory_;
  std::uint16_t port_ = free_port();
  process process_;
};

class ConsulDnsDnsmasq : public ::testing::Test {
protected:
  static constexpr const char* records =
      "srv-host=_web._tcp.example.test,a.example.test,8080,10,5\n"
      "srv-host=_web._tcp.example.test,six.example.test,8081,20,0\n"
      "host-record=a.example.test,10.0.0.1\nhost-record=six.example.test,2001:db8::6\n";

  void watch(const std::string& more = {}) {
    source_ = std::make_unique<source_harness>(
        "consul-dns", "server = [\"" + server_.address() +
                          "\"]\nabsent_after = \"200ms\"\ninterval = { min = \"20ms\", max = \"50ms\" }\n"
                          "retry_max = \"100ms\"\n" +
                          more + "service = [{ srv = \"_web._tcp.example.test\", as = \"web\" }]\n");
    source_->start();
  }
  bool sees(const std::vector<std::string>& wanted) const {
    return source_->wait_for([&](const auto& now) {
      if (!now.services.contains("web") || now.unknown.contains("web")) return false;
      std::vector<std::string> ids;
      for (const auto& each : now.services.at("web").endpoints) ids.push_back(each.id);
      return ids == wanted;
    });
  }

  DnsmasqServer server_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(ConsulDnsDnsmasq, IsReadAsAuthorityAndAsResolverOverTcpAndUdp) {
  for (const auto* role : {DnsmasqServer::as_authority, DnsmasqServer::as_resolver}) {
    server_.start(records, role);
    for (const auto* protocol : {"tcp", "udp"}) {
      watch("protocol = \"" + std::string(protocol) + "\"\n");
      ASSERT_TRUE(sees({"10.0.0.1:8080", "[2001:db8::6]:8081"})) << role << protocol << ": " << source_->status().text;
      EXPECT_EQ(source_->metrics().find("failures_total"), std::string::npos) << role << protocol << source_->metrics();
      const auto endpoints = source_->now().services.at("web").endpoints;
      EXPECT_EQ(endpoints[0].weight, 5U);
      EXPECT_EQ(endpoints[0].priority, 0U);
      EXPECT_EQ(endpoints[0].node, "a.example.test");
      EXPECT_EQ(endpoints[1].weight, 1U) << "0 is only the smallest weight here";
      EXPECT_EQ(endpoints[1].priority, 10U);
      EXPECT_EQ(endpoints[1].health, health::passing);
    }
  }
}

TEST_F(ConsulDnsDnsmasq, IsFollowedThroughReloadsAndRestarts) {
  server_.hosts("10.0.0.1 b.example.test\n");
  const std::string b = "srv-host=_web._tcp.example.test,b.example.test,80\n";
  server_.start(b);
  watch();
  ASSERT_TRUE(sees({"10.0.0.1:80"})) << source_->status().text;
  server_.hosts("10.0.0.2 b.example.test\n");
  server_.reload();
  EXPECT_TRUE(sees({"10.0.0.2:80"})) << source_->status().text;
  server_.start(std::string(records) + b);
  EXPECT_TRUE(sees({"10.0.0.1:8080", "10.0.0.2:80", "[2001:db8::6]:8081"})) << source_->status().text;
  server_.start("");
  EXPECT_TRUE(sees({})) << "the authority says so, and it has held: " << source_->status().text;
}

TEST_F(ConsulDnsDnsmasq, IsNotAcceptedWhenItKnowsNothingAndIsNoAuthority) {
  server_.start(records, DnsmasqServer::as_resolver);
  watch();
  ASSERT_TRUE(sees({"10.0.0.1:8080", "[2001:db8::6]:8081"})) << source_->status().text;
  server_.start("", DnsmasqServer::as_resolver);
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.unknown.contains("web"); }));
  EXPECT_TRUE(wait_until([&] { return source_->status().text.find("not its authority") != std::string::npos; }))
      << source_->status().text;
  EXPECT_EQ(source_->now().services.at("web").endpoints.size(), 2U);
  watch("authoritative = false\n");
  EXPECT_TRUE(sees({})) << "when told to: " << source_->status().text;
}

TEST_F(ConsulDnsDnsmasq, IsFollowedThoughATargetHasNoAddress) {
  server_.start(records);
  watch();
  ASSERT_TRUE(sees({"10.0.0.1:8080", "[2001:db8::6]:8081"})) << source_->status().text;
  const std::string nowhere = "srv-host=_web._tcp.example.test,nowhere.example.test,1\n";
  server_.start(std::string(records) + nowhere + "srv-host=_web._tcp.example.test,a.example.test,8082\n");
  EXPECT_TRUE(sees({"10.0.0.1:8080", "10.0.0.1:8082", "[2001:db8::6]:8081"})) << source_->status().text;
  EXPECT_TRUE(wait_until([&] {
    return source_->status().text.find("nowhere.example.test has no address") != std::string::npos;
  })) << source_->status().text;
  EXPECT_EQ(source_->status().state, DRCON_STATE_DEGRADED);
  server_.start(std::string(records) + nowhere);
  EXPECT_TRUE(sees({"10.0.0.1:8080", "[2001:db8::6]:8081"})) << "and what goes goes: " << source_->status().text;
  watch();
  EXPECT_TRUE(source_->wait_ready()) << "a restart is not kept up by it: " << source_->status().text;
  EXPECT_TRUE(sees({"10.0.0.1:8080", "[2001:db8::6]:8081"})) << source_->status().text;
}

}  // namespace
}  // namespace drcon::test
