// The commands that bring HAProxy from what it holds to what it should hold.
#include "haproxy/plan.hpp"

#include "common/address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::haproxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

desired_server server(const std::string& address, unsigned weight = 1) {
  return {.address = address,
          .port = 80,
          .weight = weight,
          .state = server_state::ready,
          .backup = false,
          .service = "web",
          .endpoint = address};
}

desired_backend wanting(const std::vector<desired_server>& servers) {
  desired_backend to;
  for (const auto& each : servers) to.servers.emplace(common::with_port(each.address, each.port), each);
  return to;
}

std::vector<std::string> texts(const backend_plan& plan) { return plan.growth; }

const touched_by_hand nobody = [](const std::string&, const live_server&, bool) { return false; };

class DynamicPlan : public ::testing::Test {
protected:
  backend_plan plan(const desired_backend& desired, const live_servers& live, const touched_by_hand& hand = nobody) {
    return plan_backend("web", desired, live, rules_, hand);
  }
  plan_rules rules_{
      .mode = mode::dynamic, .prefix = "drcon-", .backup_prefix = {}, .server_options = " check", .check = true};
};

TEST_F(DynamicPlan, AddsAServerThatTakesTrafficAndIsChecked) {
  rules_.server_options.clear();
  rules_.check = false;
  EXPECT_THAT(texts(plan(wanting({server("10.0.0.1", 5)}), {})),
              ElementsAre("add server web/drcon-10.0.0.1:80 10.0.0.1:80 weight 0",
                          "set server web/drcon-10.0.0.1:80 state ready", "set server web/drcon-10.0.0.1:80 weight 5"));
  EXPECT_THAT(
      texts(plan(wanting({server("2001:db8::1")}), {})),
      ElementsAre("add server web/drcon-2001:db8::1:80 [2001:db8::1]:80 weight 0",
                  "set server web/drcon-2001:db8::1:80 state ready", "set server web/drcon-2001:db8::1:80 weight 1"));
}

// Whatever moment the connection breaks at: one that is out of service by our doing has no weight.
TEST_F(DynamicPlan, AddsAServerThatTakesNoTrafficWithoutAWeight) {
  rules_.server_options.clear();
  rules_.check = false;
  auto drains = server("10.0.0.1", 5);
  drains.state = server_state::drain;
  EXPECT_THAT(texts(plan(wanting({drains}), {})), ElementsAre("add server web/drcon-10.0.0.1:80 10.0.0.1:80 weight 0",
                                                              "set server web/drcon-10.0.0.1:80 state drain"));
}

TEST_F(DynamicPlan, NamesTheServersThatDrconItselfTakesOutOfService) {
  auto away = server("10.0.0.1");
  away.state = server_state::maint;
  const auto name = dynamic_name(away, rules_);
  const live_servers ready{{name, {.address = "10.0.0.1", .port = 80, .weight = 1}}};
  EXPECT_THAT(plan(wanting({away}), ready).taken_out, ElementsAre(name));
  EXPECT_THAT(plan(wanting({server("10.0.0.1")}), {}).taken_out, ElementsAre(name)) << "a new one begins so";
  EXPECT_THAT(plan(wanting({server("10.0.0.1")}), ready).taken_out, IsEmpty());
  const live_servers held{{name, {.address = "10.0.0.9", .port = 80, .weight = 1, .admin = 1}}};
  const auto by_hand = plan(wanting({server("10.0.0.1")}), held, [](auto&&...) { return true; });
  EXPECT_THAT(by_hand.taken_out, IsEmpty()) << "somebody else took it out";
  EXPECT_THAT(by_hand.by_hand, ElementsAre(name));
}

TEST_F(DynamicPlan, KnowsWhetherABackendStillHasServersOfOurs) {
  EXPECT_TRUE(any_in_use({{"drcon-10.0.0.1:80", {.address = "10.0.0.1", .port = 80}}}, rules_));
  EXPECT_FALSE(any_in_use({{"of-others", {}}}, rules_));
  rules_.mode = mode::slots;
  rules_.prefix = "drcon";
  EXPECT_TRUE(any_in_use({{"drcon1", {}}}, rules_));
  EXPECT_FALSE(any_in_use({{"drcon1", {.admin = 1}}}, rules_)) << "a slot in maintenance is free";
}

TEST_F(DynamicPlan, HasANewServerPassACheckFirstWhenAsked) {
  rules_.check_first = true;
  const auto name = "web/" + dynamic_name(server("10.0.0.1"), rules_);
  EXPECT_THAT(
      texts(plan(wanting({server("10.0.0.1")}), {})),
      ElementsAre("add server " + name + " 10.0.0.1:80 weight 0 check", "set server " + name + " state ready",
                  "set server " + name + " health down", "enable health " + name, "set server " + name + " weight 1"));
}

TEST_F(DynamicPlan, DoesNothingForWhatIsAsDesired) {
  const auto name = dynamic_name(server("10.0.0.1"), rules_);
  const live_servers live{
      {name, {.address = "10.0.0.1", .port = 80, .weight = 1, .check_configured = true, .check_enabled = true}}};
  const auto made = plan(wanting({server("10.0.0.1")}), live);
  EXPECT_THAT(made.growth, IsEmpty());
  EXPECT_THAT(made.leaving, IsEmpty());
}

TEST_F(DynamicPlan, FinishesAServerThatWasOnlyHalfMade) {
  const auto name = dynamic_name(server("10.0.0.1"), rules_);
  const live_servers live{
      {name, {.address = "10.0.0.1", .port = 80, .weight = 1, .admin = 1, .check_configured = true}}};
  EXPECT_THAT(texts(plan(wanting({server("10.0.0.1")}), live)),
              ElementsAre("enable health web/" + name, "set server web/" + name + " state ready"));
}

TEST_F(DynamicPlan, NeverTouchesAServerOfAnotherName) {
  const live_servers live{{"static1", {.address = "10.0.0.9", .port = 80}}, {"drcon", {}}};
  EXPECT_THAT(plan(wanting({}), live).leaving, IsEmpty());
}

// "drcon-10.0.0.1:80" begins with "drcon-1" as well: its address says whose it is, and so no server is of two.
TEST_F(DynamicPlan, NeverTouchesAServerOfAPrefixThatBeginsWithItsOwnOrTheOtherWayRound) {
  auto backup = server("2001:db8::1");
  backup.backup = true;
  const std::vector<std::string> prefixes = {"d", "drcon-", "drcon-1", "drcon-2", "drcon-2001:", "drcon-1.1.1.1:80-"};
  for (const std::string options : {"", " check"})
    for (const auto& owner : prefixes)
      for (const auto& desired : {server("10.0.0.1"), server("110.0.0.1"), server("::1"), backup}) {
        rules_.server_options = options;
        rules_.prefix = owner;
        const live_servers live{{dynamic_name(desired, rules_), {.address = desired.address, .port = 80}}};
        for (const auto& other : prefixes) {
          SCOPED_TRACE(live.begin()->first + " and prefix " + other);
          rules_.prefix = other;
          EXPECT_EQ(plan(wanting({}), live).leaving.size(), other == owner ? 1U : 0U);
          EXPECT_EQ(any_in_use(live, rules_), other == owner);
        }
      }
}

TEST_F(DynamicPlan, LeavesOutAnEndpointWhoseNameAServerOfAnotherPrefixHas) {
  rules_.server_options.clear();
  const live_servers live{{"drcon-10.0.0.1:80", {.address = "10.0.0.1", .port = 80}}};
  rules_.prefix = "drcon-1";
  const auto made = plan(wanting({server("0.0.0.1")}), live);
  EXPECT_THAT(made.growth, IsEmpty());
  EXPECT_THAT(made.leaving, IsEmpty());
  EXPECT_THAT(made.names_of_others, ElementsAre("0.0.0.1:80"));
}

TEST_F(DynamicPlan, ReportsAServerThatGotAnotherAddressByHandAndIsNotDesired) {
  const auto name = dynamic_name(server("10.0.0.1"), rules_);
  const live_servers moved{{name, {.address = "10.0.0.9", .port = 80}}};
  const auto made = plan(wanting({}), moved);
  EXPECT_THAT(made.leaving, IsEmpty()) << "nothing says whose it is";
  EXPECT_THAT(made.moved, ElementsAre(name));
  EXPECT_THAT(plan(wanting({server("10.0.0.1")}), moved).moved, IsEmpty()) << "it gets its address back";
  EXPECT_THAT(plan(wanting({}), {{"drcon-static", {.address = "10.0.0.9", .port = 80}}}).moved, IsEmpty());
}

TEST_F(DynamicPlan, ReplacesAServerWhoseOptionsOrRoleChanged) {
  const auto before = dynamic_name(server("10.0.0.1"), rules_);
  auto backup = server("10.0.0.1");
  backup.backup = true;
  EXPECT_NE(dynamic_name(backup, rules_), before);
  rules_.server_options = " check inter 1s";
  EXPECT_NE(dynamic_name(server("10.0.0.1"), rules_), before);
  const auto made = plan(wanting({server("10.0.0.1")}), {{before, {.address = "10.0.0.1", .port = 80, .weight = 1}}});
  EXPECT_THAT(made.leaving, ElementsAre(before));
  EXPECT_FALSE(made.growth.empty());
}

TEST_F(DynamicPlan, LeavesAServerOutThatSomebodyTookOut) {
  const auto name = dynamic_name(server("10.0.0.1"), rules_);
  const live_servers live{
      {name,
       {.address = "10.0.0.1", .port = 80, .weight = 1, .admin = 1, .check_configured = true, .check_enabled = true}}};
  const auto made = plan(wanting({server("10.0.0.1")}), live, [](auto&&...) { return true; });
  EXPECT_THAT(made.growth, IsEmpty());
  EXPECT_THAT(made.by_hand, ElementsAre(name));
}

// So that a connection that breaks between two commands leaves nothing that looks as if somebody had done it by hand.
TEST_F(DynamicPlan, TakesTheWeightOfAServerFirstAndGivesItLast) {
  const auto name = dynamic_name(server("10.0.0.1"), rules_);
  auto away = server("10.0.0.1", 5);
  live_server now{.address = "10.0.0.1", .port = 80, .weight = 5, .check_configured = true, .check_enabled = true};
  for (const auto& [state, word] : {std::pair(server_state::maint, "maint"), std::pair(server_state::drain, "drain")}) {
    away.state = state;
    EXPECT_THAT(texts(plan(wanting({away}), {{name, now}})),
                ElementsAre("set server web/" + name + " weight 0", "set server web/" + name + " state " + word));
  }
  now.weight = 0;
  now.admin = 1;
  EXPECT_THAT(texts(plan(wanting({server("10.0.0.1", 5)}), {{name, now}})),
              ElementsAre("set server web/" + name + " state ready", "set server web/" + name + " weight 5"));
}

class SlotsPlan : public ::testing::Test {
protected:
  backend_plan plan(const desired_backend& desired) { return plan_backend("web", desired, live_, rules_, nobody); }
  static live_server free_slot(std::uint64_t since = 0) {
    return {.address = "127.0.0.1", .port = 1, .weight = 1, .admin = 5, .unchanged_seconds = since};
  }
  // The configured 'disabled' leaves bit 4 for ever.
  static live_server used_slot(const std::string& address) {
    return {.address = address, .port = 80, .weight = 1, .admin = 4};
  }
  plan_rules rules_{.mode = mode::slots, .prefix = "s", .backup_prefix = {}, .server_options = {}};
  live_servers live_{{"s1", free_slot()}, {"s2", free_slot(9)}, {"spare", {}}, {"s3", used_slot("10.0.0.3")}};
};

TEST_F(SlotsPlan, TakesTheSlotThatIsFreeForLongest) {
  const auto made = plan(wanting({server("10.0.0.1", 7), server("10.0.0.3")}));
  EXPECT_THAT(texts(made),
              ElementsAre("set server web/s2 weight 0", "set server web/s2 addr 10.0.0.1 port 80",
                          "set server web/s2 state ready", "set server web/s2 weight 7", "set server web/s1 weight 0"));
  EXPECT_THAT(made.leaving, IsEmpty());
  EXPECT_EQ(made.slots, 3U) << "'spare' is no slot";
}

TEST_F(SlotsPlan, FreesASlotThatIsNotDesired) { EXPECT_THAT(plan(wanting({})).leaving, ElementsAre("s3")); }

TEST_F(SlotsPlan, ReportsWhoFoundNoSlotAndGivesThemToThoseInServiceFirst) {
  auto sick = server("10.0.0.0");
  sick.state = server_state::maint;
  const auto made =
      plan(wanting({sick, server("10.0.0.1"), server("10.0.0.2"), server("10.0.0.3"), server("10.0.0.4")}));
  EXPECT_THAT(made.left_out, ElementsAre("10.0.0.4:80"));
  EXPECT_EQ(made.by_key.size(), 3U);
  EXPECT_FALSE(made.by_key.contains("10.0.0.0:80"));
}

TEST_F(SlotsPlan, HoldsBackupsBackWhileOthersServe) {
  auto backup = server("10.0.0.1");
  backup.backup = true;
  EXPECT_THAT(texts(plan(wanting({backup, server("10.0.0.3")}))), ::testing::Contains("set server web/s2 state drain"));
  EXPECT_THAT(texts(plan(wanting({backup}))), ::testing::Contains("set server web/s2 state ready"));
  rules_.backup_prefix = "b";
  live_.emplace("b1", free_slot());
  EXPECT_THAT(texts(plan(wanting({backup, server("10.0.0.3")}))), ::testing::Contains("set server web/b1 state ready"));
}

// "drcon11" is number 11 of "drcon", and number 1 of "drcon1".
TEST_F(SlotsPlan, KnowsWhichPrefixesWouldHaveSlotsOfItsOwn) {
  const live_servers live{{"s9", {}}, {"s10", {}}, {"s123", {}}, {"t11", {}}, {"sx11", {}}};
  EXPECT_THAT(prefixes_with_slots_of(live, rules_), ElementsAre("s1", "s12"));
  rules_.prefix = "s1";
  EXPECT_THAT(prefixes_with_slots_of(live, rules_), ElementsAre("s", "s12"));
  rules_.mode = mode::dynamic;
  EXPECT_THAT(prefixes_with_slots_of(live, rules_), IsEmpty());
}

TEST(LiveState, ReadsServersByTheNamesOfTheColumns) {
  live_state to;
  const auto why = read_state("# name\nweb\nempty\n",
                              "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight "
                              "srv_port srv_check_state srv_time_since_last_change later\n"
                              "3 web 1 a 10.0.0.1 2 4 7 8080 6 12 x\n3 web 2 b - 0 1 1 0 0 1 x\n",
                              to);
  ASSERT_EQ(why, "");
  EXPECT_THAT(to.backends, ElementsAre("empty", "web"));
  const auto& a = to.servers["web"].at("a");
  EXPECT_EQ(a.address, "10.0.0.1");
  EXPECT_EQ(a.port, 8080U);
  EXPECT_EQ(a.weight, 7U);
  EXPECT_FALSE(a.in_maintenance()) << "bit 4 tells nothing";
  EXPECT_TRUE(a.check_enabled);
  EXPECT_TRUE(to.servers["web"].at("b").in_maintenance());
}

TEST(LiveState, RefusesWhatItDoesNotKnow) {
  live_state to;
  EXPECT_NE(read_state("", "Permission denied\n", to), "");
  EXPECT_NE(read_state("", "2\n# be_name srv_name\n", to), "");
  EXPECT_NE(read_state("", "1\n# be_name srv_name\n", to), "");
  EXPECT_NE(read_state("", "", to), "");
}

}  // namespace
}  // namespace drcon::haproxy
