// What an operator reads of one endpoint: the first thing on its way that answers why it is, or is not, in rotation.
#include "report/explain.hpp"

#include "report/encode.hpp"
#include "unit/core/engine/engine_fixture.hpp"

namespace drcon::report {
namespace {

using namespace std::chrono_literals;
using engine::instance_of;
using engine::journal_entry;
using test::fake;
using test::service_of;

class Explain : public engine::Engine {
protected:
  void serve(int endpoints) {
    fake("s")->host.publish(test::service_of("web", endpoints));
    fake("s")->host.ready();
    ASSERT_TRUE(sees("t", static_cast<std::size_t>(endpoints)));
  }
  nlohmann::json explain(const std::string& asked) {
    return on_engine([&] { return encode(report::explain(*engine_, "p", asked, {})); })["matches"];
  }
  std::string verdict(const std::string& asked) {
    const auto matches = explain(asked);
    return matches.size() == 1 ? matches[0]["verdict"].get<std::string>() : std::to_string(matches.size()) + " matches";
  }
  bool settles() {
    return test::wait_until([this] { return on_engine([this] { return engine_->settled(); }); });
  }
};

TEST_F(Explain, FindsByIdAddressAndPlace) {
  start();
  serve(2);
  ASSERT_TRUE(settles());
  for (const auto* asked : {"web-2", "10.0.0.2", "10.0.0.2:80"}) {
    EXPECT_EQ(verdict(asked), "in rotation since revision 1") << asked;
    EXPECT_EQ(explain(asked)[0]["in_rotation"], true);
  }
  EXPECT_EQ(verdict("10.0.0.22"), "0 matches");
}

// Sources put the node in front of an id, which the registry's own tools do not have.
TEST_F(Explain, FindsByTheIdThatTheRegistryHas) {
  start();
  auto web = service_of("web", 1);
  web.endpoints[0].id = "node-1/web-a";
  fake("s")->host.publish(web);
  fake("s")->host.ready();
  ASSERT_TRUE(settles());
  EXPECT_EQ(explain("web-a").size(), 1U);
  EXPECT_EQ(explain("node-1/web-a").size(), 1U);
  EXPECT_EQ(explain("node-1").size(), 0U);
}

TEST_F(Explain, SaysWhenItWentAndThatNoSourceListsIt) {
  start();
  serve(3);
  fake("s")->host.publish(service_of("web", 2));
  ASSERT_TRUE(sees("t", 2));
  ASSERT_TRUE(settles());
  const auto gone = explain("web-3").at(0);
  EXPECT_EQ(gone["verdict"],
            "not in rotation: no source lists it: its registry has it no more, or an option of the source leaves it "
            "out, such as one for its health or tags");
  EXPECT_GT(gone["decided"]["gone_at"], 0);
  EXPECT_EQ(gone["decided"]["since_revision"], 2);
  EXPECT_EQ(gone["sources"][0]["says"], "absent");
  EXPECT_GT(gone["sources"][0]["told"], 0);
  EXPECT_EQ(gone["journal"].back()["endpoints"][0]["change"], "removed");
}

TEST_F(Explain, TellsEndpointsOfOneIdAtTwoPlacesApart) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["p"].sources = {"s", "s2"};
  start();
  auto other = service_of("web", 1);
  other.endpoints[0].address = "10.9.9.9";
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  fake("s2")->host.publish(other);
  fake("s2")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  ASSERT_TRUE(settles());
  ASSERT_EQ(explain("web-1").size(), 2U);
  for (const auto& each : explain("web-1")) EXPECT_EQ(each["in_rotation"], true) << each.dump(1);
  EXPECT_EQ(verdict("10.9.9.9:80"), "in rotation since revision 1");
  const auto second = explain("10.9.9.9:80")[0];
  EXPECT_EQ(second["sources"][0]["says"], "absent") << "s has this id at another place";
  EXPECT_EQ(second["sources"][1]["says"], "present");
}

TEST_F(Explain, NamesTheConditionThatLeavesItOut) {
  config_.pipelines["p"].filter.tags = {"v2"};
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(test::wait_until([this] { return !explain("web-1").empty(); }));
  ASSERT_TRUE(test::wait_until([this] { return explain("web-1")[0]["decided"]["revision"] == 1; }));
  EXPECT_EQ(verdict("web-1"), "not in rotation: left out: filter.tags requires v2; it has none");
}

TEST_F(Explain, SaysThatTheBrakeKeepsWhatItsSourceLacks) {
  start();
  serve(4);
  fake("s")->host.publish(service_of("web", 1));
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::held).empty(); }));
  const auto kept = explain("web-4").at(0);
  EXPECT_EQ(kept["in_rotation"], true);
  EXPECT_EQ(kept["sources"][0]["says"], "absent");
  EXPECT_THAT(kept["verdict"].get<std::string>(), ::testing::HasSubstr("the brake holds an update: 3 of 4"));
}

TEST_F(Explain, SaysThatAPauseKeepsItOut) {
  start();
  serve(1);
  ASSERT_EQ(pause("lunch"), "");
  fake("s")->host.publish(service_of("web", 2));
  ASSERT_TRUE(test::wait_until([this] { return on_engine([this] { return engine_->find("p")->pending(); }); }));
  EXPECT_EQ(verdict("web-2"), "not in rotation: the pipeline is paused: lunch");
}

TEST_F(Explain, SaysWhatTheSinkAnswered) {
  start();
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answer = retry("nobody listens");
  }
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::away).empty(); }));
  EXPECT_EQ(verdict("web-1"), "not in rotation at sink t (not applied, retrying): nobody listens");
}

TEST_F(Explain, SaysWhichOtherServicesHaveTheAddress) {
  start();
  for (const auto* each : {"web", "api"}) fake("s")->host.publish(service_of(each, 1));
  fake("s")->host.ready();
  ASSERT_TRUE(settles());
  EXPECT_EQ(explain("web-1")[0]["also_of"], nlohmann::json::array({"api"}));
}

TEST_F(Explain, SaysThatMoreIsMeantThanItShows) {
  start();
  for (int i = 0; i < 21; ++i) fake("s")->host.publish(service_of("web-" + std::to_string(i), 1));
  fake("s")->host.ready();
  ASSERT_TRUE(settles());
  const auto all = [this](const std::string& asked) {
    return on_engine([&] { return encode(report::explain(*engine_, "p", asked, {})); });
  };
  EXPECT_EQ(all("10.0.0.1")["matches"].size(), 20U);
  EXPECT_EQ(all("10.0.0.1")["more"], true);
  EXPECT_EQ(all("web-1-1")["more"], false);
}

TEST_F(Explain, SaysWhatASourceMayNotSay) {
  start();
  auto hostile = service_of("web", 2);
  hostile.endpoints[1].address = "1.2.3.4;\n}";
  fake("s")->host.publish(hostile);
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 1));
  EXPECT_THAT(verdict("web-2"),
              ::testing::StartsWith("not in rotation: left out: what source s says of it cannot be used"));
}

// A container that publishes no port, for example: nothing is wrong, but somebody will ask why it is not there.
TEST_F(Explain, SaysWhatASourceLeavesOutByItselfAndForHowLong) {
  start();
  serve(1);
  ASSERT_TRUE(settles());
  fake("s")->host.refused("web", "box", "it has no port");
  fake("s")->host.refused("web", "box", "its port is not published");
  EXPECT_EQ(verdict("box"), "not in rotation: left out: source s does not publish it: its port is not published");
  EXPECT_EQ(explain("box")[0]["sources"][0]["says"], "left out");
  EXPECT_TRUE(on_engine([this] { return engine_->sources().at("s")->instance().refusals(); }).empty())
      << "it is no warning";
  fake("s")->host.publish(service_of("web", 2));
  ASSERT_TRUE(sees("t", 2));
  EXPECT_EQ(explain("box").size(), 1U) << "a publish does not end it";
  fake("s")->host.refused("web", "box", {});
  EXPECT_EQ(verdict("box"), "0 matches");
}

TEST_F(Explain, FindsOneThatIsLeftOutWithoutItsNode) {
  start();
  serve(1);
  ASSERT_TRUE(settles());
  fake("s")->host.refused("web", "n1/web-9", "it is critical");
  for (const auto* name : {"n1/web-9", "web-9"})
    EXPECT_EQ(verdict(name), "not in rotation: left out: source s does not publish it: it is critical") << name;
  EXPECT_EQ(verdict("9"), "0 matches");
}

TEST_F(Explain, AnUnhealthyOneIsKnownAndNotInRotation) {
  start();
  auto sick = service_of("web", 2);
  sick.endpoints[1].health = health::critical;
  fake("s")->host.publish(sick);
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  ASSERT_TRUE(settles());
  EXPECT_EQ(verdict("web-2"), "not in rotation: its health is critical");
}

TEST_F(Explain, SaysWhoseWordCounts) {
  config_.sources["other"] = instance_of("other", "fake-source");
  config_.pipelines["p"].sources = {"s", "other"};
  config_.pipelines["p"].merge = {.policy = config::merge_policy::prefer, .grace = 0s};
  start();
  ASSERT_TRUE(fake("other")->wait([] { return fake("other")->started.load(); }));
  serve(1);
  auto more = service_of("web", 3);
  fake("other")->host.publish(more);
  fake("other")->host.ready();
  ASSERT_TRUE(test::wait_until([this] { return !explain("web-3").empty(); }));
  EXPECT_EQ(verdict("web-3"), "not in rotation: merge = \"prefer\": source s is used, source other is not");
}

TEST_F(Explain, SaysDuringAPauseWhatTheBrakeWouldHold) {
  start();
  serve(4);
  ASSERT_TRUE(settles());
  ASSERT_EQ(pause("lunch"), "");
  fake("s")->host.publish(service_of("web", 1));
  ASSERT_TRUE(test::wait_until([this] { return !explain("web-4")[0]["brake"].get<std::string>().empty(); }));
  EXPECT_EQ(
      verdict("web-4"),
      "in rotation since revision 1, though no source lists it any more; the brake would hold an update if the "
      "pipeline was resumed: service web: 3 of 4 endpoints in service would be removed (75%; max_removed is 50%); "
      "the pipeline is paused: lunch");
}

}  // namespace
}  // namespace drcon::report
