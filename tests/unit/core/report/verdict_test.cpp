// What is reported of an engine: "in sync" only when it is.
#include "report/verdict.hpp"

#include "base/wall_clock.hpp"
#include "engine/state_file.hpp"
#include "report/encode.hpp"
#include "report/explain.hpp"
#include "report/status.hpp"
#include "unit/core/engine/engine_fixture.hpp"

#include <drcon/names.h>

namespace drcon::report {
namespace {

using namespace std::chrono_literals;
using test::fake;
using test::service_of;

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Verdict : public engine::Engine {
protected:
  void SetUp() override {
    engine::sink_runner::answer_patience = 30s;
    start();
  }
  void serve(int endpoints) {
    fake("s")->host.publish(service_of("web", endpoints));
    fake("s")->host.ready();
    ASSERT_TRUE(sees("t", static_cast<std::size_t>(endpoints)));
    ASSERT_TRUE(becomes("in sync"));
  }
  bool becomes(const std::string& verdict) {
    return test::wait_until(
        [&] { return on_engine([this] { return std::string(to_words(verdict_of(*engine_))); }) == verdict; });
  }
  nlohmann::json status() {
    return on_engine([this] { return encode(status_of(*engine_)); });
  }
  // The first of that code; null if there is none.
  nlohmann::json finding(const std::string& code) {
    const auto now = status();
    for (const auto& each : now["findings"])
      if (each["code"] == code) return each;
    return {};
  }
  std::vector<std::string> caveats() {
    return on_engine([this] { return report::caveats(*engine_); });
  }
  std::vector<std::string> unsettled() {
    return on_engine([this] { return report::unsettled(*engine_); });
  }
};

// Whoever reads that a restart serves what was decided before must see how old that is.
TEST_F(Verdict, ALastGoodStateHasItsAge) {
  serve(2);
  ASSERT_TRUE(stop());
  const auto file = state_.path() / "p.state";
  const auto kept = engine::parse_state(test::read_file(file));
  ASSERT_TRUE(kept) << kept.error().why;
  EXPECT_LT(std::chrono::system_clock::now() - kept->decided, 1min);
  const auto decided = std::chrono::system_clock::now() - 73h;
  test::write_file(file, engine::serialise(*kept->snapshot, kept->asked, kept->brake, decided));
  test::forget_fakes();
  engine::pipeline::patience_before_last_good = 10ms;
  start();
  ASSERT_TRUE(sees("t", 2));
  engine::pipeline::patience_before_last_good = 2s;
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  EXPECT_NEAR(status()["pipelines"]["p"]["decided"].get<double>(), base::to_seconds(decided), 1)
      << "it was not decided by the restart";
  EXPECT_THAT(unsettled().at(0), ::testing::HasSubstr("serves the last good state (revision 1, decided 3 days ago)"));
  EXPECT_THAT(caveats(), ::testing::Contains("pipeline p serves a last good state that was decided 3 days ago: what it "
                                             "has may be gone since, and source s has not answered"));
  const auto old = on_engine([this] {
    const auto all = warnings(*engine_);
    return *std::ranges::find(all, remark_code::last_good_is_old, &remark::code);
  });
  EXPECT_EQ(to_string(old.about), "pipeline p");
  EXPECT_NEAR(base::to_seconds(old.since), base::to_seconds(decided), 1);
  const auto found = on_engine([this] { return encode(explain(*engine_, "p", "web-1", {})); });
  EXPECT_THAT(found["matches"][0]["verdict"].get<std::string>(),
              ::testing::HasSubstr("what is served is the last good state, decided 3 days ago"));
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(becomes("in sync"));
  EXPECT_THAT(caveats(), IsEmpty()) << "the source has said that it is still so";
}

TEST_F(Verdict, ASourceThatIsDegradedIsACaveat) {
  serve(2);
  EXPECT_THAT(caveats(), IsEmpty());
  fake("s")->host.status_degraded("only one of three servers answers");
  ASSERT_TRUE(becomes("OK, with warnings"));
  EXPECT_THAT(caveats(), ElementsAre("source s is degraded: only one of three servers answers"));
  fake("s")->host.status_ok();
  EXPECT_TRUE(becomes("in sync"));
}

TEST_F(Verdict, AnUnreachableSourceIsACaveatAndListedOnce) {
  serve(2);
  fake("s")->host.status_away("nobody answers");
  fake("s")->host.unknown({}, "nobody answers");
  ASSERT_TRUE(test::wait_until(
      [this] { return caveats().size() == 1 && caveats()[0].find("last known data") != std::string::npos; }));
  EXPECT_THAT(caveats(),
              ElementsAre("source s is unreachable; using last known data: nobody answers; retried until it answers; "
                          "look: drcon doctor"));
  EXPECT_TRUE(becomes("needs attention")) << "new endpoints are not seen, though nothing is open";
}

TEST_F(Verdict, AServiceWithoutCurrentDataIsACaveatAndManyAreCounted) {
  serve(2);
  fake("s")->host.unknown("web", "no leader");
  ASSERT_TRUE(becomes("OK, with warnings"));
  EXPECT_THAT(caveats(), ElementsAre("source s has no current data of service web; using last known data: no leader"));
  for (int i = 0; i < 100; ++i) fake("s")->host.unknown("db-" + std::to_string(i), "no leader");
  ASSERT_TRUE(
      test::wait_until([this] { return caveats().back() == "source s has no current data of 98 more services"; }));
  EXPECT_EQ(caveats().size(), 4U);
}

TEST_F(Verdict, WhatIsLeftOutIsACaveat) {
  serve(2);
  auto broken = service_of("web", 2);
  broken.endpoints[1].address = "not an address";
  fake("s")->host.publish(broken);
  ASSERT_TRUE(sees("t", 1));
  ASSERT_TRUE(becomes("OK, with warnings"));
  EXPECT_THAT(caveats(),
              ElementsAre("source s leaves out web-2 of service web: its address 'not an address' is no IPv4 "
                          "address, IPv6 address or host name"));
}

TEST_F(Verdict, OfManyThatAreLeftOutSomeAreNamedAndAllCounted) {
  serve(2);
  for (const auto* name : {"api", "db"}) {
    auto broken = service_of(name, 150);
    for (auto& each : broken.endpoints) each.address = "not an address";
    fake("s")->host.publish(broken);
  }
  ASSERT_TRUE(test::wait_until([this] { return caveats().size() == 4; }));
  EXPECT_EQ(caveats().back(), "source s leaves out 297 more");
  const auto source = status()["sources"]["s"];
  EXPECT_EQ(source["refused"].size(), 100U);
  EXPECT_EQ(source["refused_count"], 300);

  fake("s")->host.publish(service_of("api", 1));
  ASSERT_TRUE(test::wait_until([this] { return caveats().back() == "source s leaves out 147 more"; }));
  EXPECT_THAT(caveats().front(), ::testing::HasSubstr(" of service db: "));
}

TEST_F(Verdict, ARefusedReloadIsACaveatUntilOneIsTaken) {
  serve(2);
  on_engine([this] { return engine_->note_reload(false, "web.toml:3:1: unknown key"), 0; });
  EXPECT_TRUE(becomes("OK, with warnings"));
  EXPECT_THAT(caveats(),
              ElementsAre("the last reload was refused, and the configuration before it is in use: "
                          "web.toml:3:1: unknown key; a restart would not start with it; to do: drcon check, "
                          "then drcon reload"));
  EXPECT_GT(finding("reload-refused")["since"], 0);
  EXPECT_TRUE(shows("drcon_reload_refused 1"));
  on_engine([this] { return engine_->note_reload(true, ""), 0; });
  EXPECT_TRUE(becomes("in sync"));
  EXPECT_TRUE(shows("drcon_reload_refused 0"));
}

TEST_F(Verdict, APauseIsACaveat) {
  serve(2);
  ASSERT_EQ(pause("lunch"), "");
  EXPECT_TRUE(becomes("OK, with warnings"));
  EXPECT_THAT(caveats(), ElementsAre("pipeline p is paused: lunch; nothing is changed until: drcon resume p"));
  const auto paused = finding("paused");
  EXPECT_EQ(paused["kind"], "pipeline");
  EXPECT_EQ(paused["subject"], "p");
  EXPECT_EQ(paused["since"], status()["pipelines"]["p"]["paused_since"]);
}

TEST_F(Verdict, ASinkThatKeepsTheServersOfAnEmptyServiceNeedsAttention) {
  serve(2);
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answers = false;
  }
  // Both are in maintenance, so that nothing is in service; the brake lets it pass with its limits off.
  auto empty = service_of("web", 2);
  for (auto& each : empty.endpoints) each.health = health::maintenance;
  fake("s")->host.publish(empty);
  ASSERT_TRUE(test::wait_until([this] { return on_engine([this] { return !engine_->find("p")->held().empty(); }); }));
  ASSERT_TRUE(on_engine([this] { return engine_->find("p")->release_brake().has_value(); }));
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->open_ticket.has_value(); }));
  const std::string why = "service web has no usable endpoints; its last servers are kept";
  const auto& host = fake("t")->host;
  host.refused("web", {}, why);
  host.refused("db", "db-1", "its tag holds a newline");
  host.host()->done(host.instance(), *fake("t")->open_ticket, DRCON_OK, {});
  ASSERT_TRUE(becomes("needs attention"));
  ASSERT_TRUE(test::wait_until([this] { return on_engine([this] { return engine_->settled(); }); }));
  EXPECT_THAT(caveats(),
              ElementsAre("sink t: " + why, "sink t leaves out db-1 of service db: its tag holds a newline"));
  EXPECT_TRUE(becomes("needs attention")) << "though nothing is open";
}

TEST_F(Verdict, APauseDoesNotHideWhatTheBrakeHolds) {
  serve(4);
  fake("s")->host.publish(service_of("web", 0));
  ASSERT_TRUE(becomes("needs attention"));
  ASSERT_EQ(pause("lunch"), "");
  EXPECT_TRUE(becomes("needs attention"));
  EXPECT_THAT(caveats(), ElementsAre("pipeline p is paused: lunch; nothing is changed until: drcon resume p",
                                     "pipeline p would be held by its brake if it was resumed: service web: 4 of 4 "
                                     "endpoints in service would be removed (100%; max_removed is 50%)"));
  const auto pipeline = status()["pipelines"]["p"];
  EXPECT_THAT(pipeline["would_hold"].get<std::string>(), ::testing::HasSubstr("4 of 4"));
  EXPECT_EQ(pipeline["would_hold_loss"]["removed"], 4);
  fake("s")->host.publish(service_of("web", 4));
  EXPECT_TRUE(becomes("OK, with warnings")) << "only the pause is left";
  EXPECT_EQ(status()["pipelines"]["p"]["would_hold_loss"], nullptr);
}

TEST_F(Verdict, ASinkAtWorkIsUnderWayAndOneWhoseTargetIsAwayIsNotAsItShouldBe) {
  serve(2);
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answers = false;
  }
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(becomes("under way"));
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->open_ticket.has_value(); }));
  EXPECT_THAT(unsettled(), ElementsAre("sink t is applying revision 2"));
  const auto& host = fake("t")->host;
  host.host()->done(host.instance(), *fake("t")->open_ticket, DRCON_RETRY, c_string("nobody listens"));
  ASSERT_TRUE(becomes("needs attention"));
  // It says what is served, what happens next and when, and which command helps.
  EXPECT_THAT(
      unsettled(),
      ElementsAre(AllOf(StartsWith("sink t: revision 2 not applied: nobody listens; serves revision 1; "),
                        ContainsRegex("; (next retry [^;]*[0-9:]+ [A-Z0-9+-]+, then every 5s at most|retrying now); "),
                        EndsWith("; now: drcon resync p; look: drcon doctor"))));
  EXPECT_EQ(finding("sink-away")["since"], status()["sinks"]["t"]["failing_since"]);
  EXPECT_EQ(status()["pipelines"]["p"]["state"]["code"], "not-applied");
}

TEST_F(Verdict, ARejectedUpdateSaysWhatIsServedAndWhenItIsTriedAgain) {
  serve(2);
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answers = false;
  }
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->open_ticket.has_value(); }));
  const auto& host = fake("t")->host;
  host.host()->done(host.instance(), *fake("t")->open_ticket, DRCON_REJECTED, c_string("too many"));
  ASSERT_TRUE(becomes("needs attention"));
  EXPECT_THAT(unsettled(), ElementsAre("sink t: revision 2 rejected: too many; serves revision 1; retrying at the next "
                                       "change, and at each resync; see: drcon diff p"));
  EXPECT_TRUE(shows("drcon_needs_attention 1"));
}

// One line each, with one word: the state that the plugin reports of itself, and what it reports of its services.
TEST_F(Verdict, AnOutageIsNotedOnceInTheJournal) {
  serve(2);
  fake("s")->host.status_away("nobody answers");
  fake("s")->host.unknown({}, "nobody answers");
  ASSERT_TRUE(becomes("needs attention"));
  settle();
  using ::testing::HasSubstr;
  EXPECT_THAT(journal(engine::journal_entry::kind::source),
              ElementsAre(HasSubstr("ready with"), "unreachable: nobody answers"));
}

TEST_F(Verdict, ASourceThatIsOnlyAwayIsNotedAllTheSame) {
  engine::source_state::patience_for_unknown = 1ms;
  serve(2);
  fake("s")->host.status_away("nobody answers");
  EXPECT_TRUE(test::wait_until([this] {
    const auto all = journal(engine::journal_entry::kind::source);
    return !all.empty() && all.back() == "unreachable: nobody answers";
  }));
  engine::source_state::patience_for_unknown = 1s;
}

TEST_F(Verdict, WhatLastsSaysSinceWhen) {
  serve(2);
  const auto before = status()["now"].get<double>();
  fake("s")->host.status_degraded("only one of three servers answers");
  fake("s")->host.unknown("web", "no leader");
  fake("t")->host.refused("web", "web-2", "its tag holds a #");
  ASSERT_TRUE(test::wait_until([this] { return status()["findings"].size() == 3; }));
  for (const auto* code : {"source-degraded", "service-unknown", "endpoints-left-out"}) {
    EXPECT_GE(finding(code)["since"], before) << code;
    EXPECT_LE(finding(code)["since"], status()["now"]) << code;
  }
  EXPECT_EQ(status()["pipelines"]["p"]["state"]["code"], "warnings");
}

// What has no name cannot be listed among what is unknown, and is no less unknown.
TEST_F(Verdict, NamesThePartsWhoseServicesASourceCannotName) {
  serve(2);
  const auto before = status()["now"].get<double>();
  const auto& host = fake("s")->host;
  const auto* const names = host.ability<drcon_names>(DRCON_NAMES);
  names->unknown(host.instance(), c_string("datacentre far"), c_string("web-.*"), c_string("no leader"));
  ASSERT_TRUE(becomes("OK, with warnings"));
  EXPECT_EQ(finding("names-unknown")["text"],
            "source s cannot name the services of datacentre far; what was served of them stays: no leader");
  EXPECT_GE(finding("names-unknown")["since"], before);
  EXPECT_EQ(status()["sources"]["s"]["nameless"], nlohmann::json({{"datacentre far", "no leader"}}));
  EXPECT_EQ(status()["pipelines"]["p"]["state"]["code"], "warnings");
  names->known(host.instance(), c_string("datacentre far"));
  ASSERT_TRUE(becomes("in sync"));
  EXPECT_EQ(status()["sources"]["s"]["nameless"], nlohmann::json::object());
}

// The endpoint is healthy for the registry, and gets no traffic.
TEST_F(Verdict, AnEndpointSaysWhichSinksLeaveItOut) {
  serve(2);
  fake("t")->host.refused("web", "web-2", "HAProxy's check has it DOWN");
  ASSERT_TRUE(becomes("OK, with warnings"));
  const auto endpoints = on_engine([this] { return encode(detail_of(*engine_, "p")); })["services"][0]["endpoints"];
  EXPECT_FALSE(endpoints[0].contains("left_out"));
  EXPECT_EQ(endpoints[1]["left_out"], nlohmann::json::array({{{"sink", "t"}, {"why", "HAProxy's check has it DOWN"}}}));
}

TEST_F(Verdict, IsAWordForProgramsBesideThePhraseForPeople) {
  serve(2);
  EXPECT_EQ(status()["state"], "ok");
  EXPECT_EQ(status()["verdict"], "in sync");
  ASSERT_EQ(pause("lunch"), "");
  EXPECT_EQ(status()["state"], "caveats");
  EXPECT_EQ(status()["verdict"], "OK, with warnings");
  ASSERT_EQ(resume(), "");
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answers = false;
  }
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->open_ticket.has_value(); }));
  EXPECT_EQ(status()["state"], "under_way");
  EXPECT_EQ(status()["sinks"]["t"]["last_answer"], "applied") << "to the revision before";
  const auto& host = fake("t")->host;
  host.host()->done(host.instance(), *fake("t")->open_ticket, DRCON_REJECTED, c_string("too many"));
  ASSERT_TRUE(becomes("needs attention"));
  EXPECT_EQ(status()["state"], "wrong");
  EXPECT_EQ(status()["sinks"]["t"]["last_answer"], "rejected");
}

// The brake has seen two healthy endpoints, and the target has none of them.
TEST_F(Verdict, WhatASinkRefusesIsNotInService) {
  serve(4);
  for (const auto* each : {"web-1", "web-2"}) fake("t")->host.refused("web", each, "its tag holds a #");
  ASSERT_TRUE(becomes("OK, with warnings")) << "half of it is within the limits of the brake";
  EXPECT_TRUE(shows("drcon_endpoints_in_service{pipeline=\"p\"} 2"));
  fake("t")->host.refused("web", "web-3", "its tag holds a #");
  ASSERT_TRUE(becomes("needs attention"));
  EXPECT_THAT(unsettled(),
              ElementsAre("sink t leaves out 3 of 4 endpoints in service of service web: its tag holds a #"));
  EXPECT_EQ(status()["pipelines"]["p"]["in_service"], 1);
  EXPECT_EQ(status()["state"], "wrong");
  EXPECT_TRUE(shows("drcon_endpoints_in_service{pipeline=\"p\"} 1"));
  fake("s")->host.publish(service_of("web", 3));
  EXPECT_TRUE(becomes("in sync")) << "the next update is taken as a whole";
}

// With limits off, a service that has nothing left needs attention all the same.
TEST_F(Verdict, AServiceOfWhichASinkRefusesAllNeedsAttentionWithoutABrakeToo) {
  config_.pipelines["p"].brake.hold = 0s;
  ASSERT_TRUE(apply()) << faults_;
  serve(2);
  fake("t")->host.refused("web", "web-1", "its tag holds a #");
  ASSERT_TRUE(becomes("OK, with warnings"));
  fake("t")->host.refused("web", "web-2", "its tag holds a #");
  EXPECT_TRUE(becomes("needs attention"));
}

}  // namespace
}  // namespace drcon::report
