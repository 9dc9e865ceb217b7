#include "engine/brake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace drcon::engine {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using counts = std::map<std::string, std::size_t>;

config::brake_config rules() { return {.max_removed = 0.5, .min_endpoints = 1, .hold = 5min, .window = 30s}; }
config::brake_config rules_of_the_sum() {
  auto rule = rules();
  rule.per_service = false;
  return rule;
}
const brake::clock::time_point start{1h};

// A brake and what its pipeline serves, as counts of endpoints in service by service.
class braked {
public:
  // Of a source that has no outages.
  static constexpr auto other = "other";

  explicit braked(const config::brake_config& rule) : brake_(rule) {}

  // Offers a candidate and serves what is decided. What is held keeps its endpoints, and `added` is what came beside.
  brake::decision offer(brake::clock::time_point now, const counts& next, const counts& added = {},
                        const std::set<std::string>& released = {}) {
    brake::change change;
    change.observed = observed_;
    if (std::exchange(after_outage_, false)) {
      change.after_outage.emplace();
      for (const auto& [name, count] : served_) change.after_outage->served += name == other ? 0 : count;
      for (const auto& [name, count] : next) change.after_outage->next += name == other ? 0 : count;
    }
    for (const auto& [name, count] : served_) change.served += count;
    for (const auto& [name, count] : next) change.next += count;
    auto names = served_;
    names.insert(next.begin(), next.end());
    for (const auto& [name, unused] : names) {
      const brake::service_change one{.name = name,
                                      .served = count_of(served_, name),
                                      .next = count_of(next, name),
                                      .released = released.contains(name),
                                      .observed = observed_};
      if (one.served != one.next || differs_) change.services.push_back(one);
    }
    auto decision = brake_.judge(now, change);
    counts passed = next;
    for (const auto& name : decision.kept) passed[name] = count_of(served_, name) + count_of(added, name);
    served_ = passed;
    return decision;
  }
  bool passes(brake::clock::time_point now, const counts& next) { return offer(now, next).kept.empty(); }
  // Its endpoints differ, although there are as many.
  void replaces() { differs_ = true; }
  // What comes next is what the sources answer after an outage.
  void ends_outage() { after_outage_ = true; }
  // The sources can be reached, or not, from now on.
  void observe(bool is) { observed_ = is; }
  brake& rule() { return brake_; }
  const counts& served() const { return served_; }

private:
  static std::size_t count_of(const counts& all, const std::string& name) {
    const auto found = all.find(name);
    return found == all.end() ? 0 : found->second;
  }
  brake brake_;
  counts served_;
  bool differs_ = false;
  bool observed_ = true;
  bool after_outage_ = false;
};

TEST(Brake, PassesWhatLosesNothing) {
  braked web(rules());
  EXPECT_TRUE(web.passes(start, {}));
  EXPECT_TRUE(web.passes(start, {{"web", 4}}));
  EXPECT_TRUE(web.passes(start + 1s, {{"web", 4}}));
  EXPECT_TRUE(web.passes(start + 2s, {{"web", 40}}));
}

TEST(Brake, PassesALossWithinTheShare) {
  braked web(rules());
  web.offer(start, {{"web", 4}});
  EXPECT_TRUE(web.passes(start + 1s, {{"web", 2}}));
}

TEST(Brake, HoldsALossBeyondTheShareAndSaysWhy) {
  braked web(rules());
  web.offer(start, {{"web", 4}});
  const auto verdict = web.offer(start + 1s, {{"web", 1}});
  EXPECT_THAT(verdict.kept, ElementsAre("web"));
  ASSERT_EQ(verdict.holds.size(), 1U);
  EXPECT_EQ(verdict.holds[0].service, "web");
  EXPECT_EQ(verdict.holds[0].why, "3 of 4 endpoints in service would be removed (75%; max_removed is 50%)");
  EXPECT_EQ(verdict.holds[0].until, start + 1s + 5min);
  EXPECT_EQ(verdict.ask_again, start + 1s + 5min);
  EXPECT_TRUE(web.rule().holding());
}

// The sentence stands beside a table of what is served and what would be left.
TEST(Brake, CountsWhatIsServedFirstAndWhatHasGoneBeforeBesideIt) {
  braked web(rules());
  web.offer(start, {{"web", 13}});
  EXPECT_TRUE(web.passes(start + 1s, {{"web", 11}}));
  const auto verdict = web.offer(start + 2s, {{"web", 4}});
  ASSERT_EQ(verdict.holds.size(), 1U);
  EXPECT_EQ(verdict.holds[0].why,
            "7 of 11 endpoints in service would be removed (9 of 13 within 30s: 69%; max_removed is 50%)");
  EXPECT_EQ(verdict.holds[0].before, 11U);
  EXPECT_EQ(verdict.holds[0].after, 4U);
  EXPECT_EQ(web.offer(start + 3s, {{"web", 9}}).holds[0].why, "2 of 11 endpoints in service are still missing");
}

TEST(Brake, HoldsTheLossOfTheLastEndpoint) {
  auto lenient = rules();
  lenient.max_removed = 1.0;
  braked web(lenient);
  web.offer(start, {{"web", 1}});
  EXPECT_FALSE(web.passes(start + 1s, {}));
}

// A restart: the brake is another one, and what is served is as before.
braked restarted(const brake::memory& memory, const counts& served) {
  braked made(rules());
  made.offer(start, served);
  made.rule().recall(memory);
  made.rule().stop_observing();
  return made;
}

TEST(Brake, AddsUpLossesBeforeARestartWithThoseAfterIt) {
  braked before(rules());
  before.offer(start, {{"web", 10}});
  ASSERT_TRUE(before.passes(start + 1s, {{"web", 6}}));
  const auto memory = before.rule().remembered();
  EXPECT_FALSE(restarted(memory, {{"web", 6}}).passes(start + 2s, {{"web", 3}})) << "7 of 10 within the window";
  EXPECT_TRUE(restarted(memory, {{"web", 6}}).passes(start + 32s, {{"web", 3}})) << "3 of 6";
}

TEST(Brake, HoldsAfterARestartWhatItHeldBefore) {
  braked before(rules());
  before.offer(start, {{"web", 4}, {"big", 20}});
  ASSERT_FALSE(before.passes(start + 1s, {{"big", 20}}));
  auto after = restarted(before.rule().remembered(), before.served());
  EXPECT_FALSE(after.passes(start + 2s, {{"web", 2}, {"big", 20}})) << "2 of 4 are still missing";
  EXPECT_EQ(after.offer(start + 3s, {{"web", 2}, {"big", 20}}).holds.front().until, start + 2s + 5min)
      << "nobody has observed it in between";
  EXPECT_TRUE(after.passes(start + 4s, {{"web", 4}, {"big", 20}}));
}

TEST(Brake, CountsTheTimeInWhichAHoldWasSeenBeforeAStopInOrder) {
  braked before(rules());
  before.offer(start, {{"web", 4}, {"big", 20}});
  ASSERT_FALSE(before.passes(start + 1s, {{"big", 20}}));
  const auto memory = before.rule().remembered_at_stop(start + 1s + 4min);
  auto after = restarted(memory, before.served());
  EXPECT_EQ(after.offer(start + 1h, {{"big", 20}}).holds.front().until, start + 1h + 1min)
      << "the hour in between does not count, and the four minutes before it do";
  EXPECT_EQ(after.offer(start + 1h + 30s, {{"big", 20}}).holds.front().until, start + 1h + 1min);
  EXPECT_TRUE(after.passes(start + 1h + 1min, {{"big", 20}}));
}

TEST(Brake, CountsTheTimeBeforeAStopOnceTheSourcesHaveAnsweredAndOnlyOnce) {
  braked before(rules());
  before.offer(start, {{"web", 4}, {"big", 20}});
  ASSERT_FALSE(before.passes(start + 1s, {{"big", 20}}));
  auto after = restarted(before.rule().remembered_at_stop(start + 1s + 4min), before.served());
  const auto until = [&](brake::clock::time_point now) { return after.offer(now, {{"big", 20}}).holds.front().until; };
  after.observe(false);
  EXPECT_EQ(until(start + 1h), start + 1h + 1min);
  EXPECT_EQ(until(start + 2h), start + 2h + 1min) << "nobody sees it yet";
  EXPECT_EQ(after.rule().remembered_at_stop(start + 2h).holds.front().seen, 4min) << "nor before the next restart";
  after.observe(true);
  EXPECT_EQ(until(start + 3h), start + 3h + 1min);
  after.observe(false);
  EXPECT_EQ(until(start + 3h + 1s), start + 3h + 1s + 5min) << "an outage lets it begin again";
  after.observe(true);
  EXPECT_EQ(until(start + 4h), start + 4h + 5min);
}

TEST(Brake, BeginsAHoldAgainAfterARestartWhenMoreIsMissing) {
  braked before(rules());
  before.offer(start, {{"web", 4}, {"big", 20}});
  ASSERT_FALSE(before.passes(start + 1s, {{"web", 1}, {"big", 20}}));
  auto after = restarted(before.rule().remembered_at_stop(start + 1s + 4min), before.served());
  EXPECT_EQ(after.offer(start + 1h, {{"big", 20}}).holds.front().until, start + 1h + 5min);
}

TEST(Brake, TheTimeBeforeARestartIsNoneOfAGreaterLossThatCameBeforeTheSourcesAnswered) {
  braked before(rules());
  before.offer(start, {{"web", 4}, {"big", 20}});
  ASSERT_FALSE(before.passes(start + 1s, {{"web", 1}, {"big", 20}}));
  auto after = restarted(before.rule().remembered_at_stop(start + 1s + 4min), before.served());
  after.observe(false);
  EXPECT_EQ(after.offer(start + 1h, {{"big", 20}}).holds.front().until, start + 1h + 5min);
  after.observe(true);
  EXPECT_EQ(after.offer(start + 2h, {{"big", 20}}).holds.front().until, start + 2h + 5min);
}

TEST(Brake, CountsFromNowWhatWasKeptBeforeTheClockWasSetBack) {
  const std::chrono::system_clock::time_point noon{std::chrono::hours(500'000)};
  const kept_brake_memory kept{.holds = {}, .losses = {{.service = "web", .until = noon, .served = 10}}};
  EXPECT_EQ(by_clock<brake::clock>(kept, noon - 1h, start).losses.front().until, start);
  EXPECT_EQ(by_clock<brake::clock>(kept, noon + 7s, start).losses.front().until, start - 7s);
}

TEST(Brake, RemembersOnlySoManyLossesOfAServiceAndForgetsNoneTooEarly) {
  braked of(rules());
  for (std::size_t i = 0; i <= 500; ++i)
    ASSERT_TRUE(of.passes(start + std::chrono::milliseconds(i), {{"web", 1000 - i}}));
  EXPECT_LT(of.rule().remembered().losses.size(), 100U);
  EXPECT_FALSE(of.passes(start + 1s, {{"web", 499}})) << "501 of 1000";
}

// Endless losses of one service must not leave an entry each in the order in which they are forgotten.
TEST(Brake, AsksAgainForNoLossThatIsForgottenAlready) {
  braked of(rules());
  of.offer(start, {{"web", 10}, {"api", 4}});
  of.offer(start + 1s, {{"web", 9}, {"api", 4}});
  of.offer(start + 2s, {{"web", 30}, {"api", 4}});
  of.offer(start + 3s, {{"web", 29}, {"api", 4}});
  const auto held = of.offer(start + 4s, {{"web", 29}});
  EXPECT_THAT(held.kept, ElementsAre("api"));
  EXPECT_EQ(held.ask_again, start + 3s + 30s) << "the loss before it counts for nothing any more";
}

TEST(Brake, ForgetsEachLossOfAServiceInItsTime) {
  braked of(rules());
  of.offer(start, {{"web", 100}});
  of.offer(start + 1s, {{"web", 90}});
  of.offer(start + 11s, {{"web", 70}});
  of.offer(start + 21s, {{"web", 60}});
  of.offer(start + 32s, {{"web", 60}});
  EXPECT_EQ(of.rule().remembered().losses.front().served, 90U);
  of.offer(start + 42s, {{"web", 60}});
  EXPECT_EQ(of.rule().remembered().losses.front().served, 70U);
  of.offer(start + 52s, {{"web", 60}});
  EXPECT_TRUE(of.rule().remembered().empty());
}

TEST(Brake, HasAnotherVersionWheneverItRemembersSomethingElse) {
  braked of(rules());
  std::uint64_t version = 0;
  auto remembered = of.rule().remembered();
  const auto is_noticed = [&] {
    const bool is_new = std::exchange(version, of.rule().version()) != of.rule().version();
    auto now = of.rule().remembered();
    return std::exchange(remembered, std::move(now)) == of.rule().remembered() || is_new;
  };
  of.offer(start, {{"a", 4}, {"b", 10}});
  EXPECT_TRUE(is_noticed());
  const auto before = of.rule().version();
  of.offer(start + 1s, {{"a", 4}, {"b", 11}});
  EXPECT_EQ(of.rule().version(), before) << "nothing is lost: nothing has to be compared, or written";
  const std::vector<counts> offers = {{{"a", 4}, {"b", 10}}, {{"a", 1}, {"b", 10}}, {{"b", 9}}, {{"b", 2}},
                                      {{"a", 4}, {"b", 9}},  {{"a", 4}, {"b", 4}},  {}};
  auto now = start + 1s;
  for (const auto& each : offers)
    for (const auto pause : {1s, 20s, 400s}) {
      of.offer(now += pause, each);
      EXPECT_TRUE(is_noticed());
    }
  of.rule().restart_holds();
  EXPECT_TRUE(is_noticed());
  of.rule().forget();
  EXPECT_TRUE(is_noticed());
}

TEST(Brake, CountsOnlyTheTimeInWhichALossIsObserved) {
  for (const auto& rule : {rules(), rules_of_the_sum()}) {
    braked of(rule);
    of.offer(start, {{"web", 4}});
    EXPECT_FALSE(of.passes(start, {{"web", 1}}));
    of.observe(false);
    EXPECT_FALSE(of.passes(start + 1min, {{"web", 1}}));
    EXPECT_FALSE(of.passes(start + 10min, {{"web", 1}})) << "nobody has seen it for nine minutes";
    of.observe(true);
    const auto back = of.offer(start + 20min, {{"web", 1}});
    ASSERT_FALSE(back.holds.empty());
    EXPECT_EQ(back.holds.front().until, start + 25min);
    EXPECT_FALSE(of.passes(start + 24min, {{"web", 1}}));
    EXPECT_TRUE(of.passes(start + 25min, {{"web", 1}}));
  }
}

TEST(Brake, BeginsTheTimeOfAFirstCandidateAgainWhenNobodyHasObservedIt) {
  braked of(rules());
  of.rule().hold_first("lost");
  EXPECT_FALSE(of.passes(start, {{"web", 1}}));
  of.rule().stop_observing();
  EXPECT_TRUE(of.offer(start + 6min, {{"web", 1}}).keeps_all);
  EXPECT_FALSE(of.offer(start + 11min, {{"web", 1}}).keeps_all);
}

TEST(Brake, AppliesALossThatLastsForTheWholeHold) {
  braked web(rules());
  web.offer(start, {{"web", 4}});
  EXPECT_FALSE(web.passes(start + 1s, {}));
  EXPECT_FALSE(web.passes(start + 1s + 5min - 1ns, {}));
  const auto verdict = web.offer(start + 1s + 5min, {});
  EXPECT_THAT(verdict.kept, IsEmpty());
  ASSERT_EQ(verdict.accepted.size(), 1U);
  EXPECT_EQ(verdict.accepted[0].why,
            "4 of 4 endpoints in service would be removed (100%; max_removed is 50%); it lasted for 5m");
}

TEST(Brake, StartsAgainWhenTheEndpointsReturned) {
  braked web(rules());
  web.offer(start, {{"web", 4}});
  EXPECT_FALSE(web.passes(start + 1s, {}));
  EXPECT_TRUE(web.passes(start + 2min, {{"web", 4}}));
  EXPECT_FALSE(web.rule().holding());
  EXPECT_FALSE(web.passes(start + 6min, {})) << "the earlier hold must not count";
}

TEST(Brake, AddsUpSmallLossesWithinTheWindow) {
  for (const auto& rule : {rules(), rules_of_the_sum()}) {
    braked web(rule);
    web.offer(start, {{"web", 10}});
    web.offer(start + 5s, {{"web", 8}});
    web.offer(start + 10s, {{"web", 6}});
    const auto held = web.offer(start + 15s, {{"web", 4}});
    EXPECT_THAT(held.kept, ElementsAre("web")) << "6 of 10 are gone within 15 s";
    EXPECT_EQ(held.ask_again, start + 5s + 30s) << "the first loss is forgotten then";
    EXPECT_TRUE(web.passes(start + 41s, {{"web", 4}})) << "only 2 of 6 within the last 30 s";
  }
}

TEST(Brake, NeverHoldsWithAHoldOfZero) {
  auto off = rules();
  off.hold = 0s;
  braked web(off);
  web.offer(start, {{"web", 100}});
  EXPECT_TRUE(web.passes(start + 1s, {}));
}

TEST(Brake, PassesWhatIsReleasedByHandAndNothingAfterIt) {
  for (const auto& rule : {rules(), rules_of_the_sum()}) {
    braked web(rule);
    web.offer(start, {{"web", 4}, {"db", 1}});
    EXPECT_FALSE(web.passes(start + 1s, {{"web", 1}, {"db", 1}}));
    EXPECT_THAT(web.offer(start + 2s, {{"web", 1}, {"db", 1}}, {}, {"web"}).kept, IsEmpty());
    EXPECT_FALSE(web.passes(start + 3s, {})) << "a release is for one loss";
  }
}

TEST(Brake, AReleaseThatFindsNothingToReleaseIsVoid) {
  for (const auto& rule : {rules(), rules_of_the_sum()}) {
    braked web(rule);
    web.offer(start, {{"web", 10}});
    EXPECT_FALSE(web.passes(start + 1s, {}));
    EXPECT_THAT(web.offer(start + 2s, {{"web", 10}}, {}, {"web"}).kept, IsEmpty()) << "all is back";
    EXPECT_FALSE(web.passes(start + 1h, {}));
  }
}

// Between the hold and the release another service may have lost all it had.
TEST(Brake, AReleaseDoesNotPassWhatWasLostOfAnotherServiceSince) {
  braked all(rules_of_the_sum());
  all.offer(start, {{"a", 4}, {"b", 2}, {"c", 1}});
  EXPECT_THAT(all.offer(start + 1s, {{"b", 2}, {"c", 1}}).kept, ElementsAre("a"));
  EXPECT_THAT(all.offer(start + 2s, {{"c", 1}}, {}, {"a"}).kept, ElementsAre("a", "b"));
  EXPECT_THAT(all.offer(start + 3s, {{"c", 1}}, {}, {"a", "b"}).kept, IsEmpty()) << "that is all that is held";
}

TEST(Brake, AHoldBeginsAgainAtEachNewLow) {
  for (const auto& rule : {rules(), rules_of_the_sum()}) {
    braked web(rule);
    web.offer(start, {{"web", 10}});
    EXPECT_FALSE(web.passes(start + 1s, {{"web", 4}}));
    const auto lower = web.offer(start + 4min, {});
    EXPECT_EQ(lower.holds.front().until, start + 9min);
    EXPECT_EQ(lower.begun.size(), 1U) << "it is reported once more";
    EXPECT_FALSE(web.passes(start + 5min + 1s, {})) << "the time that the smaller loss was held does not count";
    EXPECT_FALSE(web.passes(start + 6min, {{"web", 3}}));
    EXPECT_FALSE(web.passes(start + 7min, {})) << "the same low once more is no new one";
    EXPECT_TRUE(web.passes(start + 9min, {}));
  }
}

TEST(Brake, MeasuresFromTheNewStateAfterALossWasApplied) {
  for (const auto& rule : {rules(), rules_of_the_sum()}) {
    braked web(rule);
    web.offer(start, {{"web", 10}});
    EXPECT_FALSE(web.passes(start + 1s, {{"web", 2}}));
    EXPECT_TRUE(web.passes(start + 1s + 5min, {{"web", 2}}));
    EXPECT_TRUE(web.passes(start + 2s + 5min, {{"web", 1}}));
  }
}

TEST(Brake, HoldsAServiceForItselfAndLetsTheOthersGoOn) {
  braked all(rules());
  all.offer(start, {{"big", 100}, {"web", 4}});
  const auto verdict = all.offer(start + 1s, {{"big", 90}});
  EXPECT_THAT(verdict.kept, ElementsAre("web"));
  EXPECT_EQ(all.served(), (counts{{"big", 90}, {"web", 4}}));
  EXPECT_TRUE(all.offer(start + 1s + 5min, {{"big", 90}}).kept.empty());
}

// A registry that has lost its data and is being filled again has some services in part.
TEST(Brake, MeasuresTheWholeAfterAnOutageAndHoldsWhatIsWithinTheLimitsOfItsOwn) {
  braked all(rules());
  all.offer(start, {{"a", 4}, {"b", 4}, {"c", 4}, {"other", 40}});
  all.ends_outage();
  EXPECT_THAT(all.offer(start + 1s, {{"b", 2}, {"other", 40}}).kept, ElementsAre("a", "b", "c"));
  EXPECT_THAT(all.offer(start + 2s, {{"a", 4}, {"b", 2}, {"other", 40}}).kept, ElementsAre("b", "c"))
      << "more is to come";
  EXPECT_TRUE(all.passes(start + 3s, {{"a", 4}, {"b", 4}, {"c", 4}, {"other", 40}}));
  EXPECT_TRUE(all.passes(start + 4s, {{"a", 4}, {"b", 2}, {"c", 4}, {"other", 40}}))
      << "that alone is within the limits";
}

// Whoever reads the log and the journal learns of a hold by that.
TEST(Brake, SaysThatItBeginsToHoldWhatOneSourceReportsAfterAnOutage) {
  braked all(rules_of_the_sum());
  all.offer(start, {{"a", 4}, {"b", 4}, {"other", 40}});
  all.ends_outage();
  const auto verdict = all.offer(start + 1s, {{"b", 2}, {"other", 40}});
  EXPECT_THAT(verdict.kept, ElementsAre("a", "b"));
  EXPECT_THAT(verdict.begun, ElementsAre(""));
  ASSERT_EQ(verdict.holds.size(), 1U);
  EXPECT_EQ(verdict.holds[0].why,
            "6 of 8 endpoints in service would be removed (75%; max_removed is 50%) after an outage");
}

TEST(Brake, LetsTheOthersGoOnAfterAnOutageThatCostLittle) {
  braked all(rules());
  all.offer(start, {{"a", 4}, {"b", 40}});
  all.ends_outage();
  EXPECT_THAT(all.offer(start + 1s, {{"b", 38}}).kept, ElementsAre("a"));
  EXPECT_EQ(all.served(), (counts{{"a", 4}, {"b", 38}}));
}

TEST(Brake, ASumThatHidesTheLossOfAServicePassesOnlyIfThatIsConfigured) {
  for (const bool per_service : {true, false}) {
    auto rule = rules();
    rule.per_service = per_service;
    braked all(rule);
    all.offer(start, {{"db", 4}, {"web", 10}});
    EXPECT_EQ(all.passes(start + 1s, {{"web", 10}}), !per_service);
  }
}

TEST(Brake, TakesASetThatIsReplacedByAsManyForADeployment) {
  braked web(rules());
  web.replaces();
  web.offer(start, {{"web", 10}});
  EXPECT_TRUE(web.passes(start + 1s, {{"web", 10}}));
}

TEST(Brake, RemovalsWaitUntilAllThatWasMissingIsBack) {
  braked all(rules());
  all.offer(start, {{"a", 4}, {"b", 4}});
  EXPECT_THAT(all.offer(start + 1s, {}).kept, ElementsAre("a", "b"));
  const auto half = all.offer(start + 2s, {{"a", 2}, {"b", 4}});
  EXPECT_THAT(half.kept, ElementsAre("a")) << "half of it is back, and the other half may be on its way";
  EXPECT_THAT(half.returned, ElementsAre("b"));
  ASSERT_EQ(half.holds.size(), 1U);
  EXPECT_EQ(half.holds[0].why, "2 of 4 endpoints in service are still missing");
  EXPECT_THAT(all.offer(start + 3s, {{"a", 4}, {"b", 4}}).kept, IsEmpty());
}

TEST(Brake, CountsTheAdditionsOfAHeldServiceForNothingButThemselves) {
  braked web(rules());
  web.offer(start, {{"web", 4}});
  EXPECT_FALSE(web.passes(start + 1s, {}));
  EXPECT_THAT(web.offer(start + 2s, {{"web", 3}}, {{"web", 3}}).kept, ElementsAre("web"));
  EXPECT_EQ(web.served(), (counts{{"web", 7}})) << "what came is served beside what is kept";
  EXPECT_TRUE(web.passes(start + 3s, {{"web", 4}})) << "four others are in service: the first four may go";
  EXPECT_FALSE(web.rule().holding());
}

TEST(Brake, HoldsTheWholePipelineWhenTheSumFallsBelowTheLeast) {
  auto rule = rules();
  rule.min_endpoints = 5;
  braked all(rule);
  all.offer(start, {{"a", 2}, {"b", 2}, {"c", 2}});
  const auto verdict = all.offer(start + 1s, {{"a", 1}, {"b", 1}, {"c", 2}});
  EXPECT_THAT(verdict.kept, ElementsAre("a", "b"));
  ASSERT_EQ(verdict.holds.size(), 1U);
  EXPECT_EQ(verdict.holds[0].service, "");
  EXPECT_EQ(verdict.holds[0].why, "2 of 6 endpoints in service would be removed, leaving 4 (min_endpoints is 5)");
  EXPECT_THAT(all.offer(start + 1s + 5min, {{"a", 1}, {"b", 1}, {"c", 2}}).kept, IsEmpty());
}

TEST(Brake, ALossThatWasAppliedOfAServiceIsNotHeldOnceMoreOfThePipeline) {
  braked web(rules());
  web.offer(start, {{"web", 4}});
  EXPECT_FALSE(web.passes(start + 1s, {}));
  EXPECT_TRUE(web.passes(start + 1s + 5min, {}));
  EXPECT_FALSE(web.rule().holding());
}

TEST(Brake, EachServiceHasItsOwnTime) {
  braked all(rules());
  all.offer(start, {{"a", 4}, {"b", 4}, {"c", 40}});
  all.offer(start + 1s, {{"b", 4}, {"c", 40}});
  all.offer(start + 2min, {{"c", 40}});
  EXPECT_THAT(all.offer(start + 1s + 5min, {{"c", 40}}).kept, ElementsAre("b"));
  EXPECT_THAT(all.offer(start + 7min, {{"c", 40}}).kept, IsEmpty());
}

TEST(Brake, TheTimeOfAHoldDoesNotCountOnceItIsRestarted) {
  braked web(rules());
  web.offer(start, {{"web", 4}});
  EXPECT_FALSE(web.passes(start + 1s, {}));
  web.rule().restart_holds();
  const auto again = web.offer(start + 10min, {});
  EXPECT_THAT(again.kept, ElementsAre("web"));
  EXPECT_EQ(again.holds[0].until, start + 15min);
}

TEST(Brake, RemembersAcrossAReload) {
  braked web(rules());
  web.offer(start, {{"web", 10}});
  web.offer(start + 1s, {{"web", 5}});
  brake next(rules());
  next.go_on_from(web.rule());
  const brake::change more{.services = {{.name = "web", .served = 5, .next = 3}}, .served = 5, .next = 3};
  EXPECT_THAT(next.judge(start + 2s, more).kept, ElementsAre("web")) << "7 of 10 within a second";
}

}  // namespace
}  // namespace drcon::engine
