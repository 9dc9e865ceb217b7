// The consul-dns source through unbound, a resolver that asks Consul itself.
#include "support/accepts.hpp"
#include "support/consul_agent.hpp"
#include "support/plugin_harness.hpp"
#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace drcon::test {
namespace {

class unbound_server {
public:
  explicit unbound_server(std::uint16_t consul) : consul_(consul) {}

  void start(const std::string& more = {}) {
    process_ = {};
    write_file(directory_ / "unbound.conf",
               "server:\n  interface: 127.0.0.1\n  port: " + std::to_string(port_) +
                   "\n  do-daemonize: no\n  use-syslog: no\n  username: \"\"\n  chroot: \"\"\n  directory: \"" +
                   directory_.path().string() + "\"\n  pidfile: \"" + (directory_ / "pid").string() +
                   "\"\n  module-config: \"iterator\"\n  do-not-query-localhost: no\n  domain-insecure: \"consul\"\n" +
                   more + "stub-zone:\n  name: \"consul\"\n  stub-addr: 127.0.0.1@" + std::to_string(consul_) + "\n" +
                   "remote-control:\n  control-enable: no\n");
    process_ = process({"unbound", "-d", "-c", (directory_ / "unbound.conf").string()}, directory_ / "log");
    if (!wait_until([this] { return !process_.running() || accepts(port_); }) || !process_.running())
      throw std::runtime_error("unbound does not start: " + process_.text());
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

private:
  temp_dir directory_;
  std::uint16_t consul_;
  std::uint16_t port_ = free_port();
  process process_;
};

class ConsulDnsUnbound : public ::testing::Test {
protected:
  static constexpr std::size_t count = 40;

  ConsulDnsUnbound() : resolver_(consul_.dns_port()) {
    for (std::size_t i = 0; i < count; ++i)
      consul_.add("web", "web-" + std::to_string(i), "10.0.0." + std::to_string(i + 1), 80);
  }
  void watch() {
    source_ = std::make_unique<source_harness>(
        "consul-dns",
        "server = [\"" + resolver_.address() +
            "\"]\nauthoritative = false\ninterval = { min = \"20ms\", max = \"50ms\" }\nretry_max = \"100ms\"\n"
            "service = [{ name = \"web\" }]\n");
    source_->start();
  }
  bool sees_all() const {
    return source_->wait_for([](const auto& now) {
      return now.services.contains("web") && !now.unknown.contains("web") &&
             now.services.at("web").endpoints.size() == count;
    });
  }

  consul_agent consul_;
  unbound_server resolver_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(ConsulDnsUnbound, ThatPassesOnCutAnswersIsFoundOut) {
  resolver_.start();
  watch();
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.unknown.contains("web"); })) << source_->status().text;
  EXPECT_TRUE(wait_until([&] { return source_->status().text.find("tcp-upstream of unbound") != std::string::npos; }))
      << source_->status().text;
  resolver_.start("  tcp-upstream: yes\n");
  EXPECT_TRUE(sees_all()) << "as soon as an answer has all: " << source_->status().text;
}

TEST_F(ConsulDnsUnbound, ThatAsksOverTcpPassesOnEverything) {
  resolver_.start("  tcp-upstream: yes\n");
  watch();
  EXPECT_TRUE(sees_all()) << source_->status().text;
}

}  // namespace
}  // namespace drcon::test
