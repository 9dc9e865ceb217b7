// The whole engine with fake plugins: what reaches a sink, when, and what does not.
#include "engine_fixture.hpp"

#include "base/lane.hpp"
#include "engine/disk_lane.hpp"
#include "support/recorded_syncs.hpp"

#include <atomic>
#include <filesystem>
#include <future>
#include <optional>
#include <utility>

namespace drcon::engine {
namespace {

// It said "ready with 0 services" of a source whose first services came together with its readiness.
TEST_F(Engine, CountsWhatASourcePublishesWithItsReadiness) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::source).empty(); }));
  EXPECT_EQ(journal(journal_entry::kind::source)[0], "ready with 1 service");
}

TEST_F(Engine, AppliesNothingBeforeTheSourceIsReady) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  settle();
  EXPECT_EQ(fake("t")->applies, 0);
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 2));
}

TEST_F(Engine, TakesAnUnknownSourceForNoChange) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  fake("s")->host.unknown({}, "the registry is away");
  fake("s")->host.unknown("web", "the registry is away");
  settle();
  EXPECT_EQ(fake("t")->applies, 1);
  fake("s")->host.publish(service_of("web", 3));
  settle();
  EXPECT_EQ(fake("t")->applies, 1) << "it has not said that it knows its state again";
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 3));
}

TEST_F(Engine, AppliesAChangeOnceAndAnEqualOneNever) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  for (int i = 0; i < 50; ++i) fake("s")->host.publish(service_of("web", 2));
  settle();
  EXPECT_EQ(fake("t")->applies, 1);
}

TEST_F(Engine, FoldsAStormAndAppliesItsEnd) {
  config_.pipelines["p"].wait = {.min = 200ms, .max = 1min};
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 1));
  for (int i = 1; i <= 500; ++i) fake("s")->host.publish(service_of("web", i));
  EXPECT_TRUE(sees("t", 500));
  EXPECT_LT(fake("t")->applies, 50);
}

// Takes in nothing the first time, as without memory, and passes the rest on.
struct loses_one final : plugins::instance_listener {
  explicit loses_one(plugins::instance_listener& real) : next(real) {}
  void lose() {
    if (!lost.exchange(true)) throw std::bad_alloc();
  }
  void on_news(const plugins::source_news& news) override {
    lose();
    next.on_news(news);
  }
  void on_done(std::uint64_t ticket, drcon_result result, const std::string& why) override {
    lose();
    next.on_done(ticket, result, why);
  }
  plugins::instance_listener& next;
  std::atomic<bool> lost = false;  // set on the engine's thread
};

// Between an instance and the part of the engine that listens to it.
template <class Listener>
std::shared_ptr<loses_one> losing_one(Listener& part) {
  auto made = std::make_shared<loses_one>(part);
  part.instance().listen(made);
  return made;
}

TEST_F(Engine, AppliesWhatItCouldNotTakeInAtFirst) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  const auto in_between = losing_one(*engine_->sources().at("s"));
  fake("s")->host.publish(service_of("web", 3));
  EXPECT_TRUE(sees("t", 3)) << "the source would not report it again";
  EXPECT_TRUE(in_between->lost);
}

TEST_F(Engine, HandsOverAnUpdateAgainOfWhichItLostTheAnswer) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  const auto in_between = losing_one(*engine_->sinks().at("t"));
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(sees("t", 3));
  EXPECT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  fake("s")->host.publish(service_of("web", 4));
  EXPECT_TRUE(sees("t", 4)) << "an answer that never comes would hold up all that follows";
  EXPECT_TRUE(in_between->lost);
}

// Never takes anything in.
struct loses_all final : plugins::instance_listener {
  void on_news(const plugins::source_news& /*news*/) override { throw std::bad_alloc(); }
};

TEST_F(Engine, RecoversTheSinksThoughASourceFailsAtItEachTime) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  const auto in_between = std::make_shared<loses_all>();
  engine_->sources().at("s")->instance().listen(in_between);
  fake("s")->host.publish(service_of("web", 3));
  EXPECT_TRUE(fake("t")->wait([] { return fake("t")->applies == 2 && fake("t")->reconciles.back(); }))
      << "what was lost may be an answer of the sink";
}

TEST_F(Engine, HoldsALossAndKeepsTheLastGoodState) {
  start();
  fake("s")->host.publish(service_of("web", 4));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 4));
  fake("s")->host.publish(service_of("web", 0));
  ASSERT_TRUE(fake("t")->wait([this] { return true; }));
  while (journal(journal_entry::kind::held).empty()) std::this_thread::yield();
  EXPECT_EQ(fake("t")->applies, 1);
  EXPECT_TRUE(sees("t", 4));
  fake("s")->host.publish(service_of("web", 5));
  EXPECT_TRUE(sees("t", 5)) << "what comes back is applied at once";
}

// It is no loss to the brake, for an operator has removed it; but a file that was forgotten looks the same.
TEST_F(Engine, SaysAtAReloadWhatARemovedPipelineTakesFromASharedSink) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["q"] = pipeline_of({"s2"}, {"t"});
  config_.pipelines["q"].name = "q";
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  fake("s2")->host.publish(service_of("api", 2));
  fake("s2")->host.ready();
  ASSERT_TRUE(sees("t", 3));
  config_.pipelines.erase("q");
  ASSERT_TRUE(apply());
  EXPECT_THAT(faults_,
              ::testing::HasSubstr("pipeline q is not in the configuration any more: sink t loses at once what no "
                                   "other pipeline has of its 2 endpoints in service"));
  EXPECT_TRUE(sees("t", 1));
  ASSERT_TRUE(apply());
  EXPECT_EQ(faults_, "");
}

TEST_F(Engine, LabelsTheQueuesOfASourceAndASinkOfTheSameNameByKind) {
  config_.sources["same"] = instance_of("same", "fake-source");
  config_.sinks["same"] = instance_of("same", "fake-sink");
  config_.pipelines["p"] = pipeline_of({"s", "same"}, {"t", "same"});
  start();
  EXPECT_TRUE(shows("drcon_queue_depth{kind=\"source\",name=\"same\"} "));
  EXPECT_TRUE(shows("drcon_queue_depth{kind=\"sink\",name=\"same\"} "));
}

TEST_F(Engine, TriesAgainWhileTheTargetIsAway) {
  start();
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answer = retry("nobody listens");
  }
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->applies >= 2; }));
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answer = ok();
  }
  while (!on_engine([this] { return engine_->settled(); })) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(journal(journal_entry::kind::away).size(), 1U) << "a repeated failure is told once";
  EXPECT_EQ(journal(journal_entry::kind::applied).size(), 1U);
}

TEST_F(Engine, WaitsForAnotherSnapshotAfterARejection) {
  start();
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answer = rejected("it does not fit");
  }
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->applies == 1; }));
  while (journal(journal_entry::kind::rejected).empty()) std::this_thread::yield();
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answer = ok();
  }
  fake("s")->host.publish(service_of("web", 2));
  EXPECT_TRUE(sees("t", 2));
  EXPECT_EQ(fake("t")->applies, 2);
}

TEST_F(Engine, HandsOverTheNewestAfterASlowApply) {
  start();
  stop_answering();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->open_ticket.has_value(); }));
  for (int i = 2; i <= 9; ++i) fake("s")->host.publish(service_of("web", i));
  settle();
  EXPECT_EQ(fake("t")->applies, 1) << "never two at a time";
  std::uint64_t ticket = 0;
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answers = true;
    ticket = *fake("t")->open_ticket;
  }
  const auto& host = fake("t")->host;
  host.host()->done(host.instance(), ticket, DRCON_OK, {});
  EXPECT_TRUE(sees("t", 9));
}

TEST_F(Engine, SaysSoWhenASinkDoesNotAnswer) {
  sink_runner::answer_patience = 20ms;
  start();
  stop_answering();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::away).empty(); }));
  EXPECT_EQ(journal(journal_entry::kind::away)[0], "no answer from plugin 'fake-sink' for 20ms");
  EXPECT_TRUE(shows("drcon_sink_up_to_date{sink=\"t\"} 0"));
  // A late answer is an answer.
  std::uint64_t ticket = 0;
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answers = true;
    ticket = *fake("t")->open_ticket;
  }
  const auto& host = fake("t")->host;
  host.host()->done(host.instance(), ticket, DRCON_OK, {});
  EXPECT_TRUE(shows("drcon_sink_up_to_date{sink=\"t\"} 1"));
}

TEST_F(Engine, IgnoresASecondAnswer) {
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 1));
  ASSERT_TRUE(shows("drcon_applies_total{result=\"applied\",sink=\"t\"} 1")) << "the first answer";
  const auto& host = fake("t")->host;
  host.host()->done(host.instance(), 1, DRCON_RETRY, c_string("again"));
  host.host()->done(host.instance(), 4711, DRCON_OK, {});
  EXPECT_TRUE(shows("drcon_plugin_misbehaviour_total{kind=\"sink\",name=\"t\",plugin=\"fake-sink\"} 2"))
      << figures_.text(on_engine([this] { return report::figures_of(*engine_); }));
  fake("s")->host.publish(service_of("web", 2));
  EXPECT_TRUE(sees("t", 2));
}

TEST_F(Engine, MergesTwoSourcesAndWaitsForBoth) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["p"].sources = {"s", "s2"};
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  settle();
  EXPECT_EQ(fake("t")->applies, 0);
  fake("s2")->host.publish(service_of("db", 2));
  fake("s2")->host.ready();
  EXPECT_TRUE(sees("t", 3));
}

TEST_F(Engine, PrefersTheFirstKnownSource) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["p"].sources = {"s", "s2"};
  config_.pipelines["p"].merge = {config::merge_policy::prefer, 1min};
  start();
  fake("s2")->host.publish(service_of("web", 5));
  fake("s2")->host.ready();
  settle();
  EXPECT_EQ(fake("t")->applies, 0) << "the first one still has its grace";
  fake("s")->host.publish(service_of("web", 4));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 4));
  fake("s")->host.unknown({}, "away");
  EXPECT_TRUE(sees("t", 5)) << "the second speaks while the first cannot";
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 4));
}

TEST_F(Engine, LetsTheSecondSpeakWhenTheGraceIsOver) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["p"].sources = {"s", "s2"};
  config_.pipelines["p"].merge = {config::merge_policy::prefer, 50ms};
  start();
  fake("s2")->host.publish(service_of("web", 5));
  fake("s2")->host.ready();
  EXPECT_TRUE(sees("t", 5));
}

TEST_F(Engine, FeedsOneSinkFromTwoPipelinesWhenBothHaveDecided) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["q"] = pipeline_of({"s2"}, {"t"});
  config_.pipelines["q"].name = "q";
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  settle();
  EXPECT_EQ(fake("t")->applies, 0);
  fake("s2")->host.publish(service_of("db", 2));
  fake("s2")->host.ready();
  EXPECT_TRUE(sees("t", 3));
}

TEST_F(Engine, ServesTheLastGoodStateAfterARestartWhileTheSourceIsAway) {
  start();
  fake("s")->host.publish(service_of("web", 3));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 3));
  ASSERT_TRUE(stop());
  start();
  EXPECT_TRUE(sees("t", 3));
  fake("s")->host.publish(service_of("web", 0));
  fake("s")->host.ready();
  while (journal(journal_entry::kind::held).empty()) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(sees("t", 3)) << "a source that comes back empty is held by the brake";
}

TEST_F(Engine, ForgetsAPipelineThatLeftTheConfigurationWhileItWasStopped) {
  start();
  fake("s")->host.publish(service_of("web", 8));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 8));
  ASSERT_EQ(pause("old"), "");
  ASSERT_TRUE(stop());
  test::forget_fakes();
  auto without = config_.pipelines.extract("p");
  start();
  on_engine([this] { return engine_->retire_absent(), true; });
  ASSERT_TRUE(stop());
  EXPECT_TRUE(std::filesystem::exists(state_.path() / "p.state.left"));
  EXPECT_TRUE(std::filesystem::exists(state_.path() / "p.paused.left"));
  test::forget_fakes();
  config_.pipelines.insert(std::move(without));
  start();
  on_engine([this] { return engine_->retire_absent(), true; });
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 1)) << "it is a new pipeline, which has nothing to lose and is not paused";
  ASSERT_TRUE(stop());
  EXPECT_TRUE(std::filesystem::exists(state_.path() / "p.state")) << "one that is configured keeps its state";
}

TEST_F(Engine, ComparesTheTargetAtTheResyncInterval) {
  config_.pipelines["p"].resync = 20ms;
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->applies >= 3; }));
  EXPECT_FALSE(fake("t")->reconciles[0]);
  EXPECT_TRUE(fake("t")->reconciles[1]);
  EXPECT_TRUE(fake("t")->reconciles[2]);
}

TEST_F(Engine, LeavesAloneAtAReloadWhatDidNotChange) {
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 1));
  const auto made = test::fakes_made("t");  // one at work, and one that was asked what its target has
  config_.sinks["u"] = instance_of("u", "fake-sink");
  config_.pipelines["p"].sinks = {"t", "u"};
  ASSERT_TRUE(apply()) << faults_;
  EXPECT_TRUE(sees("u", 1));
  EXPECT_EQ(test::fakes_made("s"), 1);
  EXPECT_EQ(test::fakes_made("t"), made);
  EXPECT_EQ(fake("t")->applies, 1);
}

TEST_F(Engine, ReplacesAtAReloadWhatChangedAndKeepsServingMeanwhile) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  const auto old = fake("s");
  config_.sources["s"] = instance_of("s", "fake-source", "different");
  ASSERT_TRUE(apply()) << faults_;
  ASSERT_EQ(test::fakes_made("s"), 2);
  ASSERT_TRUE(old->wait([&] { return old->stopped.load(); }));
  settle();
  EXPECT_EQ(fake("t")->applies, 1) << "the new source has not spoken: nothing changes";
  fake("s")->host.publish(service_of("web", 3));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 3));
}

TEST_F(Engine, ChangesNothingWhenAReloadIsRefused) {
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 1));
  const auto before = fake("s");
  config_.sources["s"] = instance_of("s", "fake-source", "different");
  config_.sinks["u"] = instance_of("u", "fake-sink", "refuse");
  config_.pipelines["p"].sinks = {"u"};
  EXPECT_FALSE(apply());
  EXPECT_EQ(faults_, "test.toml:2:8: error: fake-sink: refused by the fake\n");
  EXPECT_FALSE(before->stopped);
  before->host.publish(service_of("web", 2));
  EXPECT_TRUE(sees("t", 2));
}

TEST_F(Engine, RefusesAPublishAfterStop) {
  start();
  const auto source = fake("s");
  source->host.publish(service_of("web", 1));
  source->host.ready();
  ASSERT_TRUE(sees("t", 1));
  ASSERT_TRUE(stop());
  source->host.publish(service_of("web", 2));
  source->host.ready();
  EXPECT_EQ(fake("t")->applies, 1);
}

TEST_F(Engine, LeavesAPluginBehindThatDoesNotStop) {
  config_.host.stop_deadline = 50ms;
  const auto lanes_of_others = base::lanes_running();  // suites before this one in the process may have left some
  start();
  const auto source = fake("s");
  {
    const std::lock_guard lock(source->mutex);
    source->stop_hangs = true;
  }
  EXPECT_FALSE(stop());
  EXPECT_TRUE(fake("t")->wait([] { return fake("t")->stopped.load(); })) << "the others are stopped all the same";
  {
    const std::lock_guard lock(source->mutex);
    source->stop_hangs = false;
    source->changed.notify_all();
  }
  // It speaks into the context, which must still be there; what it says holds the instance.
  EXPECT_TRUE(test::wait_until([&] {
    context_.restart();
    context_.poll();
    return base::lanes_running() <= lanes_of_others;
  }));
}

// Two datacentres may have machines of one name. Another id would be another server to a target.
TEST_F(Engine, AnEndpointKeepsItsIdWhenTheOtherOfThatIdGoesAndThroughARestart) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["p"].sources = {"s", "s2"};
  config_.pipelines["p"].brake.hold = 0s;
  auto far = service_of("web", 1);
  far.endpoints[0].address = "10.9.9.9";
  const auto has_far_alone = [] {
    return fake("t")->wait([] {
      const auto& last = fake("t")->last;
      return last.size() == 1 && last[0].endpoints.size() == 1 && last[0].endpoints[0].id == "s2/web-1";
    });
  };
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s2")->host.publish(far);
  for (const auto* each : {"s", "s2"}) fake(each)->host.ready();
  ASSERT_TRUE(sees("t", 2));
  fake("s")->host.withdraw("web");
  EXPECT_TRUE(has_far_alone());
  ASSERT_TRUE(restart());
  fake("s2")->host.publish(far);
  for (const auto* each : {"s", "s2"}) fake(each)->host.ready();
  EXPECT_TRUE(has_far_alone());
}

TEST_F(Engine, StopsThoughTheDiskOfItsStateDoesNotAnswer) {
  const auto lanes_of_others = base::lanes_running();
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  const auto before = std::exchange(disk_lane::patience_at_work, 50ms);
  std::optional<test::hung_syncs> disk(std::in_place);
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(sees("t", 3));
  auto stopped = std::async(std::launch::async, [this] { return stop(); });
  EXPECT_EQ(stopped.wait_for(test::patience), std::future_status::ready);
  disk.reset();
  EXPECT_FALSE(stopped.get()) << "a thread is left behind, and the process must not end as if there were none";
  disk_lane::patience_at_work = before;
  EXPECT_TRUE(test::wait_until([&] { return base::lanes_running() <= lanes_of_others; }));
}

// Such as a template that runs a program for long, which ends when the sink is stopped.
TEST_F(Engine, StopsASinkInOrderThatDoesNotAnswer) {
  start();
  stop_answering();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  const auto sink = fake("t");
  ASSERT_TRUE(sink->wait([&] { return sink->applies > 0; }));
  EXPECT_TRUE(stop());
  EXPECT_TRUE(sink->stopped);
}

TEST_F(Engine, ATargetThatIsBackIsComparedBeforeItCountsAsApplied) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  fake("t")->host.status_away("the target is away");
  ASSERT_TRUE(test::wait_until([this] { return !is_up_to_date(); }));
  stop_answering();
  fake("t")->host.status_ok();
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->applies == 2; }));
  EXPECT_TRUE(fake("t")->reconciles.back());
  settle();
  EXPECT_FALSE(is_up_to_date()) << "nobody has compared what it has";
  EXPECT_TRUE(journal(journal_entry::kind::applied).size() == 1);
  fake("t")->answer_open_update();
  EXPECT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
}

// A sink that tends its target can report that it leaves something out, but not that it does so no more.
TEST_F(Engine, WhatASinkLeftOutBetweenUpdatesIsAskedForAgainOnceItsStatusChanges) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  const auto left_out = [this] {
    return on_engine([this] { return engine_->sinks().at("t")->instance().refusal_count(); });
  };
  const std::vector<std::function<void()>> changes = {
      [] { fake("t")->host.status_ok("2 are served again"); },
      [] { fake("t")->host.status_degraded("another remark"); },
  };
  for (const auto& change : changes) {
    fake("t")->host.status_degraded("one is taken out by hand");
    on_engine([] { return 0; });  // else this change of the status would be the one that is asked for
    fake("t")->host.refused("web", "web0", "taken out by hand");
    ASSERT_EQ(left_out(), 1U);
    change();
    EXPECT_TRUE(test::wait_until([&] { return left_out() == 0; }));
    EXPECT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  }
  const auto before = fake("t")->applies;
  fake("t")->host.status_ok("all is well");
  settle();
  EXPECT_EQ(fake("t")->applies, before) << "nothing is left out, so that nothing has to be asked";
}

TEST_F(Engine, ASinkWhoseProcessHasRestartedIsNotUpToDateBeforeItHasCompared) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  stop_answering();
  on_engine([this] { return engine_->sinks().at("t")->on_restarted(), true; });
  EXPECT_FALSE(is_up_to_date());
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->applies == 2; }));
  EXPECT_FALSE(is_up_to_date());
  fake("t")->answer_open_update();
  EXPECT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
}

}  // namespace
}  // namespace drcon::engine
