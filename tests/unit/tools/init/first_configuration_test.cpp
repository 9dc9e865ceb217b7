#include "init/first_configuration.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::init {
namespace first_configuration_test {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const runner service{.name = "drcon", .uid = 990, .groups = {990}, .is_service = true};
const runner somebody{.name = "ann", .uid = 1000, .groups = {1000}, .is_service = false};

machine with_consul(std::vector<std::string> services) {
  machine all;
  all.consul.there = consul_agent{"http://127.0.0.1:8500", true, std::move(services), false};
  return all;
}

machine with_nginx(machine all) {
  all.nginx.there = nginx_server{"/etc/nginx/nginx.conf", "/run/nginx.pid", {"/etc/nginx/conf.d"}};
  return all;
}

machine with_haproxy(machine all, std::vector<std::string> backends) {
  all.haproxy.there = haproxy_server{"/etc/haproxy/haproxy.cfg", "/run/haproxy/admin.sock", std::move(backends)};
  return all;
}

first_configuration made(const machine& of, const runner& user) {
  const auto all = configuration_for(of, user, user.is_service ? service_file : "/srv/here/drcon.toml");
  EXPECT_TRUE(all);
  return all.value_or(first_configuration{});
}

std::string steps_of(const first_configuration& all) {
  std::string text;
  for (const auto& each : all.steps) {
    text += each.why + "\n";
    for (const auto& line : each.lines) text += line + "\n";
  }
  return text;
}

TEST(FirstConfiguration, OfTheServiceHasADirectoryOfItsOwnAndTheStepsForItsRights) {
  const auto all = made(with_nginx(with_consul({"web"})), service);
  EXPECT_THAT(all.toml, AllOf(HasSubstr("file = \"/etc/nginx/drcon/drcon.conf\""), HasSubstr("check = \"master\""),
                              Not(HasSubstr("[admin]"))));
  EXPECT_THAT(steps_of(all),
              AllOf(HasSubstr("install -d -o root -g drcon -m 2775 /etc/nginx/drcon\n"),
                    HasSubstr("echo 'include /etc/nginx/drcon/*.conf;' > /etc/nginx/conf.d/drcon.conf\n"),
                    HasSubstr("drcon.service.d/nginx.conf\n"), HasSubstr("systemctl enable --now drcon\n"),
                    HasSubstr("proxy_pass http://web;\n")));
}

TEST(FirstConfiguration, OfAnybodyElseWritesWhereNginxLooksAndKeepsItsStateBesideItself) {
  const auto all = made(with_nginx(with_consul({"web"})), somebody);
  EXPECT_THAT(all.toml, AllOf(HasSubstr("file = \"/etc/nginx/conf.d/drcon.conf\""),
                              HasSubstr("state_directory = \"/srv/here/state\""),
                              HasSubstr("socket = \"/srv/here/admin.sock\"")));
  EXPECT_THAT(steps_of(all), AllOf(HasSubstr("ann has no permission to write in /etc/nginx/conf.d"),
                                   HasSubstr("drcon run -c /srv/here/drcon.toml\n"), Not(HasSubstr("include "))));
}

TEST(FirstConfiguration, NamesFewServicesAndNoneThatNginxCannotTake) {
  std::vector<std::string> names{"a b", "x;y"};
  for (char each = 'a'; each <= 'k'; ++each) names.push_back(std::string(1, each));
  const auto all = made(with_nginx(with_consul(names)), service);
  EXPECT_THAT(all.toml, AllOf(HasSubstr("{ name = \"h\" },"), Not(HasSubstr("{ name = \"i\" }")), Not(HasSubstr("a b")),
                              HasSubstr("# Consul has 13 services.")));
}

TEST(FirstConfiguration, TakesTheServicesThatHaveABackend) {
  const auto all = made(with_haproxy(with_consul({"api", "web"}), {"web", "other"}), service);
  EXPECT_THAT(all.toml,
              AllOf(HasSubstr("{ name = \"web\" },"), Not(HasSubstr("\"api\"")), HasSubstr("backend = \"{service}\"")));
  EXPECT_THAT(steps_of(all), Not(HasSubstr("Make a backend")));
}

TEST(FirstConfiguration, LetsAUserOfHisOwnUseHaproxysSocket) {
  EXPECT_THAT(steps_of(made(with_haproxy(with_consul({"web"}), {"web"}), somebody)),
              HasSubstr("Let ann use HAProxy's socket, and log in again.\nusermod -aG haproxy ann\n"));
}

TEST(FirstConfiguration, ConnectsOneServiceToTheOneBackend) {
  const auto all = made(with_haproxy(with_consul({"web"}), {"be_web"}), service);
  EXPECT_THAT(all.toml, HasSubstr("backends = [{ service = \"web\", backend = \"be_web\" }]"));
}

TEST(FirstConfiguration, SaysWhereATokenBelongs) {
  auto found = with_nginx(with_consul({}));
  found.consul.there->needs_token = true;
  const auto all = made(found, service);
  EXPECT_THAT(all.toml,
              AllOf(HasSubstr("token = { file = \"/etc/drcon/consul.token\" }"), HasSubstr("{ name = \"web\" },")));
  EXPECT_THAT(steps_of(all), HasSubstr("service:read and node:read"));
}

TEST(FirstConfiguration, IsNoneWithoutASourceOrWithoutAnywhereToWriteTo) {
  EXPECT_FALSE(configuration_for(machine{}, service, "/x"));
  EXPECT_FALSE(configuration_for(with_nginx(machine{}), service, "/x"));
  EXPECT_FALSE(configuration_for(with_consul({"web"}), service, "/x"));
}

}  // namespace first_configuration_test
}  // namespace drcon::init
