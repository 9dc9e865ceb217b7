// Backends that are made at run time, and the map that routes to them, with a HAProxy of the test's.
#include "haproxy/backends.hpp"

#include "support/plugin_harness.hpp"
#include "support/scripted_haproxy.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace drcon::test {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class HaproxyBackends : public ::testing::Test {
protected:
  using names = std::set<std::string>;
  static service with_endpoints(const std::string& name, std::uint32_t count = 1) {
    service made{.name = name, .revision = 1, .endpoints = {}};
    for (std::uint32_t i = 0; i < count; ++i)
      made.endpoints.push_back({.id = name + std::to_string(i),
                                .node = "n",
                                .address = "10.0.0.1",
                                .port = 8000 + i,
                                .tags = {},
                                .meta = {}});
    return made;
  }
  sink_harness& sink(const std::string& more = from + kept_map) {
    sink_.reset();
    sink_ = std::make_unique<sink_harness>(
        "haproxy", haproxy_.options() + "backend = \"be_{service}\"\nserver_options = \"\"\n" + more);
    sink_->start();
    return *sink_;
  }
  // The places of commands that begin so, among all that were to change something.
  std::vector<std::size_t> places_of(const std::string& start) const {
    std::vector<std::size_t> all;
    const auto changes = haproxy_.changes();
    for (std::size_t i = 0; i < changes.size(); ++i)
      if (changes[i].starts_with(start)) all.push_back(i);
    return all;
  }
  std::size_t place_of(const std::string& start) const {
    const auto all = places_of(start);
    EXPECT_EQ(all.size(), 1U) << start;
    return all.empty() ? 0 : all.front();
  }
  bool becomes(const names& backends) const {
    return wait_until([&] { return haproxy_.backends() == backends; });
  }

  static inline const std::string from = "backends_from = \"of-drcon\"\n";
  static inline const std::string kept_map = "map = \"/etc/hosts.map\"\n";
  scripted_haproxy haproxy_{"/etc/hosts.map", {"be_own"}};
  std::unique_ptr<sink_harness> sink_;
};

TEST_F(HaproxyBackends, AreMadeAndChosenOnlyOnceTheyHaveServers) {
  sink();
  ASSERT_EQ(sink_->apply({with_endpoints("web", 2)}).result, DRCON_OK);
  EXPECT_EQ(haproxy_.published(), (names{"be_own", "be_web"}));
  EXPECT_EQ(haproxy_.servers("be_web").size(), 2U);
  EXPECT_THAT(haproxy_.map(), UnorderedElementsAre(Pair("web", "be_web")));
  const auto last_server = places_of("set server be_web/").back();
  EXPECT_LT(place_of("add backend be_web from of-drcon guid drcon:"), places_of("add server be_web/").front());
  EXPECT_LT(last_server, place_of("publish backend be_web"));
  EXPECT_LT(place_of("publish backend be_web"), place_of("prepare map"));
  EXPECT_LT(place_of("add map @1 /etc/hosts.map web be_web"), place_of("commit map @1 /etc/hosts.map"));
  EXPECT_EQ(sink_->status().state, DRCON_STATE_OK) << sink_->status().text;
}

TEST_F(HaproxyBackends, CostNoCommandWhenNothingChanges) {
  sink();
  const auto web = with_endpoints("web");
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  const auto before = haproxy_.changes();
  ASSERT_EQ(sink_->apply({web}).result, DRCON_OK);
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_EQ(haproxy_.changes(), before);
}

TEST_F(HaproxyBackends, GoWithTheirServiceAndTheMapsEntryGoesFirst) {
  sink();
  ASSERT_EQ(sink_->apply({with_endpoints("api"), with_endpoints("web")}).result, DRCON_OK);
  ASSERT_EQ(sink_->apply({with_endpoints("api")}).result, DRCON_OK);
  EXPECT_TRUE(becomes({"be_api", "be_own"})) << sink_->status().text;
  EXPECT_THAT(haproxy_.map(), UnorderedElementsAre(Pair("api", "be_api")));
  const auto unpublished = place_of("unpublish backend be_web");
  EXPECT_LT(places_of("commit map").back(), unpublished);
  EXPECT_LT(unpublished, place_of("del server be_web/"));
  EXPECT_LT(place_of("del server be_web/"), place_of("del backend be_web"));
  EXPECT_EQ(sink_->status().state, DRCON_STATE_OK) << sink_->status().text;
  EXPECT_THAT(sink_->refused(), IsEmpty());
  // Made again as if it had never been there.
  ASSERT_EQ(sink_->apply({with_endpoints("api"), with_endpoints("web")}).result, DRCON_OK);
  EXPECT_EQ(haproxy_.published(), (names{"be_api", "be_own", "be_web"}));
}

// HAProxy would delete one of its configuration as willingly.
TEST_F(HaproxyBackends, OfTheConfigurationAreNeverDeleted) {
  sink(from + kept_map + "empty = \"remove\"\n");
  ASSERT_EQ(sink_->apply({with_endpoints("own"), with_endpoints("web")}).result, DRCON_OK);
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK);
  EXPECT_TRUE(becomes({"be_own"}));
  EXPECT_TRUE(wait_until([this] { return haproxy_.servers("be_own").empty(); }));
  EXPECT_THAT(haproxy_.changes(), Not(Contains(HasSubstr("backend be_own"))));
  EXPECT_THAT(haproxy_.map(), IsEmpty());
}

TEST_F(HaproxyBackends, OfOthersStayThoughNoServiceIsThere) {
  haproxy_.command("add backend be_hand from of-drcon guid drcon:0123456789abcdef:be_hand");
  auto other = std::make_unique<sink_harness>(
      "haproxy", haproxy_.options() + from + "backend = \"other_{service}\"\nprefix = \"other-\"\n");
  other->start();
  ASSERT_EQ(other->apply({with_endpoints("web")}).result, DRCON_OK);
  sink();
  ASSERT_EQ(sink_->apply({with_endpoints("web")}).result, DRCON_OK);
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK);
  EXPECT_TRUE(becomes({"be_hand", "be_own", "other_web"}));
}

TEST_F(HaproxyBackends, InWhichOthersHaveServersStayPublished) {
  sink();
  ASSERT_EQ(sink_->apply({with_endpoints("web")}).result, DRCON_OK);
  haproxy_.command("add server be_web/by-hand 10.0.0.9:80 weight 1");
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK);
  EXPECT_TRUE(wait_until([this] { return haproxy_.servers("be_web") == names{"by-hand"}; }));
  ASSERT_EQ(sink_->reconcile().result, DRCON_OK);
  EXPECT_EQ(haproxy_.published(), (names{"be_own", "be_web"}));
}

TEST_F(HaproxyBackends, OfServicesThatVanishedWhileDrconWasStoppedGoToo) {
  sink();
  ASSERT_EQ(sink_->apply({with_endpoints("api"), with_endpoints("web")}).result, DRCON_OK);
  sink();
  ASSERT_EQ(sink_->apply({with_endpoints("api")}).result, DRCON_OK);
  EXPECT_TRUE(becomes({"be_api", "be_own"}));
}

TEST_F(HaproxyBackends, AreMadeAgainWhenHaproxyHasForgottenThem) {
  sink();
  ASSERT_EQ(sink_->apply({with_endpoints("web")}).result, DRCON_OK);
  haproxy_.restart();
  EXPECT_TRUE(wait_until([this] { return haproxy_.map().contains("web"); })) << sink_->status().text;
  EXPECT_EQ(haproxy_.published(), (names{"be_own", "be_web"}));
  EXPECT_EQ(haproxy_.servers("be_web").size(), 1U);
}

TEST_F(HaproxyBackends, ThatAreRefusedHoldUpNoOtherAndAreTriedAgain) {
  haproxy_.refuse("add backend be_bad", "Error during backend creation : name is already used by other proxy");
  sink();
  const auto how = sink_->apply({with_endpoints("bad"), with_endpoints("web")});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_EQ(haproxy_.published(), (names{"be_own", "be_web"}));
  EXPECT_THAT(haproxy_.map(), UnorderedElementsAre(Pair("web", "be_web")));
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_THAT(sink_->status().text, HasSubstr("backend be_bad is not made: HAProxy refuses 'add backend be_bad"));
  ASSERT_EQ(sink_->refused().size(), 1U);
  EXPECT_EQ(sink_->refused()[0].service, "bad");
  // Another service goes on meanwhile, without that reason being forgotten.
  ASSERT_EQ(sink_->apply({with_endpoints("bad"), with_endpoints("web", 2)}).result, DRCON_OK);
  EXPECT_THAT(sink_->status().text, HasSubstr("backend be_bad is not made"));
  haproxy_.refuse("add backend be_bad", "");
  EXPECT_TRUE(wait_until([this] { return haproxy_.map().contains("bad"); })) << sink_->status().text;
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
}

TEST_F(HaproxyBackends, WhoseServersAreRefusedAreNotChosen) {
  haproxy_.refuse(
      "add server be_bad/",
      "Backend does not support dynamic servers : backend 'be_bad' uses a non dynamic load balancing method.");
  sink();
  ASSERT_EQ(sink_->apply({with_endpoints("bad"), with_endpoints("web")}).result, DRCON_OK);
  EXPECT_EQ(haproxy_.published(), (names{"be_own", "be_web"}));
  EXPECT_THAT(haproxy_.map(), UnorderedElementsAre(Pair("web", "be_web")));
  EXPECT_THAT(sink_->status().text, HasSubstr("mode = \"slots\""));
}

TEST_F(HaproxyBackends, WithoutTheirDefaultsSectionAreRetriedWithAReason) {
  sink("backends_from = \"nosuch\"\n");
  const auto how = sink_->apply({with_endpoints("web")});
  EXPECT_EQ(how.result, DRCON_RETRY);
  EXPECT_THAT(how.why, HasSubstr("Cannot find default proxy 'nosuch'.; HAProxy's configuration needs a section"));
}

TEST_F(HaproxyBackends, WaitForTheirLastStreamsAndComeBackMeanwhile) {
  haproxy_.refuse("del backend be_web", "Backend still has attached streams on it.");
  sink();
  ASSERT_EQ(sink_->apply({with_endpoints("web")}).result, DRCON_OK);
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK);
  ASSERT_TRUE(wait_until([this] { return places_of("del backend be_web").size() > 2; })) << "it is tried again";
  EXPECT_EQ(haproxy_.published(), names{"be_own"});
  ASSERT_EQ(sink_->apply({with_endpoints("web")}).result, DRCON_OK);
  EXPECT_EQ(haproxy_.published(), (names{"be_own", "be_web"}));
  EXPECT_THAT(haproxy_.map(), UnorderedElementsAre(Pair("web", "be_web")));
  haproxy_.refuse("del backend be_web", "");
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK);
  EXPECT_TRUE(becomes({"be_own"}));
}

TEST_F(HaproxyBackends, ThatHaproxyDoesNotDeleteAreNamedAndTriedAgain) {
  haproxy_.refuse("del backend be_web", "Cannot remove a backend with stick-table.");
  sink(from + "compare = \"50ms\"\n");
  ASSERT_EQ(sink_->apply({with_endpoints("web")}).result, DRCON_OK);
  ASSERT_EQ(sink_->apply({}).result, DRCON_OK);
  EXPECT_TRUE(wait_until([this] { return sink_->status().text.find("with stick-table") != std::string::npos; }))
      << sink_->status().text;
  haproxy_.refuse("del backend be_web", "");
  EXPECT_TRUE(becomes({"be_own"}));
  EXPECT_TRUE(wait_until([this] { return sink_->status().state == DRCON_STATE_OK; })) << sink_->status().text;
}

// A service that has lost its endpoints is still there: what `empty` says holds for it.
TEST_F(HaproxyBackends, KeepTheLastServersOfAServiceWithoutEndpoints) {
  sink();
  ASSERT_EQ(sink_->apply({with_endpoints("web")}).result, DRCON_OK);
  ASSERT_EQ(sink_->apply({with_endpoints("web", 0)}).result, DRCON_OK);
  EXPECT_EQ(haproxy_.servers("be_web").size(), 1U);
  EXPECT_EQ(haproxy_.published(), (names{"be_own", "be_web"}));
  EXPECT_THAT(haproxy_.map(), UnorderedElementsAre(Pair("web", "be_web")));
  EXPECT_THAT(places_of("set server be_web/").size(), 2U);
}

TEST_F(HaproxyBackends, AreToBeInTheConfigurationOfAnOlderHaproxyAsTheStatusSays) {
  haproxy_.be_version("3.2.26-1");
  sink();
  const auto how = sink_->apply({with_endpoints("own"), with_endpoints("web")});
  EXPECT_EQ(how.result, DRCON_OK) << how.why;
  EXPECT_EQ(haproxy_.servers("be_own").size(), 1U);
  EXPECT_THAT(haproxy_.map(), UnorderedElementsAre(Pair("own", "be_own")));
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
  EXPECT_THAT(sink_->status().text, HasSubstr("HAProxy 3.2.26-1 makes no backends at run time, 3.4 does"));
  EXPECT_THAT(sink_->status().text, HasSubstr("HAProxy's configuration has no backend be_web"));
  EXPECT_THAT(places_of("add backend"), IsEmpty());
}

TEST_F(HaproxyBackends, HaveNoEntryForANameThatWouldBeACommand) {
  sink(from + kept_map + "backends = [{ service = \"a b; del backend be_own\", backend = \"be_odd\" }]\n");
  ASSERT_EQ(sink_->apply({with_endpoints("a b; del backend be_own"), with_endpoints("web")}).result, DRCON_OK);
  EXPECT_THAT(haproxy_.map(), UnorderedElementsAre(Pair("web", "be_web")));
  EXPECT_EQ(haproxy_.backends(), (names{"be_odd", "be_own", "be_web"}));
  ASSERT_EQ(sink_->refused().size(), 1U);
  EXPECT_THAT(sink_->refused()[0].why, HasSubstr("cannot be a key of a map"));
}

TEST_F(HaproxyBackends, AreServedWhereHaproxyHasNoSuchMapAndTheStatusSaysSo) {
  sink(from + "map = \"/etc/other.map\"\ncompare = \"50ms\"\n");
  ASSERT_EQ(sink_->apply({with_endpoints("web")}).result, DRCON_OK);
  EXPECT_EQ(haproxy_.published(), (names{"be_own", "be_web"}));
  EXPECT_THAT(sink_->status().text, HasSubstr("HAProxy has no map /etc/other.map"));
  EXPECT_EQ(sink_->status().state, DRCON_STATE_DEGRADED);
}

TEST_F(HaproxyBackends, GetTheMapBackThatSomebodyHasChanged) {
  sink(from + kept_map + "compare = \"50ms\"\n");
  ASSERT_EQ(sink_->apply({with_endpoints("web")}).result, DRCON_OK);
  haproxy_.command("prepare map /etc/hosts.map");
  haproxy_.command("add map @2 /etc/hosts.map web be_own");
  haproxy_.command("commit map @2 /etc/hosts.map");
  EXPECT_TRUE(wait_until([this] { return haproxy_.map() == std::map<std::string, std::string>{{"web", "be_web"}}; }));
}

// Of two that swap in what they know, each would undo the other's work.
TEST_F(HaproxyBackends, HaveAMapThatOneSinkKeeps) {
  sink();
  ASSERT_EQ(sink_->apply({with_endpoints("web")}).result, DRCON_OK);
  sink_harness other("haproxy", haproxy_.options() + kept_map + "backend = \"be_own\"\nprefix = \"other-\"\n");
  other.start();
  ASSERT_EQ(other.apply({with_endpoints("own")}).result, DRCON_OK);
  EXPECT_THAT(other.status().text, HasSubstr("map /etc/hosts.map is not kept by this sink: its lock is held by pid"));
  EXPECT_THAT(haproxy_.map(), UnorderedElementsAre(Pair("web", "be_web")));
}

TEST_F(HaproxyBackends, AreForServersThatAreAdded) {
  EXPECT_THROW(sink("mode = \"slots\"\n" + from), std::exception);
  EXPECT_THROW(sink("map = \"/etc/hosts map\"\n"), std::exception);
  EXPECT_THROW(sink("backends_from = \"a b\"\n"), std::exception);
}

}  // namespace
}  // namespace drcon::test

namespace drcon::haproxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(HaproxyBackendAnswers, KnowTheBackendsWithTheSinksMark) {
  const auto mark = mark_of("edge\ndrcon-");
  EXPECT_NE(mark, mark_of("edge\nother-"));
  EXPECT_THAT(
      marked_backends("#fe guid,stot,\n" + mark + "frontend,0,\n\n#be guid,stot,\n" + mark + "be_web,0,\nmine," +
                          "0,\n" + mark_of("x") + "be_x,0,\n\n#srv guid,\n" + mark + "server,0,\n",
                      mark),
      ElementsAre("be_web"));
  EXPECT_THAT(marked_backends("Unknown command", mark), IsEmpty());
}

TEST(HaproxyBackendAnswers, KnowTheMap) {
  EXPECT_THAT(*read_map("0x55d0c1a2b3c0 web be_web\n0x55d0c1a2b3c1 api be_api\n0x55d0c1a2b3c2 api be_api\n"),
              ElementsAre(Pair("api", "be_api"), Pair("api", "be_api"), Pair("web", "be_web")));
  EXPECT_THAT(*read_map(""), IsEmpty());
  EXPECT_FALSE(read_map("Unknown map identifier. Please use #<id> or <file>.\n"));
  EXPECT_EQ(prepared_version("New version created: 12\n"), "12");
  EXPECT_EQ(prepared_version("Unknown map identifier. Please use #<id> or <file>.\n"), "");
}

TEST(HaproxyBackendAnswers, KnowWhichVersionMakesBackends) {
  EXPECT_TRUE(can_make_backends("3.4.7-1"));
  EXPECT_TRUE(can_make_backends("3.5-dev3"));
  EXPECT_TRUE(can_make_backends("4.0.0"));
  EXPECT_FALSE(can_make_backends("3.2.26-1"));
  EXPECT_FALSE(can_make_backends("2.10.0"));
  EXPECT_FALSE(can_make_backends(""));
}

}  // namespace
}  // namespace drcon::haproxy
