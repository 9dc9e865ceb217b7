#include "container/settings.hpp"
#include "container/configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace drcon::container {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using variables_set = std::map<std::string, std::string>;

std::optional<container_settings> read(const variables_set& set, std::string& why) {
  return read_settings(
      [&](const std::string& name) {
        const auto found = set.find(name);
        return found == set.end() ? std::nullopt : std::optional(found->second);
      },
      why);
}

container_settings read(const variables_set& set) {
  std::string why;
  const auto all = read(set, why);
  EXPECT_TRUE(all) << why;
  return all.value_or(container_settings{});
}

std::string why_not(const variables_set& set) {
  std::string why;
  EXPECT_FALSE(read(set, why));
  return why;
}

TEST(ContainerSettings, AreTheRecipesLine) {
  const auto all = read({{"CONSUL", "10.0.0.1:8500"}, {"SERVICE", "simple"}});
  EXPECT_EQ(all.consul, "http://10.0.0.1:8500");
  EXPECT_THAT(all.services, ElementsAre("simple"));
  EXPECT_EQ(all.port, 80);
}

TEST(ContainerSettings, TakeSeveralNamesOrAnExpression) {
  EXPECT_THAT(read({{"CONSUL", "c:8500"}, {"SERVICE", "web, api,,web"}}).services, ElementsAre("web", "api"));
  const auto all = read({{"CONSUL", "https://c"}, {"SERVICE", "web-.*"}});
  EXPECT_EQ(all.match, "web-.*");
  EXPECT_THAT(all.services, ElementsAre());
  EXPECT_EQ(all.consul, "https://c");
}

TEST(ContainerSettings, OfACertificateMeanHttps) {
  EXPECT_EQ(read({{"CONSUL", "c:8501"}, {"SERVICE", "web"}, {"CONSUL_CACERT", "/ca.pem"}}).consul, "https://c:8501");
  EXPECT_EQ(read({{"CONSUL", "c:8501"}, {"SERVICE", "web"}, {"CONSUL_HTTP_SSL", "true"}}).consul, "https://c:8501");
}

TEST(ContainerSettings, ThatAreWrongAreNamedWithWhatIsExpected) {
  EXPECT_THAT(why_not({}), HasSubstr("CONSUL is not set"));
  EXPECT_THAT(why_not({{"CONSUL", "c:8500"}}), HasSubstr("SERVICE is empty"));
  EXPECT_THAT(why_not({{"CONSUL", "c:8500"}, {"SERVICE", "web;x"}}), HasSubstr("cannot be the name of an upstream"));
  EXPECT_THAT(why_not({{"CONSUL", "c:8500"}, {"SERVICE", "(web"}}), HasSubstr("no regular expression"));
  for (const auto* const port : {"0", "65536", "8o", "-1", "80 "})
    EXPECT_THAT(why_not({{"CONSUL", "c:8500"}, {"SERVICE", "web"}, {"PORT", port}}), HasSubstr("from 1 to 65535"))
        << port;
  EXPECT_THAT(why_not({{"CONSUL", "c:8500"}, {"SERVICE", "web"}, {"BALANCE", "fair"}}), HasSubstr("round_robin"));
}

TEST(ContainerConfiguration, HoldsTextsFromOutsideAsTexts) {
  const auto text = drcon_configuration(read({{"CONSUL", "http://c\"\n[sink.evil]"}, {"SERVICE", "a\"|b"}}));
  EXPECT_THAT(text, AllOf(HasSubstr(R"(address = "http://c\"\n[sink.evil]")"), HasSubstr(R"(match = "a\"|b")"),
                          Not(HasSubstr("\n[sink.evil]"))));
}

TEST(ContainerConfiguration, LeavesTheTokenInTheEnvironment) {
  const auto text = drcon_configuration(read({{"CONSUL", "c:1"}, {"SERVICE", "web"}, {"CONSUL_HTTP_TOKEN", "secret"}}));
  EXPECT_THAT(text, AllOf(HasSubstr("token = { env = \"CONSUL_HTTP_TOKEN\" }"), Not(HasSubstr("secret"))));
}

TEST(ContainerConfiguration, GivesOneServiceThePortAndSeveralTheirNames) {
  const auto one = route_template(read({{"CONSUL", "c:1"}, {"SERVICE", "web"}, {"PORT", "8080"}}));
  EXPECT_THAT(one, AllOf(HasSubstr("listen 8080 default_server;"), HasSubstr("proxy_pass http://web;"),
                         Not(HasSubstr("location /{{name}}"))));
  const auto several = route_template(read({{"CONSUL", "c:1"}, {"SERVICE", "web,api"}}));
  EXPECT_THAT(several, AllOf(HasSubstr("server_name {{name}}.*;"), HasSubstr("location /{{name}}/ {")));
}

}  // namespace
}  // namespace drcon::container
