// The consul-http source and a Consul that wants certificates and tokens.
#include "support/certificates.hpp"
#include "support/consul_agent.hpp"
#include "support/plugin_harness.hpp"
#include "support/ports.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>

namespace drcon::test {
namespace {

using nlohmann::json;

std::unique_ptr<source_harness> watch(const std::string& options) {
  auto made = std::make_unique<source_harness>("consul-http",
                                               "retry_max = \"500ms\"\nservice = [{ name = \"web\" }]\n" + options);
  made->start();
  return made;
}

bool sees(const source_harness& source, std::size_t count) {
  return source.wait_for([count](const auto& now) {
    const auto at = now.services.find("web");
    return now.ready && at != now.services.end() && at->second.endpoints.size() == count;
  });
}

bool says(const source_harness& source, const std::string& text) {
  return wait_until([&] { return source.status().text.find(text) != std::string::npos; });
}

class ConsulOverTls : public ::testing::Test {
protected:
  ConsulOverTls() { consul_.add("web", "a", "10.0.0.1", 80); }
  std::string options(const std::string& tls, const std::string& host = "127.0.0.1") const {
    return "address = \"https://" + host + ":" + std::to_string(port_) + "\"\ntls = { " + tls + " }\n";
  }
  std::string ca() const { return "ca_file = \"" + files_.ca() + "\""; }
  std::string client() const {
    return "cert_file = \"" + files_.client() + "\", key_file = \"" + files_.client_key() + "\"";
  }

  certificates files_;
  std::uint16_t port_ = free_port();
  consul_agent consul_{json{{"ports", {{"https", port_}}},
                            {"ca_file", files_.ca()},
                            {"cert_file", files_.server()},
                            {"key_file", files_.server_key()},
                            {"verify_incoming_https", true}}};
};

TEST_F(ConsulOverTls, IsAskedWithItsCertificateCheckedAndOurOwnShown) {
  const auto source = watch(options(ca() + ", " + client()));
  EXPECT_TRUE(sees(*source, 1)) << source->status().text;
  consul_.add("web", "b", "10.0.0.2", 80);
  EXPECT_TRUE(sees(*source, 2)) << source->status().text;
}

TEST_F(ConsulOverTls, IsKnownByTheNameThatIsGiven) {
  const auto source = watch(options(ca() + ", " + client() + ", server_name = \"server.dc1.consul\""));
  EXPECT_TRUE(sees(*source, 1)) << source->status().text;
}

TEST_F(ConsulOverTls, IsNotTrustedWithACertificateOfAnotherNameOrAuthority) {
  const auto other_name = watch(options(ca() + ", " + client() + ", server_name = \"server.dc2.consul\""));
  EXPECT_TRUE(says(*other_name, "TLS handshake failed with server.dc2.consul")) << other_name->status().text;
  const auto other_authority = watch(options(client()));
  EXPECT_TRUE(says(*other_authority, "TLS handshake failed")) << other_authority->status().text;
  EXPECT_FALSE(other_name->now().ready || other_authority->now().ready);
  const auto unchecked = watch(options(client() + ", verify = false"));
  EXPECT_TRUE(sees(*unchecked, 1)) << unchecked->status().text;
}

TEST_F(ConsulOverTls, SaysSoWhenItRequiresACertificateThatWeDoNotHave) {
  const auto source = watch(options(ca()));
  EXPECT_TRUE(says(*source, "certificate")) << source->status().text;
  EXPECT_FALSE(source->now().ready);
}

TEST(ConsulWithAcl, ShowsServicesToTheTokenThatMayReadThem) {
  const std::string token = "4a1f1e0c-0000-4000-8000-000000000002";
  const consul_agent consul(
      {{"primary_datacenter", "dc1"},
       {"acl", {{"enabled", true}, {"default_policy", "deny"}, {"tokens", {{"master", token}, {"agent", token}}}}}},
      token);
  consul.add("web", "a", "10.0.0.1", 80);
  const auto source = watch("address = \"" + consul.url() + "\"\ntoken = \"" + token + "\"\n");
  EXPECT_TRUE(sees(*source, 1)) << source->status().text;
  const auto unknown = watch("address = \"" + consul.url() + "\"\ntoken = \"4a1f1e0c-0000-4000-8000-00000000dead\"\n");
  EXPECT_TRUE(says(*unknown, "refuses the token")) << unknown->status().text;
  EXPECT_FALSE(unknown->now().ready) << "what a token may not see is not known to be empty";
}

TEST(ConsulOfAnotherDatacenter, IsUnknownWhenItCannotBeReached) {
  const consul_agent consul;
  consul.add("web", "a", "10.0.0.1", 80);
  const auto here = watch("address = \"" + consul.url() + "\"\ndatacenter = \"dc1\"\n");
  EXPECT_TRUE(sees(*here, 1)) << here->status().text;
  const auto there = watch("address = \"" + consul.url() + "\"\ndatacenter = \"dc2\"\n");
  EXPECT_TRUE(says(*there, "No path to datacenter")) << there->status().text;
  EXPECT_FALSE(there->now().ready);
}

}  // namespace
}  // namespace drcon::test
