// What a reload does to the sinks: no two at one target, and nobody waits for what does not concern it.
#include "engine_fixture.hpp"
#include "model/snapshot.hpp"
#include "report/verdict.hpp"

#include <drcon/detail/entry.hpp>

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <filesystem>

namespace drcon::engine {
namespace {

class Handover : public Engine {
protected:
  void serve(int endpoints) {
    fake("s")->host.publish(service_of("web", endpoints));
    fake("s")->host.ready();
    ASSERT_TRUE(sees("t", static_cast<std::size_t>(endpoints)));
  }
  // The sink has an update that it does not answer.
  void begin_an_update_that_hangs() {
    stop_answering();
    fake("s")->host.publish(service_of("web", 2));
    ASSERT_TRUE(fake("t")->wait([] { return fake("t")->open_ticket.has_value(); }));
  }
  void rename_to(const std::vector<std::string>& names) {
    const auto p = config_.pipelines.at("p");
    config_.pipelines.clear();
    for (const auto& each : names) {
      config_.pipelines[each] = p;
      config_.pipelines[each].name = each;
    }
  }
  sink_runner& sink(const std::string& name) { return *engine_->sinks().at(name); }
};

TEST_F(Handover, ASinkUnderAnotherNameBeginsWhenTheOneBeforeHasEnded) {
  start();
  serve(1);
  begin_an_update_that_hangs();
  const auto old = fake("t");
  config_.sinks.erase("t");
  config_.sinks["u"] = instance_of("u", "fake-sink");
  config_.pipelines["p"].sinks = {"u"};
  ASSERT_TRUE(apply()) << faults_;
  settle();
  EXPECT_FALSE(fake("u")->started) << "it may have the same target";
  EXPECT_THAT(on_engine([this] { return report::unsettled(*engine_); }),
              ::testing::Contains("sink u waits until every sink that a reload has ended has stopped"));
  old->answer_open_update();
  ASSERT_TRUE(sees("u", 2));
  EXPECT_TRUE(old->stopped);
}

TEST_F(Handover, APipelineUnderAnotherNameStaysPaused) {
  start();
  serve(4);
  ASSERT_EQ(pause("lunch"), "");
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(test::wait_until([this] { return on_engine([this] { return engine_->find("p")->pending(); }); }));
  rename_to({"q"});
  ASSERT_TRUE(apply()) << faults_;
  EXPECT_THAT(faults_, ::testing::HasSubstr("pipeline p was paused (lunch): pipeline q, which has its sinks now, is "
                                            "paused in its place"));
  EXPECT_EQ(on_engine([this] { return engine_->find("q")->paused()->why; }), "lunch");
  ASSERT_TRUE(test::wait_until(
      [this] { return on_engine([this] { return engine_->find("q")->current().snapshot != nullptr; }); }));
  settle();
  EXPECT_TRUE(sees("t", 4)) << "what is served stays";
  ASSERT_TRUE(stop());
  EXPECT_TRUE(std::filesystem::exists(state_.path() / "q.paused"));
  EXPECT_FALSE(std::filesystem::exists(state_.path() / "p.paused"));
  test::forget_fakes();
  start();
  fake("s")->host.publish(service_of("web", 3));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 4)) << "through a restart, too";
  EXPECT_EQ(steer([this](engine::steered done) { engine_->resume("q", std::move(done)); }), "");
  EXPECT_TRUE(sees("t", 3));
}

// A plugin whose template may have been edited, which is what the reload is for.
TEST_F(Handover, ASinkThatReadsFilesIsNotInSyncAfterAReloadBeforeItHasCompared) {
  static auto type = *registry_.find("fake-sink")->entry->sink;
  static constexpr auto entry = detail::entry("reader-sink", "1", "A fake.", nullptr, &type);
  registry_.add({.file = "reader-sink",
                 .entry = &entry,
                 .source_schema = {},
                 .sink_schema = parsed_json(R"({"type": "object", "properties": {"file": {"type": "array",
                   "items": {"properties": {"template": {"type": "string", "format": "path", "reads": "always"}}}}}})")});
  config_.sinks["t"] = instance_of("t", "reader-sink");
  start();
  serve(1);
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  stop_answering();
  ASSERT_TRUE(apply()) << faults_;
  EXPECT_FALSE(is_up_to_date());
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->open_ticket.has_value(); }));
  EXPECT_TRUE(fake("t")->reconciles.back());
  EXPECT_THAT(on_engine([this] { return report::unsettled(*engine_); }),
              ::testing::Contains("sink t is applying revision 1"));
  ASSERT_TRUE(apply()) << faults_;
  fake("t")->answer_open_update();
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->applies == 3; })) << "it may have been edited since";
  EXPECT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
}

TEST_F(Handover, ThePauseOfAPipelineThatIsRemovedDoesNotEndInSilence) {
  start();
  serve(4);
  ASSERT_EQ(pause("lunch"), "");
  config_.sinks["u"] = instance_of("u", "fake-sink", "another target");
  rename_to({"q"});
  config_.pipelines["q"].sinks = {"u"};
  config_.sinks.erase("t");
  ASSERT_TRUE(apply()) << faults_;
  EXPECT_THAT(faults_, ::testing::HasSubstr("pipeline p was paused (lunch), and is not in the configuration any more"));
  EXPECT_FALSE(on_engine([this] { return engine_->find("q")->paused().has_value(); }));
}

TEST_F(Handover, TwoReloadsInARowDoNotLetTheThirdBeginBeforeTheFirstHasEnded) {
  start();
  serve(1);
  begin_an_update_that_hangs();
  const auto first = fake("t");
  config_.sinks["t"] = instance_of("t", "fake-sink", "second");
  ASSERT_TRUE(apply()) << faults_;
  config_.sinks["t"] = instance_of("t", "fake-sink", "third");
  ASSERT_TRUE(apply()) << faults_;
  const auto third = test::fake_made_last("t");
  settle();
  EXPECT_FALSE(third->started);
  first->answer_open_update();
  EXPECT_TRUE(third->wait([&] { return third->applies > 0 && third->last.front().endpoints.size() == 2; }));
  EXPECT_TRUE(third->started);
}

TEST_F(Handover, ASinkThatNeverAnswersIsAbandonedAndItsSuccessorComparesWhenItEndsAfterAll) {
  config_.host.stop_deadline = 100ms;
  start();
  serve(1);
  begin_an_update_that_hangs();
  const auto old = fake("t");
  {
    const std::lock_guard lock(old->mutex);
    old->stop_hangs = true;
  }
  config_.sinks["t"] = instance_of("t", "fake-sink", "second");
  ASSERT_TRUE(apply()) << faults_;
  ASSERT_TRUE(sees("t", 2));
  ASSERT_TRUE(is_settled());
  const auto now = test::fake_made_last("t");
  EXPECT_FALSE(now->reconciles.back());
  {
    const std::lock_guard lock(old->mutex);
    old->stop_hangs = false;
    old->changed.notify_all();
  }
  EXPECT_TRUE(now->wait([&] { return now->reconciles.back(); })) << "the old one may have put its content back";
}

TEST_F(Handover, ANewPipelineWhoseSourceIsUnreachableDoesNotFreezeASinkThatOthersFeed) {
  start();
  serve(1);
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["q"] = pipeline_of({"s2"}, {"t"});
  config_.pipelines["q"].name = "q";
  ASSERT_TRUE(apply()) << faults_;
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(sees("t", 3));
  EXPECT_FALSE(on_engine([this] { return sink("t").up_to_date(); })) << "not while q has not decided";
  fake("s2")->host.publish(service_of("db", 2));
  fake("s2")->host.ready();
  ASSERT_TRUE(sees("t", 5));
  EXPECT_TRUE(test::wait_until([this] { return on_engine([this] { return sink("t").up_to_date(); }); }));
}

TEST_F(Handover, AChangedSinkGoesOnWithWhatTheOneBeforeWasFed) {
  start();
  serve(1);
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["q"] = pipeline_of({"s2"}, {"t"});
  config_.pipelines["q"].name = "q";
  config_.sinks["t"] = instance_of("t", "fake-sink", "changed");
  ASSERT_TRUE(apply()) << faults_;
  EXPECT_TRUE(sees("t", 1)) << "it serves what it can, though q has not decided";
}

TEST_F(Handover, ARenamedPipelineTakesNothingOutBeforeItHasDecided) {
  start();
  serve(3);
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines.erase("p");
  config_.pipelines["r"] = pipeline_of({"s2"}, {"t"});
  config_.pipelines["r"].name = "r";
  config_.sources.erase("s");
  config_.sources["other"] = instance_of("other", "fake-source");
  config_.pipelines["o"] = pipeline_of({"other"}, {"t"});
  config_.pipelines["o"].name = "o";
  ASSERT_TRUE(apply()) << faults_;
  fake("other")->host.publish(service_of("db", 1));
  fake("other")->host.ready();
  ASSERT_TRUE(sees("t", 4)) << "what p had stays, since r may be p under another name";
  fake("s2")->host.publish(service_of("web", 3));
  fake("s2")->host.ready();
  EXPECT_TRUE(is_settled());
  EXPECT_TRUE(sees("t", 4));
}

TEST_F(Handover, AStopWaitsForWhatAnOperatorAskedOfASink) {
  config_.host.stop_deadline = test::patience;
  start();
  serve(1);
  const auto sink = fake("t");
  const auto before = test::renders.load();
  test::renders_hang = true;
  std::atomic<bool> answered{false};
  on_engine([&] { return engine_->inspect("t", [&](const inspection&) { answered = true; }), 0; });
  ASSERT_TRUE(test::wait_until([&] { return test::renders > before; }));
  std::thread release([&] {
    sink->wait([&] { return sink->stopped.load(); });
    test::renders_hang = false;
  });
  EXPECT_TRUE(stop());
  release.join();
  EXPECT_TRUE(answered) << "the inspector's thread would have posted to an executor that is gone";
}

TEST_F(Handover, APipelineThatLeftAndComesBackBeginsWithoutItsOldStateAndPause) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.sinks["u"] = instance_of("u", "fake-sink");
  config_.pipelines["q"] = pipeline_of({"s2"}, {"u"});
  config_.pipelines["q"].name = "q";
  const auto with_q = config_;
  start();
  fake("s2")->host.publish(service_of("db", 10));
  fake("s2")->host.ready();
  ASSERT_TRUE(sees("u", 10));
  ASSERT_EQ(steer([this](engine::steered done) { engine_->pause("q", "old", std::move(done)); }), "");
  const auto file = state_.path() / "q.state";
  ASSERT_TRUE(test::wait_until([&] { return std::filesystem::exists(file); }));
  ASSERT_TRUE(test::wait_until([&] { return std::filesystem::exists(state_.path() / "q.paused"); }));
  for (const auto* each : {"q"}) config_.pipelines.erase(each);
  config_.sources.erase("s2");
  config_.sinks.erase("u");
  ASSERT_TRUE(apply()) << faults_;
  EXPECT_FALSE(std::filesystem::exists(file));
  config_ = with_q;
  config_.host.state_directory = state_.path();
  ASSERT_TRUE(apply()) << faults_;
  EXPECT_FALSE(on_engine([this] { return engine_->find("q")->paused().has_value(); }));
  fake("s2")->host.publish(service_of("db", 3));
  fake("s2")->host.ready();
  ASSERT_TRUE(sees("u", 3)) << "nothing of its former life holds it";
}

TEST_F(Handover, ARenamedPipelineIsHeldByWhatItsSinkHas) {
  start();
  serve(10);
  fake("s")->host.publish(service_of("web", 1));
  ASSERT_TRUE(test::wait_until([this] { return on_engine([this] { return !engine_->find("p")->held().empty(); }); }));
  rename_to({"edge"});
  ASSERT_TRUE(apply()) << faults_;
  ASSERT_TRUE(
      test::wait_until([this] { return on_engine([this] { return !engine_->find("edge")->held("web").empty(); }); }));
  settle();
  EXPECT_TRUE(sees("t", 10));
  EXPECT_THAT(on_engine([this] { return engine_->find("edge")->held("web"); }),
              ::testing::HasSubstr("9 of 10 endpoints in service would be removed"));
}

TEST_F(Handover, ANewPipelineWhoseSourceHasNothingIsHeldByWhatItsSinkHas) {
  start();
  serve(10);
  rename_to({"edge"});
  config_.sources["s"] = instance_of("s", "fake-source", "changed");
  ASSERT_TRUE(apply()) << faults_;
  fake("s")->host.ready();
  ASSERT_TRUE(
      test::wait_until([this] { return on_engine([this] { return !engine_->find("edge")->held("web").empty(); }); }));
  settle();
  EXPECT_TRUE(sees("t", 10));
}

TEST_F(Handover, APipelineThatIsSplitHoldsNothingThatTheOtherHas) {
  start();
  fake("s")->host.publish(service_of("web", 4));
  fake("s")->host.publish(service_of("db", 3));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 7));
  rename_to({"a", "b"});
  config_.pipelines["a"].filter.service = "web";
  config_.pipelines["b"].filter.service = "db";
  ASSERT_TRUE(apply()) << faults_;
  ASSERT_TRUE(is_settled());
  EXPECT_TRUE(journal(journal_entry::kind::held).empty());
  EXPECT_EQ(on_engine([this] { return engine_->find("a")->current().snapshot->endpoint_count(); }), 4U);
  EXPECT_TRUE(sees("t", 7));
}

// It was added by a reload, and has nothing at the sink yet: at a restart the others would wait for it for ever.
TEST_F(Handover, APipelineThatNeverDecidedHoldsUpNoOtherAfterARestart) {
  start();
  serve(1);
  ASSERT_TRUE(test::wait_until([this] { return std::filesystem::exists(state_.path() / "p.state"); }));
  ASSERT_TRUE(stop());
  test::forget_fakes();
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["q"] = pipeline_of({"s2"}, {"t"});
  config_.pipelines["q"].name = "q";
  start();
  fake("s")->host.publish(service_of("web", 3));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 3));
  EXPECT_FALSE(on_engine([this] { return sink("t").up_to_date(); })) << "q has not decided";
  fake("s2")->host.publish(service_of("db", 2));
  fake("s2")->host.ready();
  EXPECT_TRUE(sees("t", 5));
}

// Without any state nobody knows what the target has of it.
TEST_F(Handover, APipelineThatHasNotDecidedIsWaitedForWhenThereIsNoStateAtAll) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["q"] = pipeline_of({"s2"}, {"t"});
  config_.pipelines["q"].name = "q";
  const auto before = std::exchange(pipeline::patience_before_last_good, 50ms);
  start();
  fake("s")->host.publish(service_of("web", 3));
  fake("s")->host.ready();
  EXPECT_TRUE(test::wait_until([this] { return on_engine([this] { return engine_->find("q")->has_waited(); }); }));
  settle();
  EXPECT_EQ(fake("t")->applies, 0);
  pipeline::patience_before_last_good = before;
}

}  // namespace
}  // namespace drcon::engine
