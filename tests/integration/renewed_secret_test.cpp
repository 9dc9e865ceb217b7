// A secret whose file is replaced while drcon runs, such as a Consul token that another program renews.
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace drcon::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

const std::string management = "4a1f1e0c-0000-4000-8000-000000000002";
const std::string reader = "4a1f1e0c-0000-4000-8000-000000000003";
const std::string unknown = "4a1f1e0c-0000-4000-8000-000000000009";

class RenewedSecret : public ::testing::Test {
protected:
  RenewedSecret() {
    consul_.put("/v1/acl/policy",
                {{"Name", "reads"},
                 {"Rules", "service_prefix \"\" { policy = \"read\" } node_prefix \"\" { policy = \"read\" }"}});
    consul_.put("/v1/acl/token", {{"SecretID", reader}, {"Policies", json::array({{{"Name", "reads"}}})}});
    consul_.add("web", "a", "10.0.0.1", 80);
    write_file(secrets_ / "token", unknown + "\n");
    write_file(drcon_.directory() / "form", "{{#services}}{{#endpoints}}{{server}}\n{{/endpoints}}{{/services}}");
    drcon_.start();
  }

  std::string config(const std::string& more = {}) const {
    return "[source.consul]\nplugin = \"consul-http\"\nretry_min = \"50ms\"\nretry_max = \"200ms\"\naddress = \"" +
           consul_.url() + "\"\ntoken = { file = \"" + (secrets_ / "token").string() +
           "\" }\nservice = [{ name = \"web\" }]\n[sink.page]\nplugin = \"template\"\n"
           "file = [{ path = \"page.conf\", template = \"form\", escape = \"none\" }]\n"
           "[pipeline.web]\nsources = [\"consul\"]\nsinks = [\"page\"]\n" +
           more;
  }
  // As programs that renew a token do it: whole, under its name.
  void replace_token(const std::string& by) const {
    write_file(secrets_ / "token.new", by + "\n");
    std::filesystem::rename(secrets_ / "token.new", secrets_ / "token");
  }
  bool is_rendered() const {
    return wait_until([this] {
      const auto file = drcon_.directory() / "page.conf";
      return std::filesystem::exists(file) && read_file(file) == "10.0.0.1:80\n";
    });
  }
  bool logs(const std::string& text) const {
    return wait_until([&] { return drcon_.log().find(text) != std::string::npos; });
  }

  temp_dir secrets_;
  consul_agent consul_{
      {{"primary_datacenter", "dc1"},
       {"acl",
        {{"enabled", true}, {"default_policy", "deny"}, {"tokens", {{"master", management}, {"agent", management}}}}}},
      management};
  drcon_process drcon_{config()};
};

TEST_F(RenewedSecret, IsUsedWithoutAReload) {
  ASSERT_TRUE(logs("403")) << drcon_.log();
  replace_token(reader);
  EXPECT_TRUE(is_rendered()) << drcon_.log();
  EXPECT_THAT(drcon_.log(), HasSubstr("token was replaced: reloading"));
}

TEST_F(RenewedSecret, BringsNoEditedConfigurationIntoEffect) {
  ASSERT_TRUE(logs("403")) << drcon_.log();
  const auto file = drcon_.directory() / "drcon.toml";
  write_file(file, read_file(file) + "# edited\n");
  replace_token(reader);
  ASSERT_TRUE(logs("was replaced, and is not used yet: the configuration was edited too")) << drcon_.log();
  EXPECT_FALSE(std::filesystem::exists(drcon_.directory() / "page.conf"));
  ASSERT_EQ(drcon_.verb("reload").code, 0);
  EXPECT_TRUE(is_rendered()) << drcon_.log();
}

}  // namespace
}  // namespace drcon::test
