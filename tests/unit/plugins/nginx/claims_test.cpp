// One name, several services: nginx does not distinguish case.
#include "nginx/claims.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::nginx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

claims settle(const std::vector<std::string>& desired, const std::set<std::string>& served) {
  std::vector<upstream> all;
  for (const auto& each : desired) all.push_back({.name = each, .servers = {}});
  return settle_claims(std::move(all), served);
}

std::vector<std::string> admitted(const std::vector<std::string>& desired, const std::set<std::string>& served) {
  std::vector<std::string> names;
  for (const auto& each : settle(desired, served).admitted) names.push_back(each.name);
  return names;
}

TEST(NginxClaims, LeaveANameToTheServiceThatIsServed) {
  EXPECT_THAT(admitted({"WEB", "api", "web"}, {"web"}), ElementsAre("api", "web"));
  EXPECT_THAT(admitted({"WEB", "Web", "web"}, {"WEB"}), ElementsAre("WEB"));
  EXPECT_THAT(settle({"WEB", "web"}, {"web"}).left_out.at("WEB"), HasSubstr("web is served, and keeps the name"));
}

TEST(NginxClaims, GiveTheNameOfAServedServiceThatHasVanishedToNobodyElse) {
  EXPECT_THAT(admitted({"WEB"}, {"web"}), IsEmpty());
  EXPECT_THAT(admitted({"WEB"}, {}), ElementsAre("WEB"));
}

TEST(NginxClaims, LeaveAllOutWhenNoneIsServed) {
  EXPECT_THAT(admitted({"WEB", "api", "web"}, {}), ElementsAre("api"));
  EXPECT_THAT(settle({"WEB", "web"}, {"api"}).left_out.at("web"), HasSubstr("not known whose name it is"));
}

}  // namespace
}  // namespace drcon::nginx
