#include "consul_catalog/foreign_registrations.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace drcon::consul_catalog {
namespace {

class ForeignRegistrations : public ::testing::Test {
protected:
  using ids = std::set<std::string>;

  void look(const ids& there, const ids& wanted, bool another_lives) {
    agent_state now;
    for (const auto& id : there) now.services[id].owner = "me";
    for (const auto& [id, origin] : origins_) now.services[id].origin = origin;
    now.services["theirs"].owner = "other";
    registrations desired;
    for (const auto& id : wanted) desired.all[id].id = id;
    seen_.look(now, desired, {.owner = "me", .origin = "mine", .check = {}, .deregister = {}}, another_lives);
  }

  foreign_registrations seen_;
  std::map<std::string, std::string> origins_;  // by id: the configuration that it was registered for
};

TEST_F(ForeignRegistrations, AreThoseOfAnotherConfigurationThoughNobodyElseLives) {
  origins_ = {{"a", "mine"}, {"b", "another"}, {"c", "another"}};
  look({"a", "b", "c", "unmarked"}, {"c"}, false);
  EXPECT_EQ(seen_.all(), ids{"b"}) << "c is desired here, and an earlier version has marked none";
  look({"a", "b", "c", "unmarked"}, {}, false);
  EXPECT_EQ(seen_.all(), ids{"b"}) << "c was desired here, and goes as everything that was";
}

TEST_F(ForeignRegistrations, AreNoneWhileNobodyElseLives) {
  look({"a", "ghost"}, {"a"}, false);
  EXPECT_TRUE(seen_.all().empty()) << "a run before has left it";
}

TEST_F(ForeignRegistrations, AreThoseThatWereNeverDesiredHereAndStaySoWhenTheOtherHasEnded) {
  look({"a", "b"}, {"a"}, true);
  EXPECT_EQ(seen_.all(), ids{"b"});
  look({"a", "b"}, {"a"}, false);
  EXPECT_EQ(seen_.all(), ids{"b"});
  look({"a"}, {"a"}, false);
  EXPECT_TRUE(seen_.all().empty()) << "it is gone";
}

// Two that stand in for each other desire the same: what goes while one of them ends has to go.
TEST_F(ForeignRegistrations, AreNotThoseThatWereDesiredHere) {
  look({"a", "b"}, {"a", "b"}, true);
  look({"a", "b"}, {"a"}, true);
  look({"a", "b"}, {"a"}, false);
  EXPECT_TRUE(seen_.all().empty());
  EXPECT_TRUE(seen_.was_wanted("b"));
  look({"a"}, {"a"}, false);
  EXPECT_FALSE(seen_.was_wanted("b")) << "what comes under this id later is another one";
}

TEST_F(ForeignRegistrations, BecomeOursWhenTheyAreDesired) {
  look({"b"}, {}, true);
  look({"b"}, {"b"}, false);
  EXPECT_TRUE(seen_.all().empty());
}

}  // namespace
}  // namespace drcon::consul_catalog
