// The consul-http source and a real Consul over HTTP/2: many services on few connections.
#include "support/certificates.hpp"
#include "support/consul_agent.hpp"
#include "support/plugin_harness.hpp"
#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/sockets.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

namespace drcon::test {
namespace {

using nlohmann::json;
using state = source_harness::state;

json with_https(const certificates& files, std::uint16_t port, json more) {
  json config{{"ports", {{"https", port}}},
              {"ca_file", files.ca()},
              {"cert_file", files.server()},
              {"key_file", files.server_key()}};
  config.merge_patch(more);
  return config;
}

class ConsulOverHttp2 : public ::testing::Test {
protected:
  static std::string name(int i) { return "svc-" + std::to_string(i); }

  void begin(json config = json::object()) { consul_.emplace(with_https(files_, port_, std::move(config))); }
  static json registration(int i, int service_port) {
    return {{"Node", "ext"},
            {"Address", "10.1.1.1"},
            {"Service", {{"Service", name(i)}, {"ID", name(i)}, {"Address", "10.0.0.1"}, {"Port", service_port}}}};
  }
  // Straight into the catalogue, which is quicker than through the agent.
  void put(int i, int service_port = 80) const { consul_->put("/v1/catalog/register", registration(i, service_port)); }
  // By a client of another address, whose connections the agent counts for themselves.
  void put_from_elsewhere(int i, int service_port) const {
    const auto done = run({"curl", "-sSf", "--interface", "127.0.0.2", "-X", "PUT", "-d",
                           registration(i, service_port).dump(), consul_->url() + "/v1/catalog/register"});
    ASSERT_EQ(done.code, 0) << done.err;
  }
  void fill(int services) const {
    std::vector<std::jthread> workers;
    for (int first = 0; first < 4; ++first)
      workers.emplace_back([this, first, services] {
        for (int i = first; i < services; i += 4) put(i);
      });
  }
  void watch(const std::string& more = {}) {
    source_ = std::make_unique<source_harness>(
        "consul-http", "address = \"https://127.0.0.1:" + std::to_string(port_) + "\"\ntls = { ca_file = \"" +
                           files_.ca() + "\" }\nretry_max = \"500ms\"\nservice = [{ match = \"svc-.*\" }]\n" + more);
    source_->start();
  }
  bool sees_port(int i, std::uint32_t service_port) const {
    return source_->wait_for([&](const state& now) {
      const auto found = now.services.find(name(i));
      return found != now.services.end() && found->second.endpoints.size() == 1 &&
             found->second.endpoints[0].port == service_port;
    });
  }
  // What is published is all that there was: none was withdrawn or published as empty.
  bool has_all(int services) const {
    const auto now = source_->now();
    return now.services.size() == static_cast<std::size_t>(services) &&
           std::ranges::all_of(now.services, [](const auto& each) { return each.second.endpoints.size() == 1; });
  }

  certificates files_;
  std::uint16_t port_ = free_port();
  std::optional<consul_agent> consul_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(ConsulOverHttp2, CarriesFiveThousandServicesOnAtMostTwentyFiveConnections) {
  constexpr int services = 5000;
  begin();
  fill(services);
  watch();
  ASSERT_TRUE(source_->wait_ready(120s)) << source_->status().text;
  ASSERT_TRUE(has_all(services));
  std::size_t most = sockets_to(port_);
  for (const int i : {4711, 2, 3333}) {
    put(i, 8080);
    EXPECT_TRUE(sees_port(i, 8080)) << source_->status().text;
    most = std::max(most, sockets_to(port_));
  }
  EXPECT_LE(most, 25U);
  EXPECT_GE(most, 20U) << "Consul takes 250 streams on a connection";
  EXPECT_EQ(source_->status().text.find("rotation"), std::string::npos) << source_->status().text;
  EXPECT_EQ(source_->metrics().find("connection_limit_resets_total"), std::string::npos) << source_->metrics();
  EXPECT_TRUE(source_->stop());
}

TEST_F(ConsulOverHttp2, KeepsEverythingWhileTheAgentIsKilledAndFollowsItAfterwards) {
  constexpr int services = 600;
  begin();
  fill(services);
  watch();
  ASSERT_TRUE(source_->wait_ready()) << source_->status().text;
  consul_->kill9();
  ASSERT_TRUE(source_->wait_for([](const state& now) { return !now.all_unknown.empty(); })) << source_->status().text;
  EXPECT_TRUE(has_all(services)) << "an agent that is gone says nothing of endpoints";
  consul_->start(true);
  put(17, 8080);
  EXPECT_TRUE(sees_port(17, 8080)) << source_->status().text;
  EXPECT_TRUE(wait_until([&] { return source_->status().text.starts_with("600 services"); })) << source_->status().text;
  EXPECT_TRUE(has_all(services));
  EXPECT_TRUE(source_->stop());
}

TEST_F(ConsulOverHttp2, MakesDoWithAnAgentThatAllowsFewConnections) {
  constexpr int services = 3000;  // on ten connections, 2,500 fit
  begin({{"limits", {{"http_max_conns_per_client", 10}}}});
  fill(services);
  watch("connections = 150");
  ASSERT_TRUE(source_->wait_ready(120s)) << source_->status().text;
  EXPECT_TRUE(has_all(services));
  EXPECT_TRUE(wait_until([&] {
    return source_->status().text.find("limits.http_max_conns_per_client") != std::string::npos;
  })) << source_->status().text;
  for (const int i : {2999, 1, 1500}) {
    put_from_elsewhere(i, 8080);
    EXPECT_TRUE(sees_port(i, 8080)) << source_->status().text;
  }
  EXPECT_LE(sockets_to(port_), 10U);
  EXPECT_TRUE(has_all(services));
  EXPECT_TRUE(source_->stop());
}

TEST_F(ConsulOverHttp2, IsLeftForHttp1WhenTheOptionSaysSo) {
  begin();
  fill(3);
  watch("http = \"1.1\"");
  ASSERT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_TRUE(wait_until([&] { return sockets_to(port_) >= 4; })) << "each query has a connection of its own";
  source_->stop();
  watch("http = \"2\"");
  ASSERT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_EQ(sockets_to(port_), 1U);
  source_->stop();
}

TEST_F(ConsulOverHttp2, IsNotSpokenOnAUnixSocketWhichHasNoTls) {
  const temp_dir directory;
  const auto socket = (directory / "https.sock").string();
  begin({{"addresses", {{"https", "unix://" + socket}}}});
  fill(20);
  source_ = std::make_unique<source_harness>(
      "consul-http", "address = \"unix://localhost" + socket + "\"\nservice = [{ match = \"svc-.*\" }]\n");
  source_->start();
  ASSERT_TRUE(source_->wait_ready()) << source_->status().text;
  EXPECT_TRUE(has_all(20));
  put(7, 8080);
  EXPECT_TRUE(sees_port(7, 8080)) << source_->status().text;
  EXPECT_TRUE(source_->stop());
}

TEST(ConsulHttpOption, IsRefusedWhenItAsksForHttp2WithoutTls) {
  try {
    source_harness source("consul-http",
                          "address = \"http://127.0.0.1:8500\"\nhttp = \"2\"\nservice = [{ name = \"a\" }]\n");
    FAIL() << "it was accepted";
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find("HTTP/2 takes TLS"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("https://"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace drcon::test
