// What reaches a sink while the brake holds, and what ends a hold.
#include "engine/state_file.hpp"
#include "engine_fixture.hpp"
#include "log/log.hpp"
#include "model/snapshot.hpp"
#include "report/status.hpp"

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace drcon::engine {
namespace {

class Holds : public Engine {
protected:
  void serve(const std::map<std::string, int>& services) {
    std::size_t all = 0;
    for (const auto& [name, endpoints] : services) all += static_cast<std::size_t>(endpoints);
    serve_all(services, all);
  }
  // `all`: with what other sources have.
  void serve_all(const std::map<std::string, int>& services, std::size_t all) {
    for (const auto& [name, endpoints] : services) fake("s")->host.publish(service_of(name, endpoints));
    fake("s")->host.ready();
    ASSERT_TRUE(sees("t", all));
  }
  pipeline& p() { return *engine_->find("p"); }
  held_update held() {
    return on_engine([this] { return p().held_back(); });
  }
  bool holds(const std::vector<std::string>& services) {
    return test::wait_until([&] { return held().services == services; });
  }
  // The same service with other endpoints at other places.
  static service other_service_of(const std::string& name, int endpoints) {
    auto other = service_of(name, endpoints);
    for (auto& each : other.endpoints) {
      each.id += "-new";
      each.port = 81;
    }
    return other;
  }
  // Endpoints of a service in what the sink was given last.
  static std::size_t count(const std::string& name) {
    const std::lock_guard lock(fake("t")->mutex);
    for (const auto& each : fake("t")->last)
      if (each.name == name) return each.endpoints.size();
    return 0;
  }
};

TEST_F(Holds, AServiceIsHeldForItselfAndTheOthersGoOn) {
  start();
  serve({{"big", 20}, {"web", 4}});
  fake("s")->host.withdraw("web");
  ASSERT_TRUE(holds({"web"}));
  fake("s")->host.publish(service_of("big", 19));
  ASSERT_TRUE(sees("t", 23)) << "an endpoint of another service goes";
  EXPECT_EQ(count("web"), 4U);
  EXPECT_EQ(on_engine([this] { return p().held("web"); }),
            "4 of 4 endpoints in service would be removed (100%; max_removed is 50%)");
  EXPECT_EQ(on_engine([this] { return p().held("big"); }), "");
  // Whoever reads the journal need not ask for the status: what is served, what happens by itself and when, what helps.
  EXPECT_THAT(
      journal(journal_entry::kind::held),
      ::testing::ElementsAre(::testing::ContainsRegex(
          "^service web: 4 of 4 [^;]*; max_removed is 50%\\); served meanwhile: all 4; applied automatically at "
          "[^;]*[0-9:]+ [A-Z0-9+-]+ unless endpoints return; apply now: drcon release-brake p$")));
  EXPECT_TRUE(shows("drcon_brake_held_services{pipeline=\"p\"} 1"));
  // The sink may still be at work on the endpoint that went.
  std::vector<std::string> lines;
  EXPECT_TRUE(test::wait_until([&] {
    lines = on_engine([this] { return report::unsettled(*engine_); });
    return lines.size() == 1;
  }));
  EXPECT_THAT(lines, ::testing::ElementsAre("pipeline p is held by its brake: service web: 4 of 4 endpoints in service "
                                            "would be removed (100%; max_removed is 50%)"));
}

// A registry that has lost its data is filled again while drcon is restarted: what is back in part by then is not all
// that there is.
TEST_F(Holds, WhatIsBackInPartStaysHeldThroughARestart) {
  start();
  serve({{"a", 4}, {"b", 4}, {"c", 4}, {"d", 4}});
  for (const auto* each : {"a", "b", "c", "d"}) fake("s")->host.withdraw(each);
  ASSERT_TRUE(holds({"a", "b", "c", "d"}));
  fake("s")->host.publish(service_of("a", 2));
  ASSERT_TRUE(test::wait_until([this] { return held().counts.removed == 14; }));
  ASSERT_TRUE(restart());
  fake("s")->host.publish(service_of("a", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(holds({"a", "b", "c", "d"}));
  ASSERT_TRUE(sees("t", 16));
  fake("s")->host.publish(service_of("a", 4));
  ASSERT_TRUE(holds({"b", "c", "d"})) << "as many are back as were served";
  EXPECT_EQ(count("a"), 4U);
}

// Two datacentres with the same node names, of which one registry answers that it has nothing: its ids move to the
// endpoints of the other.
TEST_F(Holds, EndpointsStayWhoseIdsMoveToThoseOfAnotherSource) {
  config_.sources["r"] = instance_of("r", "fake-source");
  config_.pipelines["p"].sources = {"s", "r"};
  start();
  auto others = service_of("web", 2);
  for (auto& each : others.endpoints) each.address.replace(0, 4, "10.1");
  fake("r")->host.publish(others);
  fake("r")->host.ready();
  serve_all({{"web", 3}}, 5);
  fake("s")->host.withdraw("web");
  ASSERT_TRUE(holds({"web"}));
  on_engine([this] {
    std::set<std::string> places;
    for (const auto each : p().current().snapshot->find("web")->endpoints()) places.emplace(each.address());
    EXPECT_THAT(places, ::testing::ElementsAre("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.1.0.1", "10.1.0.2"));
    std::map<std::string, std::string> address_of;
    for (const auto each : p().current().snapshot->find("web")->endpoints())
      address_of.emplace(each.id(), each.address());
    std::set<std::string> kept;
    for (const auto& each : report::detail_of(*engine_, "p").kept) kept.insert(address_of.at(each.id));
    EXPECT_THAT(kept, ::testing::ElementsAre("10.0.0.1", "10.0.0.2", "10.0.0.3"))
        << "the status says of just these that no source has them";
    return true;
  });
  settle();
  EXPECT_EQ(fake("t")->applies, 1) << "nothing has changed at the target";
}

// Whoever upgrades drcon while a loss is held does not wait for the whole of the hold once more.
TEST_F(Holds, TheTimeThatAHoldHasLastedCountsAfterARestart) {
  start();
  serve({{"web", 4}});
  fake("s")->host.withdraw("web");
  ASSERT_TRUE(holds({"web"}));
  ASSERT_TRUE(stop());
  const auto file = state_.path() / "p.state";
  auto kept = parse_state(test::read_file(file));
  ASSERT_TRUE(kept) << kept.error().why;
  ASSERT_EQ(kept->brake.holds.size(), 1U);
  EXPECT_GT(kept->brake.holds[0].seen, 0ns) << "a stop in order keeps how long the loss was seen";
  kept->brake.holds[0].seen = 4min;
  test::write_file(file, serialise(*kept->snapshot, kept->asked, kept->brake));
  test::forget_fakes();
  start();
  fake("s")->host.ready();
  ASSERT_TRUE(holds({"web"}));
  EXPECT_LT(held().until, std::chrono::system_clock::now() + 2min) << "one minute of five was left";
  EXPECT_TRUE(sees("t", 4));
}

TEST_F(Holds, LossesBeforeARestartAreAddedUpWithThoseAfterIt) {
  start();
  serve({{"web", 10}});
  fake("s")->host.publish(service_of("web", 6));
  ASSERT_TRUE(sees("t", 6));
  ASSERT_TRUE(restart());
  fake("s")->host.publish(service_of("web", 3));
  fake("s")->host.ready();
  ASSERT_TRUE(holds({"web"}));
  EXPECT_THAT(held().why,
              ::testing::HasSubstr("3 of 6 endpoints in service would be removed (7 of 10 within 30s: 70%"));
  EXPECT_TRUE(sees("t", 6));
}

TEST_F(Holds, AnAdditionToAHeldServicePassesAndItsRemovalsWaitUntilAllIsBack) {
  start();
  serve({{"web", 4}});
  fake("s")->host.publish(service_of("web", 0));
  ASSERT_TRUE(holds({"web"}));
  fake("s")->host.publish(other_service_of("web", 2));
  ASSERT_TRUE(sees("t", 6)) << "two are new, and the four wait: half of what was missing is not all of it";
  EXPECT_EQ(held().services, std::vector<std::string>{"web"});
  fake("s")->host.publish(other_service_of("web", 4));
  ASSERT_TRUE(sees("t", 4)) << "as many are in service as before: a deployment";
  EXPECT_TRUE(is_settled());
  EXPECT_EQ(journal(journal_entry::kind::released), std::vector<std::string>{"the endpoints returned"});
}

TEST_F(Holds, ARegistryThatIsFilledAgainTakesNothingOutMeanwhile) {
  start();
  serve({{"a", 4}, {"b", 4}, {"c", 4}, {"d", 4}});
  for (const auto* each : {"a", "b", "c", "d"}) fake("s")->host.withdraw(each);
  ASSERT_TRUE(holds({"a", "b", "c", "d"}));
  for (const auto* each : {"a", "b"}) fake("s")->host.publish(service_of(each, 4));
  ASSERT_TRUE(holds({"c", "d"}));
  for (const auto* each : {"c", "d"}) fake("s")->host.publish(service_of(each, 4));
  ASSERT_TRUE(holds({}));
  EXPECT_TRUE(is_settled());
  EXPECT_EQ(fake("t")->applies, 1) << "nothing was ever missing at the target";
}

TEST_F(Holds, ADeploymentThatReplacesAllEndpointsPassesAtOnce) {
  start();
  serve({{"web", 4}});
  auto green = service_of("web", 4);
  for (auto& each : green.endpoints) {
    each.id += "-green";
    each.port = 81;
  }
  fake("s")->host.publish(green);
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->applies == 2; }));
  EXPECT_EQ(count("web"), 4U);
  EXPECT_TRUE(journal(journal_entry::kind::held).empty());
}

TEST_F(Holds, AReleaseIsForWhatWasHeldAndVoidForAnythingElse) {
  config_.pipelines["p"].wait = {.min = 500ms, .max = 1min};
  start();
  serve({{"web", 4}});
  fake("s")->host.publish(service_of("web", 1));
  ASSERT_TRUE(holds({"web"}));
  // The next change follows closely, so that it waits for the pace when the operator releases what was held before.
  fake("s")->host.publish(service_of("db", 0));
  settle();
  const auto number = held().number;
  fake("s")->host.publish(service_of("web", 0));
  settle();
  EXPECT_FALSE(on_engine([this] { return p().release_brake().has_value(); }));
  ASSERT_TRUE(test::wait_until([&] { return held().number != number; }));
  EXPECT_EQ(count("web"), 4U);
  const auto refused = on_engine([&] { return p().release_brake({}, number); });
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().why.find("holds something else by now"), std::string::npos) << refused.error().why;
  EXPECT_TRUE(on_engine([this] { return p().release_brake({}, p().held_back().number).has_value(); }));
  EXPECT_TRUE(sees("t", 0));
}

TEST_F(Holds, AReleaseOfOneServiceLeavesTheOthersHeld) {
  start();
  serve({{"a", 2}, {"b", 2}});
  for (const auto* each : {"a", "b"}) fake("s")->host.withdraw(each);
  ASSERT_TRUE(holds({"a", "b"}));
  EXPECT_FALSE(on_engine([this] { return p().release_brake("other").has_value(); }));
  EXPECT_TRUE(on_engine([this] { return p().release_brake("a").has_value(); }));
  ASSERT_TRUE(sees("t", 2));
  EXPECT_EQ(held().services, std::vector<std::string>{"b"});
}

TEST_F(Holds, ALossThatLastsPassesWithItsReason) {
  config_.pipelines["p"].brake.hold = 100ms;
  start();
  serve({{"web", 4}, {"db", 1}});
  fake("s")->host.withdraw("web");
  ASSERT_TRUE(sees("t", 1));
  EXPECT_TRUE(is_settled());
  EXPECT_THAT(journal(journal_entry::kind::decided).back(), ::testing::HasSubstr("it lasted for 100ms"));
}

TEST_F(Holds, TheAnswersAfterAnOutageCountAllAtOnce) {
  start();
  serve({{"a", 4}, {"b", 4}, {"c", 4}, {"d", 40}});
  fake("s")->host.unknown({}, "the registry is away");
  settle();
  for (const auto* each : {"a", "b", "c"}) {
    fake("s")->host.withdraw(each);
    settle();
  }
  fake("s")->host.publish(service_of("d", 41));
  settle();
  EXPECT_EQ(fake("t")->applies, 1) << "nothing counts while it cannot report all of it";
  fake("s")->host.ready();
  ASSERT_TRUE(holds({"a", "b", "c"}));
  ASSERT_TRUE(sees("t", 53));
  EXPECT_EQ(journal(journal_entry::kind::held).size(), 1U) << "one loss, seen as one";
}

// A registry that lost its data, and is being filled again: b has half of its endpoints so far, and is within the
// limits.
TEST_F(Holds, AfterAnOutageAServiceThatIsBackByHalfWaitsWithThoseThatAreNotBack) {
  start();
  serve({{"a", 4}, {"b", 4}, {"c", 4}});
  fake("s")->host.unknown({}, "the registry is away");
  settle();
  for (const auto* each : {"a", "c"}) fake("s")->host.withdraw(each);
  fake("s")->host.publish(service_of("b", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(holds({"a", "b", "c"}));
  fake("s")->host.publish(service_of("a", 4));
  settle();
  fake("s")->host.publish(service_of("b", 4));
  fake("s")->host.publish(service_of("c", 4));
  ASSERT_TRUE(holds({}));
  EXPECT_TRUE(is_settled());
  EXPECT_EQ(fake("t")->applies, 1) << "nothing was ever taken out";
}

TEST_F(Holds, AfterAnOutageTheServicesThatWereUnknownAreWaitedFor) {
  start();
  serve({{"a", 4}, {"b", 4}});
  for (const auto* each : {"a", "b"}) fake("s")->host.unknown(each, "refused");
  fake("s")->host.unknown({}, "the registry is away");
  settle();
  fake("s")->host.publish(service_of("a", 5));
  fake("s")->host.ready();
  settle();
  EXPECT_EQ(fake("t")->applies, 1) << "b has not been reported again";
  fake("s")->host.publish(service_of("b", 5));
  ASSERT_TRUE(sees("t", 10));
  EXPECT_EQ(fake("t")->applies, 2);
}

TEST_F(Holds, AfterAnOutageAServiceThatStaysUnknownHoldsUpTheOthersForALimitedTime) {
  const auto before = std::exchange(source_state::patience_after_outage, 100ms);
  start();
  serve({{"a", 4}, {"b", 4}});
  fake("s")->host.unknown("b", "refused");
  fake("s")->host.unknown({}, "the registry is away");
  settle();
  fake("s")->host.publish(service_of("a", 5));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 9));
  source_state::patience_after_outage = before;
}

TEST_F(Holds, AnOutageThatChangedNothingIsForgotten) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["p"].sources = {"s", "s2"};
  config_.pipelines["p"].brake.per_service = false;
  start();
  fake("s2")->host.publish(service_of("big", 20));
  fake("s2")->host.ready();
  serve_all({{"a", 4}}, 24);
  fake("s")->host.unknown({}, "the registry is away");
  const auto is_known = [this] { return on_engine([this] { return engine_->sources().at("s")->known(); }); };
  ASSERT_TRUE(test::wait_until([&] { return !is_known(); }));
  fake("s")->host.publish(service_of("a", 4));
  fake("s")->host.ready();
  ASSERT_TRUE(test::wait_until(is_known));
  fake("s")->host.withdraw("a");
  EXPECT_TRUE(sees("t", 20)) << "the pipeline loses little, and the outage is over";
  EXPECT_TRUE(journal(journal_entry::kind::held).empty());
}

TEST_F(Holds, AtAStartTheHeldStateIsServedAtOnceAndSaysWhy) {
  start();
  serve({{"web", 4}});
  ASSERT_TRUE(restart());
  fake("s")->host.publish(service_of("web", 0));
  fake("s")->host.publish(service_of("db", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 5)) << "what was served before, and what is new";
  EXPECT_EQ(held().services, std::vector<std::string>{"web"});
  EXPECT_THAT(on_engine([this] { return p().current().why; }), ::testing::StrEq("s"));
}

TEST_F(Holds, AStateThatCannotBeReadHoldsTheFirstChangeAsALossOfUnknownSize) {
  std::ofstream(state_.path() / "p.state") << "damaged";
  start();
  fake("s")->host.publish(service_of("web", 4));
  fake("s")->host.ready();
  ASSERT_TRUE(holds({"web"}));
  EXPECT_THAT(held().why, ::testing::AllOf(::testing::HasSubstr("nobody knows what would go"),
                                           ::testing::HasSubstr("p.state is not used")));
  settle();
  EXPECT_EQ(fake("t")->applies, 0) << "the target has what nobody knows";
  EXPECT_TRUE(on_engine([this] { return p().release_brake().has_value(); }));
  EXPECT_TRUE(sees("t", 4));
  EXPECT_TRUE(is_settled());
}

// As a crash right behind a change leaves it: the targets have something later, and only a loss is measured from it.
TEST_F(Holds, AStateThatIsOlderThanWhatTargetsHaveHoldsALossAndNothingElse) {
  const auto web = std::make_shared<const model::shared_service>(service_of("web", 4));
  std::ofstream(state_.path() / "p.state.outdated") << serialise(model::snapshot(7, {web}));
  start();
  fake("s")->host.publish(service_of("web", 5));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 5)) << "nothing is lost";
  EXPECT_EQ(held().why, "");
}

TEST_F(Holds, ALossIsMeasuredFromAStateThatIsOlderThanWhatTargetsHave) {
  const auto web = std::make_shared<const model::shared_service>(service_of("web", 8));
  std::ofstream(state_.path() / "p.state.outdated") << serialise(model::snapshot(7, {web}));
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(holds({"web"}));
  settle();
  EXPECT_EQ(fake("t")->applies, 0) << "what is on disk is older than what the target has";
}

// What is served is not known: whoever releases one service has not judged what goes with the rest.
TEST_F(Holds, OneServiceOfAFirstCandidateIsNotReleasedForAll) {
  std::ofstream(state_.path() / "p.state") << "damaged";
  start();
  fake("s")->host.publish(service_of("web", 4));
  fake("s")->host.publish(service_of("db", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(holds({"db", "web"}));
  const auto refused = on_engine([this] { return p().release_brake("web"); });
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().why, ::testing::HasSubstr("release all of it"));
  settle();
  EXPECT_EQ(fake("t")->applies, 0);
  EXPECT_EQ(held().services, (std::vector<std::string>{"db", "web"}));
}

TEST_F(Holds, AReleaseOfAFirstCandidateIsVoidForAnother) {
  std::ofstream(state_.path() / "p.state") << "damaged";
  config_.pipelines["p"].wait = {.min = 500ms, .max = 1min};
  start();
  fake("s")->host.publish(service_of("web", 4));
  fake("s")->host.publish(service_of("db", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(holds({"db", "web"}));
  fake("s")->host.publish(service_of("web", 0));  // waits for the pace
  settle();
  EXPECT_FALSE(on_engine([this] { return p().release_brake().has_value(); }));
  settle();
  EXPECT_EQ(fake("t")->applies, 0);
  EXPECT_TRUE(on_engine([this] { return p().release_brake().has_value(); })) << "of what is held by now";
  EXPECT_TRUE(sees("t", 2));
}

TEST_F(Holds, AFirstCandidateWithoutServicesIsReleasedToo) {
  std::ofstream(state_.path() / "p.state") << "damaged";
  start();
  fake("s")->host.ready();
  ASSERT_TRUE(test::wait_until([this] { return !held().why.empty(); }));
  settle();
  EXPECT_EQ(fake("t")->applies, 0);
  EXPECT_TRUE(on_engine([this] { return p().release_brake().has_value(); }));
  EXPECT_TRUE(sees("t", 0));
}

// Measured from an earlier state, nothing is served before all that is missing was judged.
TEST_F(Holds, OneServiceIsNotReleasedWhileNothingOfTheCandidateMayBeServed) {
  std::ofstream(state_.path() / "p.state.1")
      << serialise(model::snapshot(3, {std::make_shared<const model::shared_service>(service_of("a", 4)),
                                       std::make_shared<const model::shared_service>(service_of("b", 4))}));
  std::ofstream(state_.path() / "p.state") << "damaged";
  start();
  fake("s")->host.publish(service_of("c", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(holds({"a", "b"}));
  EXPECT_FALSE(on_engine([this] { return p().release_brake("a").has_value(); }));
  EXPECT_EQ(held().services, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(fake("t")->applies, 0);
  EXPECT_TRUE(on_engine([this] { return p().release_brake().has_value(); }));
  EXPECT_TRUE(sees("t", 1));
}

TEST_F(Holds, AnEarlierStateIsMeasuredFromWhenTheLastOneCannotBeReadButNeverServed) {
  start();
  serve({{"web", 4}});
  // Saves that come faster than they are written are folded, and the first would be no generation of its own.
  ASSERT_TRUE(test::wait_until([&] { return std::filesystem::exists(state_.path() / "p.state"); }));
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(sees("t", 3));
  ASSERT_TRUE(stop());
  ASSERT_TRUE(std::filesystem::exists(state_.path() / "p.state.1"));
  std::ofstream(state_.path() / "p.state") << "damaged";
  test::forget_fakes();
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(holds({"web"}));
  settle();
  EXPECT_EQ(fake("t")->applies, 0);
  fake("s")->host.publish(service_of("web", 4));
  EXPECT_TRUE(sees("t", 4)) << "nothing is lost, whatever the last state was";
  EXPECT_TRUE(is_settled());
}

TEST_F(Holds, AReloadKeepsWhatIsHeldAndItsTime) {
  start();
  serve({{"web", 4}});
  fake("s")->host.withdraw("web");
  ASSERT_TRUE(holds({"web"}));
  const auto until = held().until;
  config_.pipelines["p"].wait.max = 77ms;
  ASSERT_TRUE(apply()) << faults_;
  ASSERT_TRUE(holds({"web"}));
  EXPECT_LT(std::chrono::abs(held().until - until), 1s) << "of the five minutes that it is held";
  EXPECT_TRUE(sees("t", 4));
}

TEST_F(Holds, AHoldThatEndsAfterAReloadDoesNotStayOnDisk) {
  start();
  serve({{"web", 4}});
  fake("s")->host.withdraw("web");
  ASSERT_TRUE(holds({"web"}));
  config_.pipelines["p"].wait.max = 77ms;
  ASSERT_TRUE(apply()) << faults_;
  ASSERT_TRUE(holds({"web"}));
  fake("s")->host.publish(service_of("web", 4));
  ASSERT_TRUE(holds({}));
  ASSERT_TRUE(stop());
  EXPECT_THAT(state_store(state_.path()).load("p").brake.holds, ::testing::IsEmpty())
      << "a restart would hold what has returned";
}

// Whoever lost the registry sees no endpoint come back.
TEST_F(Holds, TheTimeInWhichTheSourceIsAwayDoesNotCount) {
  config_.pipelines["p"].brake.hold = 2s;
  start();
  serve({{"web", 4}});
  fake("s")->host.withdraw("web");
  ASSERT_TRUE(holds({"web"}));
  fake("s")->host.unknown({}, "the registry is away");
  ASSERT_TRUE(
      test::wait_until([this] { return held().why.find("when the sources can be reached") != std::string::npos; }));
  const auto first = held().holds.at(0).since;
  ASSERT_TRUE(test::wait_until([&] { return held().holds.at(0).since > first + 1s; }))
      << "it begins again and again while nobody sees it";
  EXPECT_EQ(count("web"), 4U);
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 0)) << "the registry is back, and the loss has lasted";
  EXPECT_THAT(journal(journal_entry::kind::decided).back(), ::testing::HasSubstr("it lasted for 2s"));
}

TEST_F(Holds, TheTimeInWhichOneServiceIsUnknownDoesNotCountForIt) {
  config_.pipelines["p"].brake.hold = 2s;
  start();
  serve({{"web", 4}, {"db", 4}});
  fake("s")->host.publish(service_of("web", 1));
  ASSERT_TRUE(holds({"web"}));
  fake("s")->host.unknown("web", "permission denied");
  ASSERT_TRUE(
      test::wait_until([this] { return held().why.find("when the sources can be reached") != std::string::npos; }));
  fake("s")->host.withdraw("db");
  ASSERT_TRUE(test::wait_until([] { return count("db") == 0; })) << "that one was seen all the time";
  EXPECT_EQ(count("web"), 4U);
  fake("s")->host.publish(service_of("web", 1));
  EXPECT_TRUE(test::wait_until([] { return count("web") == 1; }));
}

TEST_F(Holds, AReloadToASourceThatIsAwayLetsNoTimePass) {
  config_.pipelines["p"].brake.hold = 2s;
  start();
  serve({{"web", 4}});
  fake("s")->host.withdraw("web");
  ASSERT_TRUE(holds({"web"}));
  const auto until = held().until;
  config_.sources["s"] = instance_of("s", "fake-source", "changed");
  ASSERT_TRUE(apply()) << faults_;
  ASSERT_TRUE(test::wait_until([&] { return std::chrono::system_clock::now() > until; }));
  fake("s")->host.ready();
  ASSERT_TRUE(holds({"web"})) << "it begins when the new source has answered";
  EXPECT_GT(held().until, until);
  EXPECT_TRUE(sees("t", 0));
}

TEST_F(Holds, AReloadToASourceThatHasNothingAtAllIsALoss) {
  start();
  serve({{"web", 4}, {"db", 2}});
  config_.sources["s"] = instance_of("s", "fake-source", "changed");
  ASSERT_TRUE(apply()) << faults_;
  fake("s")->host.ready();
  ASSERT_TRUE(holds({"db", "web"}));
  EXPECT_FALSE(on_engine([this] { return engine_->settled(); }));
  EXPECT_TRUE(sees("t", 6));
}

TEST_F(Holds, EachHoldIsLoggedWhenItBegins) {
  const auto file = state_.path() / "log";
  start();
  ASSERT_TRUE(log::to_file(file));
  const auto before = log::current();
  log::set_level(log::level::warning);
  serve({{"web", 4}});
  for (int i = 0; i < 2; ++i) {
    fake("s")->host.publish(service_of("web", 0));
    EXPECT_TRUE(holds({"web"}));
    fake("s")->host.publish(service_of("web", 4));
    EXPECT_TRUE(holds({}));
  }
  log::set_level(before);
  ASSERT_TRUE(log::to_file({}));
  std::ifstream written(file);
  int begun = 0;
  for (std::string line; std::getline(written, line);)
    if (line.find("brake holds: service web: 4 of 4") != std::string::npos) ++begun;
  EXPECT_EQ(begun, 2) << "the second is no repetition of the first, which was over";
}

}  // namespace
}  // namespace drcon::engine
