// From a container to its endpoints, by Registrator's conventions.
#include "unit/plugins/docker/web_container.hpp"

#include <gtest/gtest.h>

namespace drcon::docker {
namespace conventions_test {

using settings = std::map<std::string, std::string>;

endpoint only(const std::vector<offer>& all) {
  EXPECT_EQ(all.size(), 1U);
  return all.empty() ? endpoint() : all.front().what;
}

TEST(DockerConventions, NameTheServiceAfterTheImageWithoutRegistryTagAndDigest) {
  const auto name_of = [](const std::string& image) {
    auto one = web();
    one.image = image;
    return offers_of(one, usual, false).front().service;
  };
  EXPECT_EQ(name_of("registry:5000/team/web:v2"), "web");
  EXPECT_EQ(name_of("web"), "web");
  EXPECT_EQ(name_of("team/web@sha256:0123"), "web");
  EXPECT_EQ(name_of("team/web:v1@sha256:0123"), "web");
}

TEST(DockerConventions, AddThePortToTheNameOnlyWhenThereAreMoreAndItWasNotNamedForThePort) {
  auto two = web({{"name", "web"}, {"443_name", "secure"}});
  two.ports.push_back({.number = 443, .host_address = "0.0.0.0", .host_port = 32769});
  const auto offers = offers_of(two, usual, false);
  ASSERT_EQ(offers.size(), 2U);
  EXPECT_EQ(offers[0].service, "web-80");
  EXPECT_EQ(offers[1].service, "secure");
  two.ports.back().host_port = 0;
  EXPECT_EQ(offers_of(two, usual, false).front().service, "web") << "what is not published does not count";
}

TEST(DockerConventions, PreferTheSettingsOfThePort) {
  const auto one =
      only(offers_of(web({{"tags", "a"}, {"80_tags", "b"}, {"81_tags", "c"}, {"team", "x"}}), usual, false));
  EXPECT_EQ(one.tags, std::vector<std::string>{"b"});
  EXPECT_EQ(one.meta, (settings{{"team", "x"}}));
}

TEST(DockerConventions, SplitTagsAtCommasThatAreNotEscaped) {
  EXPECT_EQ(only(offers_of(web({{"tags", "a,b\\,c,,d"}}), usual, false)).tags,
            (std::vector<std::string>{"a", "b,c", "d"}));
}

TEST(DockerConventions, TakeAnIgnoreOfAnyValue) {
  EXPECT_TRUE(offers_of(web({{"ignore", "no"}}), usual, false).empty());
  EXPECT_TRUE(offers_of(web({{"80_ignore", "1"}}), usual, false).empty());
  EXPECT_EQ(offers_of(web({{"81_ignore", "1"}}), usual, false).size(), 1U);
}

TEST(DockerConventions, UseTheAddressThatAPortIsBoundTo) {
  auto bound = web();
  bound.ports[0].host_address = "192.0.2.1";
  EXPECT_EQ(only(offers_of(bound, usual, false)).address, "192.0.2.1");
  for (const auto* any : {"", "0.0.0.0", "::"}) {
    bound.ports[0].host_address = any;
    EXPECT_EQ(only(offers_of(bound, usual, false)).address, "10.0.0.1");
  }
}

TEST(DockerConventions, UseTheFirstNetworkByNameWhenNoneIsChosen) {
  auto inside = usual;
  inside.internal = true;
  auto two = web();
  two.addresses = {{"b", "10.2.0.2"}, {"a", "10.1.0.2"}};
  EXPECT_EQ(only(offers_of(two, inside, false)).address, "10.1.0.2");
  EXPECT_EQ(only(offers_of(two, inside, false)).port, 80U);
  inside.network = "b";
  EXPECT_EQ(only(offers_of(two, inside, false)).address, "10.2.0.2");
  inside.network = "c";
  EXPECT_TRUE(offers_of(two, inside, false).empty());
}

TEST(DockerConventions, ShowHealth) {
  const auto health_of = [](const std::string& health, bool paused) {
    auto one = web();
    one.health = health;
    one.paused = paused;
    return only(offers_of(one, usual, false)).health;
  };
  EXPECT_EQ(health_of("", false), health::passing);
  EXPECT_EQ(health_of("healthy", false), health::passing);
  EXPECT_EQ(health_of("starting", false), health::critical);
  EXPECT_EQ(health_of("unhealthy", false), health::critical);
  EXPECT_EQ(health_of("something new", false), health::critical);
  EXPECT_EQ(health_of("healthy", true), health::maintenance);
}

TEST(DockerConventions, KeepOnlyWhatCrashed) {
  auto keeping = usual;
  keeping.crashed_is_critical = true;
  auto ended = web();
  ended.running = false;
  const auto is_kept = [&](int code, bool out_of_memory, bool told) {
    ended.exit_code = code;
    ended.out_of_memory = out_of_memory;
    return !offers_of(ended, keeping, told).empty();
  };
  EXPECT_TRUE(is_kept(1, false, false));
  EXPECT_TRUE(is_kept(137, true, false));
  EXPECT_FALSE(is_kept(0, false, false));
  EXPECT_FALSE(is_kept(137, false, false)) << "somebody killed it";
  EXPECT_FALSE(is_kept(1, false, true)) << "it was asked to stop";
  ended.exit_code = 1;
  EXPECT_EQ(only(offers_of(ended, keeping, false)).health, health::critical);
  EXPECT_TRUE(offers_of(ended, usual, false).empty());
}

TEST(DockerConventions, KnowSignalsByNameAndNumber) {
  EXPECT_EQ(signal_number("SIGTERM"), 15);
  EXPECT_EQ(signal_number("QUIT"), 3);
  EXPECT_EQ(signal_number("9"), 9);
  EXPECT_EQ(signal_number(""), 0);
  EXPECT_EQ(signal_number("SIGNOTHING"), 0);
}

}  // namespace conventions_test
}  // namespace drcon::docker
