#include "engine/keep_in_service.hpp"

#include "model/snapshot.hpp"
#include "support/fake_plugins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace drcon::engine {
namespace {

using ::testing::ElementsAre;

model::service_ptr shared(service value) { return std::make_shared<const model::shared_service>(std::move(value)); }

std::vector<std::string> ids(const model::service_ptr& service) {
  std::vector<std::string> all;
  for (const auto each : service->endpoints()) all.emplace_back(each.id());
  return all;
}

TEST(KeepInService, KeepsWhatWouldGoAndTakesWhatComes) {
  auto next = test::service_of("web", 1);
  next.endpoints.push_back({.id = "new", .node = {}, .address = "10.1.0.1", .port = 80, .tags = {}, .meta = {}});
  const auto kept = keep_in_service(shared(test::service_of("web", 3)), shared(next));
  EXPECT_THAT(ids(kept), ElementsAre("new", "web-1", "web-2", "web-3"));
}

TEST(KeepInService, KeepsAServiceThatIsGoneAsItWas) {
  const auto served = shared(test::service_of("web", 3));
  EXPECT_EQ(keep_in_service(served, nullptr), served) << "the same object, so that snapshots share it";
}

TEST(KeepInService, TakesAServiceThatIsNew) {
  const auto next = shared(test::service_of("web", 3));
  EXPECT_EQ(keep_in_service(nullptr, next), next);
}

TEST(KeepInService, KeepsTheHealthOfAnEndpointThatWouldLeaveServiceAndTakesAnyOtherChange) {
  auto next = test::service_of("web", 2);
  next.endpoints[0].health = health::critical;
  next.endpoints[1].weight = 7;
  const auto kept = keep_in_service(shared(test::service_of("web", 2)), shared(next));
  ASSERT_THAT(ids(kept), ElementsAre("web-1", "web-2"));
  EXPECT_EQ(kept->endpoints()[0].health(), health::passing);
  EXPECT_EQ(kept->endpoints()[1].weight(), 7U);
}

TEST(KeepInService, LetsAnEndpointGoThatIsNotInService) {
  auto served = test::service_of("web", 2);
  served.endpoints[1].health = health::critical;
  EXPECT_THAT(ids(keep_in_service(shared(served), shared(test::service_of("web", 1)))), ElementsAre("web-1"));
}

TEST(KeepInService, HasOneEndpointAtOnePlace) {
  auto next = test::service_of("web", 2);
  next.endpoints[0].id = "the same process by another name";
  next.endpoints[1].id = "and another that is critical";
  next.endpoints[1].health = health::critical;
  const auto kept = keep_in_service(shared(test::service_of("web", 2)), shared(next));
  EXPECT_THAT(ids(kept), ElementsAre("the same process by another name", "web-2"));
}

std::vector<std::string> places(const model::service_ptr& service) {
  std::vector<std::string> all;
  for (const auto each : service->endpoints()) all.emplace_back(each.address());
  return all;
}

endpoint at(const std::string& id, const std::string& address) {
  return {.id = id, .node = {}, .address = address, .port = 80, .tags = {}, .meta = {}};
}

// Two datacentres with the same node names. The ids of the one move to the endpoints of the other when it has nothing
// any more.
TEST(KeepInService, TakesAnIdAtThePlaceOfAnotherEndpointForThatOne) {
  auto served = test::service_of("web", 3);
  served.endpoints.push_back(at("b/web-1", "10.1.0.1"));
  served.endpoints.push_back(at("b/web-2", "10.1.0.2"));
  auto next = test::service_of("web", 0);
  next.endpoints = {at("web-1", "10.1.0.1"), at("web-2", "10.1.0.2")};
  next.endpoints[0].weight = 7;
  const auto kept = keep_in_service(shared(served), shared(next));
  ASSERT_THAT(ids(kept), ElementsAre("b/web-1", "b/web-2", "web-1", "web-2", "web-3")) << "no two have one id";
  EXPECT_THAT(places(kept), ElementsAre("10.1.0.1", "10.1.0.2", "10.0.0.1", "10.0.0.2", "10.0.0.3"));
  EXPECT_EQ(kept->endpoints()[0].weight(), 7U) << "its changes are taken";
}

TEST(KeepInService, TakesAnIdAtAnotherPlaceThatIsNewForTheSameEndpoint) {
  auto next = test::service_of("web", 0);
  next.endpoints = {at("web-1", "10.9.9.9")};
  const auto kept = keep_in_service(shared(test::service_of("web", 2)), shared(next));
  EXPECT_THAT(ids(kept), ElementsAre("web-1", "web-2"));
  EXPECT_THAT(places(kept), ElementsAre("10.9.9.9", "10.0.0.2"));
}

// An endpoint that was served keeps the id that it had then, as far as nobody else has that.
TEST(KeepInService, GivesNoTwoEndpointsOneId) {
  auto served = test::service_of("web", 1);
  served.endpoints.push_back(at("b/web-1", "10.1.0.1"));
  auto next = test::service_of("web", 0);
  next.endpoints = {at("web-1", "10.1.0.1"), at("b/web-1", "10.2.0.1")};
  const auto kept = keep_in_service(shared(served), shared(next));
  EXPECT_THAT(places(kept), ::testing::UnorderedElementsAre("10.0.0.1", "10.1.0.1", "10.2.0.1"));
  const auto names = ids(kept);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
}

TEST(KeepInService, KeepsValuesAndTakesNewOnes) {
  const service served{.name = "kv", .revision = 1, .endpoints = {}, .values = {{"a", "1"}, {"b", "2"}}};
  const service next{.name = "kv", .revision = 2, .endpoints = {}, .values = {{"b", "3"}, {"c", "4"}}};
  EXPECT_EQ(keep_in_service(shared(served), shared(next))->values(),
            (std::map<std::string, std::string>{{"a", "1"}, {"b", "3"}, {"c", "4"}}));
}

TEST(KeepInService, KeepsOnlyInTheServicesThatAreNamed) {
  const model::snapshot served(1, {shared(test::service_of("a", 2)), shared(test::service_of("b", 2))});
  const model::snapshot next(2, {shared(test::service_of("b", 1)), shared(test::service_of("c", 1))});
  const auto changes = model::difference(&served, next);
  const auto kept = keep_in_service(changes, next, {"a"}, 7);
  EXPECT_EQ(kept->revision(), 7U);
  ASSERT_EQ(kept->services().size(), 3U);
  EXPECT_EQ(kept->find("a")->endpoints().size(), 2U) << "a is kept";
  EXPECT_EQ(kept->find("b")->endpoints().size(), 1U) << "b is not";
  EXPECT_TRUE(kept->find("c"));
}

}  // namespace
}  // namespace drcon::engine
