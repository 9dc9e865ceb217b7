#include "engine/merge.hpp"

#include "model/snapshot.hpp"
#include "support/fake_plugins.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace drcon::engine {
namespace {

model::service_ptr shared_of(service from) { return std::make_shared<const model::shared_service>(std::move(from)); }

// Of sources "a", "b", …
model::service_ptr merge(const std::vector<model::service_ptr>& services, const model::service_ptr& before = nullptr) {
  std::vector<part> parts;
  char origin = 'a';
  for (const auto& each : services) {
    if (each) parts.push_back({.origin = std::string(1, origin), .service = each});
    ++origin;
  }
  return merge_service(parts, before);
}

// The id of the endpoint at each address.
std::map<std::string, std::string> ids_of(const model::service_ptr& merged) {
  std::map<std::string, std::string> all;
  for (const auto each : merged->endpoints()) all.emplace(each.address(), each.id());
  return all;
}

TEST(Merge, SharesTheOnlyPart) {
  const auto only = shared_of(test::service_of("web", 2));
  EXPECT_EQ(merge({only}), only);
}

TEST(Merge, HasNothingOfNothing) { EXPECT_EQ(merge({}), nullptr); }

TEST(Merge, UnitesEndpointsOfSeveralSources) {
  auto other = test::service_of("web", 1);
  other.endpoints[0].id = "other";
  other.endpoints[0].address = "10.9.9.9";
  const auto merged = merge({shared_of(test::service_of("web", 2)), shared_of(other)});
  EXPECT_EQ(merged->endpoints().size(), 3U);
}

TEST(Merge, KeepsAnEndpointWhoseIdIsTakenAtAnotherPlaceUnderTheNameOfItsSource) {
  auto other = test::service_of("web", 1);
  other.endpoints[0].address = "10.9.9.9";
  const auto merged = merge({shared_of(test::service_of("web", 1)), shared_of(other)});
  ASSERT_EQ(merged->endpoints().size(), 2U) << "two datacentres may have machines of one name";
  EXPECT_EQ(merged->endpoints()[0].id(), "b/web-1");
  EXPECT_EQ(merged->endpoints()[0].address(), "10.9.9.9");
  EXPECT_EQ(merged->endpoints()[1].id(), "web-1");
  EXPECT_EQ(merged->endpoints()[1].address(), "10.0.0.1");
}

TEST(Merge, TakesTheFirstSourcesWordOnTheSameEndpoint) {
  auto other = test::service_of("web", 1);
  other.endpoints[0].health = health::critical;
  const auto merged = merge({shared_of(test::service_of("web", 1)), shared_of(other)});
  ASSERT_EQ(merged->endpoints().size(), 1U);
  EXPECT_EQ(merged->endpoints()[0].health(), health::passing);
}

TEST(Merge, FindsAnIdForAnEndpointEvenIfTheNameOfItsSourceIsTakenAsWell) {
  auto first = test::service_of("web", 2);
  first.endpoints[1].id = "b/web-1";
  auto other = test::service_of("web", 1);
  other.endpoints[0].address = "10.9.9.9";
  const auto merged = merge({shared_of(first), shared_of(other)});
  ASSERT_EQ(merged->endpoints().size(), 3U);
  EXPECT_EQ(merged->endpoints()[0].id(), "b/b/web-1");
}

TEST(Merge, TakesTheFirstSourcesWordOnTheSamePlace) {
  auto other = test::service_of("web", 1);
  other.endpoints[0].id = "the same process by another name";
  const auto merged = merge({shared_of(test::service_of("web", 1)), shared_of(other)});
  ASSERT_EQ(merged->endpoints().size(), 1U);
  EXPECT_EQ(merged->endpoints()[0].id(), "web-1");
}

// Two sources have a machine of the same name, each at its own place.
class MergedNames : public ::testing::Test {
protected:
  using names = std::map<std::string, std::string>;
  static model::service_ptr at(const std::string& address) {
    auto made = test::service_of("web", 1);
    made.endpoints[0].address = address;
    return shared_of(std::move(made));
  }
  const model::service_ptr a_ = at("10.0.0.1");
  const model::service_ptr b_ = at("10.9.9.9");
  const model::service_ptr both_ = merge({a_, b_});
};

TEST_F(MergedNames, StayWhenTheOtherSourceGoesAndComesBack) {
  ASSERT_EQ(ids_of(both_), (names{{"10.0.0.1", "web-1"}, {"10.9.9.9", "b/web-1"}}));
  const auto alone = merge({nullptr, b_}, both_);
  EXPECT_EQ(ids_of(alone), (names{{"10.9.9.9", "b/web-1"}}));
  EXPECT_TRUE(same_content(*merge({a_, b_}, alone), *both_));
}

TEST_F(MergedNames, StayWhenAnEarlierSourceComes) {
  const auto alone = merge({nullptr, b_});
  ASSERT_EQ(ids_of(alone), (names{{"10.9.9.9", "web-1"}}));
  EXPECT_EQ(ids_of(merge({a_, b_}, alone)), (names{{"10.0.0.1", "a/web-1"}, {"10.9.9.9", "web-1"}}));
}

TEST_F(MergedNames, AreGivenAgainToWhoHasMoved) {
  EXPECT_EQ(ids_of(merge({a_, at("10.9.9.8")}, both_)), (names{{"10.0.0.1", "web-1"}, {"10.9.9.8", "b/web-1"}}));
  EXPECT_EQ(ids_of(merge({at("10.0.0.2"), b_}, both_)), (names{{"10.0.0.2", "web-1"}, {"10.9.9.9", "b/web-1"}}));
}

TEST_F(MergedNames, AreNotThoseThatAnotherHadAtThePlace) {
  auto renamed = b_->value();
  renamed.endpoints[0].id = "web-2";
  EXPECT_EQ(ids_of(merge({a_, shared_of(std::move(renamed))}, both_)),
            (names{{"10.0.0.1", "web-1"}, {"10.9.9.9", "web-2"}}));
}

TEST_F(MergedNames, LeaveAnEndpointOfOneSourceAloneShared) { EXPECT_EQ(merge({a_}, a_), a_); }

}  // namespace
}  // namespace drcon::engine
