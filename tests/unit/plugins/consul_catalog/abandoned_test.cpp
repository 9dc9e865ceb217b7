#include "consul_catalog/abandoned.hpp"

#include <gtest/gtest.h>

namespace drcon::consul_catalog {
namespace {

using namespace std::chrono_literals;

class AbandonedOwners : public ::testing::Test {
protected:
  // What the agent has of an owner: two registrations, of which one has the mark of its lease.
  void look(const std::string& owner, const std::string& mark, lease::clock::time_point now) {
    agent_state agent;
    agent.services["a"] = {.owner = owner, .digest = {}, .service = "web", .output = "drcon: passing " + mark};
    agent.services["b"] = {.owner = owner, .digest = {}, .service = "web", .output = "drcon: passing"};
    owners_.look(agent, "me", now);
  }
  bool has(const std::string& owner) const { return owners_.all().contains(owner); }

  lease other_;
  abandoned_owners owners_;
  const lease::clock::time_point begin_{};
};

TEST_F(AbandonedOwners, AreThoseWhoseMarkIsNotRenewedForAsLongAsALeaseLasts) {
  look("other", other_.mark(), begin_);
  EXPECT_FALSE(has("other"));
  EXPECT_TRUE(owners_.is_suspected("other"));
  look("other", other_.mark(), begin_ + lease::lasts - 1ms);
  EXPECT_FALSE(has("other"));
  look("other", other_.mark(), begin_ + lease::lasts);
  EXPECT_TRUE(has("other"));
  look("other", "", begin_ + lease::lasts + 1s);
  EXPECT_TRUE(has("other")) << "the registration with the mark was taken over";
}

TEST_F(AbandonedOwners, AreNoneOnceTheMarkIsRenewed) {
  look("other", other_.mark(), begin_);
  other_.renew();
  look("other", other_.mark(), begin_ + lease::lasts);
  EXPECT_FALSE(has("other"));
  look("other", other_.mark(), begin_ + 2 * lease::lasts);
  EXPECT_TRUE(has("other"));
  other_.renew();
  look("other", other_.mark(), begin_ + 2 * lease::lasts + 1s);
  EXPECT_FALSE(has("other")) << "it is back";
}

TEST_F(AbandonedOwners, AreNeitherOfOtherHostsNorWithoutAMark) {
  for (const auto* mark : {"", "[kept by elsewhere:1:00000000:7:1 #1]"})
    for (const auto now : {begin_, begin_ + 10 * lease::lasts}) look("other", mark, now);
  for (const auto now : {begin_, begin_ + 10 * lease::lasts}) {
    look("me", other_.mark(), now);
    look("", other_.mark(), now);
  }
  EXPECT_TRUE(owners_.all().empty());
}

}  // namespace
}  // namespace drcon::consul_catalog
