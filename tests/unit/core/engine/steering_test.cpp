// What people ask of a running engine: pause, resume, rollback, release of the brake, resync.
#include "engine_fixture.hpp"
#include "model/snapshot.hpp"
#include "report/verdict.hpp"

#include <filesystem>
#include <future>

namespace drcon::engine {
namespace {

class Steering : public Engine {
protected:
  void serve(int endpoints) {
    fake("s")->host.publish(service_of("web", endpoints));
    fake("s")->host.ready();
    ASSERT_TRUE(sees("t", static_cast<std::size_t>(endpoints)));
  }
  pipeline& p() { return *engine_->find("p"); }
  template <class Function>
  auto ask(Function function) {
    return on_engine([&] { return function(p()); });
  }
  bool is_pending() {
    return test::wait_until([this] { return ask([](pipeline& each) { return each.pending(); }); });
  }
  std::uint64_t revision() {
    return ask([](pipeline& each) { return each.current().snapshot->revision(); });
  }
};

TEST_F(Steering, APausedPipelineDecidesNothingUntilItIsResumed) {
  start();
  serve(2);
  EXPECT_EQ(pause("lunch"), "");
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(is_pending());
  settle();
  EXPECT_EQ(fake("t")->applies, 1);
  EXPECT_EQ(resume(), "");
  EXPECT_TRUE(sees("t", 3));
  EXPECT_FALSE(ask([](pipeline& each) { return each.resume(); })) << "it is not paused any more";
  EXPECT_EQ(journal(journal_entry::kind::steered), (std::vector<std::string>{"paused: lunch", "resumed"}));
}

TEST_F(Steering, APauseOutlivesARestart) {
  start();
  serve(2);
  EXPECT_EQ(pause("lunch"), "");
  ASSERT_TRUE(restart());
  fake("s")->host.publish(service_of("web", 5));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2)) << "what was served before is served at once";
  ASSERT_TRUE(is_pending());
  EXPECT_EQ(ask([](pipeline& each) { return each.paused()->why; }), "lunch");
  EXPECT_EQ(resume(), "");
  ASSERT_TRUE(sees("t", 5));
  ASSERT_TRUE(restart());
  EXPECT_FALSE(ask([](pipeline& each) { return each.paused().has_value(); })) << "its end outlives one, too";
}

TEST_F(Steering, IsOnDiskWhenItIsAnswered) {
  start();
  serve(2);
  ASSERT_EQ(pause("lunch"), "");
  EXPECT_TRUE(std::filesystem::exists(state_.path() / "p.paused")) << "whatever ends drcon now, the pause lasts";
  ASSERT_EQ(resume(), "");
  EXPECT_FALSE(std::filesystem::exists(state_.path() / "p.paused"));
}

TEST_F(Steering, HasNoEffectWhenItCannotBeKept) {
  start();
  serve(2);
  const auto is_paused = [this] { return ask([](pipeline& each) { return each.paused().has_value(); }); };
  std::filesystem::create_directory(state_.path() / "p.paused.new");  // so that no file can be written there
  EXPECT_THAT(pause("lunch"), ::testing::HasSubstr("p.paused.new"));
  EXPECT_FALSE(is_paused());
  const auto now = revision();
  EXPECT_NE(steer([&](engine::steered done) { engine_->roll_back("p", now, std::move(done)); }), "");
  EXPECT_FALSE(is_paused());
  EXPECT_EQ(revision(), now);
  std::filesystem::remove(state_.path() / "p.paused.new");
  ASSERT_EQ(pause("lunch"), "");
  std::filesystem::remove(state_.path() / "p.paused");
  std::filesystem::create_directories(state_.path() / "p.paused");  // so that no file can be removed there
  EXPECT_THAT(resume(), ::testing::HasSubstr("p.paused"));
  EXPECT_TRUE(is_paused()) << "a restart would find it paused";
}

TEST_F(Steering, ASecondPauseKeepsTheReasonOfTheFirst) {
  start();
  serve(2);
  const auto why = [this] { return ask([](pipeline& each) { return each.paused()->why; }); };
  ASSERT_EQ(pause("CHG-1234 maintenance"), "");
  ASSERT_EQ(pause(""), "");
  EXPECT_EQ(why(), "CHG-1234 maintenance");
  ASSERT_EQ(pause("and the other rack"), "");
  EXPECT_EQ(why(), "CHG-1234 maintenance; and the other rack");
}

// Who has paused is asked when somebody wants to know whether the pause may end, also after a restart.
TEST_F(Steering, WhoPausedIsKeptWithTheMarkAndInTheJournal) {
  start();
  serve(2);
  const auto by = [this](const std::string& why, const std::string& who) {
    return steer([&](engine::steered done) { engine_->pause("p", why, std::move(done), who); });
  };
  EXPECT_EQ(by("lunch", "user anna (pid 7)"), "");
  EXPECT_EQ(by("tea", "user bob (pid 8)"), "");
  EXPECT_EQ(on_engine([this] { return engine_->find("p")->paused()->who; }), "user anna (pid 7), user bob (pid 8)");
  ASSERT_TRUE(restart());
  EXPECT_EQ(on_engine([this] { return engine_->find("p")->paused()->who; }), "user anna (pid 7), user bob (pid 8)");
  EXPECT_EQ(steer([this](engine::steered done) { engine_->resume("p", std::move(done), "user eve (pid 9)"); }), "");
  EXPECT_EQ(on_engine([this] { return engine_->log().entries().back().who; }), "user eve (pid 9)");
}

TEST_F(Steering, APauseOutlivesAReload) {
  start();
  serve(2);
  EXPECT_EQ(pause("lunch"), "");
  config_.pipelines["p"].wait.max = 77ms;
  ASSERT_TRUE(apply()) << faults_;
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(is_pending());
  settle();
  EXPECT_EQ(fake("t")->applies, 1);
  EXPECT_EQ(ask([](pipeline& each) { return each.paused()->why; }), "lunch");
}

TEST_F(Steering, ARollbackServesTheOldContentAndStaysThere) {
  start();
  serve(2);
  const auto old = revision();
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(sees("t", 3));
  EXPECT_FALSE(ask([](pipeline& each) { return each.remembers(4711); })) << "there is no such revision";
  EXPECT_EQ(steer([&](engine::steered done) { engine_->roll_back("p", old, std::move(done)); }), "");
  ASSERT_TRUE(sees("t", 2));
  EXPECT_GT(revision(), old + 1) << "a revision is never used again";
  fake("s")->host.publish(service_of("web", 4));
  settle();
  EXPECT_TRUE(sees("t", 2)) << "the next change does not undo it";
  EXPECT_EQ(ask([](pipeline& each) { return each.paused()->why; }), "rolled back to revision " + std::to_string(old));
  EXPECT_EQ(resume(), "");
  EXPECT_TRUE(sees("t", 4));
}

// What a kill right after the answer would leave.
model::snapshot_ptr kept_on_disk(const std::filesystem::path& directory) {
  const auto loaded = state_store(directory).load("p");
  return loaded.last_good;
}

TEST_F(Steering, ARollbackAndItsContentAreOnDiskWhenItIsAnswered) {
  start();
  serve(2);
  const auto old = revision();
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(sees("t", 3));
  ASSERT_EQ(steer([&](engine::steered done) { engine_->roll_back("p", old, std::move(done)); }), "");
  const auto kept = kept_on_disk(state_.path());
  ASSERT_TRUE(kept) << "it says rolled back, and would not serve that";
  EXPECT_EQ(kept->endpoint_count(), 2U);
}

TEST_F(Steering, ARollbackWhoseContentCannotBeKeptHasNoEffect) {
  start();
  serve(2);
  const auto old = revision();
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(sees("t", 3));
  ASSERT_TRUE(test::wait_until([this] {
    const auto kept = kept_on_disk(state_.path());
    return kept && kept->endpoint_count() == 3;
  }));
  // No file can be written there; the store may be writing what is served just now.
  ASSERT_TRUE(test::wait_until([this] {
    std::error_code error;
    return std::filesystem::create_directory(state_.path() / "p.state.new", error);
  }));
  EXPECT_THAT(steer([&](engine::steered done) { engine_->roll_back("p", old, std::move(done)); }),
              ::testing::HasSubstr("p.state.new"));
  EXPECT_FALSE(ask([](pipeline& each) { return each.paused().has_value(); }));
  EXPECT_FALSE(std::filesystem::exists(state_.path() / "p.paused"));
  EXPECT_EQ(fake("t")->applies, 2);
}

TEST_F(Steering, ARollbackWhoseMarkCannotBeKeptLeavesWhatIsServedOnDisk) {
  start();
  serve(2);
  const auto old = revision();
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(sees("t", 3));
  std::filesystem::create_directory(state_.path() / "p.paused.new");
  EXPECT_NE(steer([&](engine::steered done) { engine_->roll_back("p", old, std::move(done)); }), "");
  EXPECT_TRUE(test::wait_until([this] {
    const auto kept = kept_on_disk(state_.path());
    return kept && kept->endpoint_count() == 3;
  }));
}

TEST_F(Steering, ARollbackToARevisionThatIsNotKeptDoesNotPause) {
  start();
  serve(2);
  EXPECT_THAT(steer([&](engine::steered done) { engine_->roll_back("p", 4711, std::move(done)); }),
              ::testing::HasSubstr("4711 is not kept"));
  EXPECT_FALSE(ask([](pipeline& each) { return each.paused().has_value(); }));
  EXPECT_FALSE(std::filesystem::exists(state_.path() / "p.paused"));
}

TEST_F(Steering, AReleaseIsOnDiskWhenItIsAnswered) {
  start();
  serve(4);
  fake("s")->host.publish(service_of("web", 1));
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::held).empty(); }));
  ASSERT_EQ(release_brake(), "");
  const auto kept = kept_on_disk(state_.path());
  ASSERT_TRUE(kept) << "a restart would hold it again";
  EXPECT_EQ(kept->endpoint_count(), 1U);
  EXPECT_TRUE(sees("t", 1));
}

TEST_F(Steering, AReleaseThatCannotBeKeptHasNoEffect) {
  start();
  serve(4);
  fake("s")->host.publish(service_of("web", 1));
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::held).empty(); }));
  // The store may be writing what is served just now.
  ASSERT_TRUE(test::wait_until([this] {
    std::error_code error;
    return std::filesystem::create_directory(state_.path() / "p.state.new", error);
  }));
  EXPECT_THAT(release_brake(), ::testing::HasSubstr("p.state.new"));
  EXPECT_NE(ask([](pipeline& each) { return each.held(); }), "");
  EXPECT_TRUE(sees("t", 4));
}

TEST_F(Steering, AReleasedBrakeLetsTheLossPass) {
  start();
  serve(4);
  EXPECT_FALSE(ask([](pipeline& each) { return each.release_brake().has_value(); })) << "it holds nothing";
  fake("s")->host.publish(service_of("web", 1));
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::held).empty(); }));
  const auto held = ask([](pipeline& each) { return each.held_back(); });
  EXPECT_EQ(held.counts.removed, 3U);
  EXPECT_GT(held.until, std::chrono::system_clock::now());
  EXPECT_TRUE(ask([](pipeline& each) { return each.release_brake().has_value(); }));
  EXPECT_TRUE(sees("t", 1));
  fake("s")->host.publish(service_of("web", 0));
  ASSERT_TRUE(test::wait_until([this] { return journal(journal_entry::kind::held).size() == 2; }))
      << "one release is for one loss";
}

TEST_F(Steering, APauseIsRefusedWhenWhatItWasJudgedByHasChangedMeanwhile) {
  start();
  serve(4);
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  fake("s")->host.publish(service_of("web", 1));
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::held).empty(); }));
  const auto why = steer([this](engine::steered done) {
    engine_->pause("p", "lunch", std::move(done));
    EXPECT_TRUE(p().release_brake()) << "while the mark is being written";
  });
  EXPECT_EQ(why, "the snapshot or the sinks of the pipeline changed while it was being paused; try again");
  EXPECT_FALSE(ask([](pipeline& each) { return each.paused() || each.is_pausing(); }));
  EXPECT_FALSE(std::filesystem::exists(state_.path() / "p.paused")) << "a restart would begin with a refused pause";
  EXPECT_TRUE(sees("t", 1)) << "it goes on as if nobody had asked";
  EXPECT_EQ(pause("lunch"), "");
}

TEST_F(Steering, APauseLeavesNoMarkOfAPipelineThatWasRemovedMeanwhile) {
  start();
  serve(2);
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  const auto why = steer([this](engine::steered done) {
    engine_->pause("p", "lunch", std::move(done));
    config_.pipelines.clear();
    config::diagnostics found;
    EXPECT_TRUE(engine_->apply(config_, found));
  });
  EXPECT_EQ(why, "a reload has removed pipeline p");
  EXPECT_FALSE(std::filesystem::exists(state_.path() / "p.paused")) << "it would be paused when it comes back";
}

// What another pipeline has as well may leave one without a difference to what its sink is given.
TEST_F(Steering, ASinkThatHasWhatWasDecidedWithoutAnUpdateIsNotBehind) {
  config_.sources["r"] = instance_of("r", "fake-source");
  config_.pipelines["q"] = pipeline_of({"r"}, {"t"});
  config_.pipelines["q"].name = "q";
  start();
  fake("r")->host.publish(service_of("web", 3));
  fake("r")->host.ready();
  serve(3);
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  fake("s")->host.publish(service_of("web", 2));
  ASSERT_TRUE(test::wait_until(
      [this] { return ask([](pipeline& each) { return each.current().snapshot->endpoint_count() == 2; }); }));
  ASSERT_EQ(pause("lunch"), "");
  EXPECT_THAT(ask([](pipeline& each) { return each.paused()->behind; }), ::testing::IsEmpty());
  EXPECT_EQ(ask([](pipeline& each) { return each.current().snapshot->endpoint_count(); }), 2U)
      << "what is served goes back to nothing older";
}

TEST_F(Steering, AHoldDoesNotRunOutDuringAPause) {
  config_.pipelines["p"].brake.hold = 1s;
  start();
  serve(4);
  fake("s")->host.publish(service_of("web", 0));
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::held).empty(); }));
  EXPECT_EQ(pause("who took them?"), "");
  EXPECT_EQ(ask([](pipeline& each) { return each.held(); }), "");
  EXPECT_THAT(ask([](pipeline& each) { return each.would_hold()->why; }), ::testing::HasSubstr("4 of 4"));
  std::this_thread::sleep_for(1100ms);  // longer than the hold: the loss would be applied without the pause
  EXPECT_TRUE(sees("t", 4));
  EXPECT_EQ(resume(), "");
  EXPECT_EQ(journal(journal_entry::kind::held).size(), 2U) << "the brake asks again";
  EXPECT_FALSE(ask([](pipeline& each) { return each.would_hold().has_value(); })) << "it does hold now";
  EXPECT_TRUE(sees("t", 4));
}

TEST_F(Steering, ALossThatComesDuringAPauseIsForeseenUntilItIsOver) {
  start();
  serve(4);
  EXPECT_EQ(pause("lunch"), "");
  const auto foreseen = [this] { return ask([](pipeline& each) { return each.would_hold().has_value(); }); };
  EXPECT_FALSE(foreseen());
  fake("s")->host.publish(service_of("web", 1));
  ASSERT_TRUE(test::wait_until(foreseen));
  EXPECT_EQ(ask([](pipeline& each) { return each.would_hold()->counts.removed; }), 3U);
  EXPECT_EQ(journal(journal_entry::kind::held).size(), 0U) << "nothing is held yet";
  fake("s")->host.publish(service_of("web", 3));
  EXPECT_TRUE(test::wait_until([&] { return !foreseen(); }));
}

// A sink that is applying an update when the pause is asked for.
class PauseWhileApplying : public Steering {
protected:
  void TearDown() override { engine::pause_patience = 60s; }
  // Three endpoints are applied, and not answered yet.
  void apply_three() {
    start();
    serve(2);
    ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
    stop_answering();
    fake("s")->host.publish(service_of("web", 3));
    ASSERT_TRUE(sees("t", 3));
  }
  // Sink u has applied three endpoints, and sink t keeps the two that it had before.
  void pause_with_t_behind() {
    config_.sinks["t"] = instance_of("t", "fake-sink", "of t");
    config_.sinks["u"] = instance_of("u", "fake-sink", "of u");
    config_.pipelines["p"].sinks = {"t", "u"};
    start();
    serve(2);
    ASSERT_TRUE(sees("u", 2));
    ASSERT_TRUE(is_settled());
    answer_with(retry("the reload failed"));
    fake("s")->host.publish(service_of("web", 3));
    ASSERT_TRUE(sees("u", 3));
    ASSERT_TRUE(sees("t", 3));
    ASSERT_EQ(pause("lunch"), "");
    answer_with(ok());
  }
  // Paused when sink t has answered an update with three endpoints so.
  void pause_after(const outcome& how) {
    answer_with(how);
    fake("s")->host.publish(service_of("web", 3));
    ASSERT_TRUE(sees("t", 3));
    ASSERT_EQ(pause("lunch"), "");
    answer_with(ok());
  }
  // The same target under another name.
  void rename_t_to_v() {
    config_.sinks.erase("t");
    config_.sinks["v"] = instance_of("v", "fake-sink", "of t");
  }
  std::vector<std::string> behind(const std::string& pipeline) {
    return on_engine([&] { return engine_->find(pipeline)->paused()->behind; });
  }
  static int applies_of(const std::string& sink) {
    const std::lock_guard lock(fake(sink)->mutex);
    return fake(sink)->applies;
  }
  void decide(int endpoints) {
    fake("s")->host.publish(service_of("web", endpoints));
    ASSERT_TRUE(test::wait_until([&] { return served() == static_cast<std::size_t>(endpoints); }));
  }
  std::size_t served() {
    return ask([](pipeline& each) { return each.current().snapshot->endpoint_count(); });
  }
  std::future<std::string> begin_pause() {
    const auto answer = std::make_shared<std::promise<std::string>>();
    on_engine([&] {
      engine_->pause("p", "lunch",
                     [answer](const base::result<>& how) { answer->set_value(how ? "" : how.error().why); });
      return true;
    });
    return answer->get_future();
  }
  // A resume, and a pause that is asked for while that is being written.
  std::future<std::string> begin_resume_and(const std::string& why) {
    const auto answer = std::make_shared<std::promise<std::string>>();
    on_engine([&] {
      engine_->resume("p", [](const base::result<>&) {});
      engine_->pause("p", why, [answer](const base::result<>& how) { answer->set_value(how ? "" : how.error().why); });
      return true;
    });
    return answer->get_future();
  }
  std::string why_paused() {
    return ask([](pipeline& each) { return each.paused() ? each.paused()->why : "it is not"; });
  }
  static bool is_open(const std::future<std::string>& answer) {
    return answer.wait_for(0s) != std::future_status::ready;
  }
  static void answer_with(const outcome& how) {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answer = how;
  }
};

TEST_F(PauseWhileApplying, IsAnsweredWhenTheUpdateHasEnded) {
  apply_three();
  auto answer = begin_pause();
  settle();
  EXPECT_TRUE(is_open(answer)) << "the target is about to change";
  EXPECT_FALSE(ask([](pipeline& each) { return each.paused().has_value(); }));
  fake("t")->answer_open_update();
  EXPECT_EQ(answer.get(), "");
  settle();
  EXPECT_EQ(applies_of("t"), 2);
  EXPECT_EQ(served(), 3U);
}

TEST_F(PauseWhileApplying, WhatWasDecidedMeanwhileWaitsForTheResume) {
  apply_three();
  decide(4);
  auto answer = begin_pause();
  settle();
  fake("t")->answer_open_update();
  ASSERT_EQ(answer.get(), "");
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  EXPECT_TRUE(sees("t", 3));
  EXPECT_EQ(served(), 3U);
  EXPECT_TRUE(ask([](pipeline& each) { return each.pending(); }));
  const auto kept = kept_on_disk(state_.path());
  ASSERT_TRUE(kept) << "a restart in the pause would serve what was never applied";
  EXPECT_EQ(kept->endpoint_count(), 3U);
  EXPECT_EQ(resume(), "");
  EXPECT_TRUE(sees("t", 4));
}

TEST_F(PauseWhileApplying, AnUpdateThatFailedIsNotRetried) {
  start();
  serve(2);
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  pause_after(retry("the reload failed"));
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  EXPECT_TRUE(sees("t", 2));
  EXPECT_EQ(served(), 2U);
  ASSERT_TRUE(restart());
  fake("s")->host.publish(service_of("web", 3));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 2));
  EXPECT_EQ(resume(), "");
  EXPECT_TRUE(sees("t", 3));
}

TEST_F(PauseWhileApplying, ASnapshotThatWasRejectedIsNotTriedByAResync) {
  start();
  serve(2);
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  pause_after(rejected("it does not fit"));
  on_engine([this] { return engine_->resync("p"); });
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  EXPECT_TRUE(sees("t", 2));
}

TEST_F(PauseWhileApplying, ASinkThatHasNotAppliedItKeepsWhatItHasThroughARestart) {
  pause_with_t_behind();
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  EXPECT_TRUE(sees("t", 2));
  EXPECT_TRUE(sees("u", 3));
  EXPECT_EQ(served(), 3U);
  EXPECT_THAT(on_engine([this] { return report::caveats(*engine_); }),
              ::testing::Contains(::testing::HasSubstr("sink t keeps what it had of pipeline p")));
  ASSERT_TRUE(restart());
  ASSERT_TRUE(sees("u", 3));
  settle();
  EXPECT_EQ(applies_of("t"), 0) << "what the target has is not known any more";
  fake("s")->host.publish(service_of("web", 3));
  fake("s")->host.ready();
  EXPECT_TRUE(is_settled()) << "nobody can wait for a sink that the pause keeps as it is";
  EXPECT_THAT(on_engine([this] { return report::unsettled(*engine_); }), ::testing::IsEmpty());
  EXPECT_EQ(on_engine([this] { return report::verdict_of(*engine_); }), report::verdict::caveats);
  EXPECT_EQ(resume(), "");
  EXPECT_TRUE(sees("t", 3));
}

TEST_F(PauseWhileApplying, ASinkThatGetsAnotherNameInThePauseKeepsWhatItHas) {
  pause_with_t_behind();
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  rename_t_to_v();
  config_.pipelines["p"].sinks = {"v", "u"};
  ASSERT_TRUE(apply()) << faults_;
  ASSERT_TRUE(fake("v")->wait([] { return fake("v")->started.load(); }));
  settle();
  EXPECT_EQ(applies_of("v"), 0) << "its target has something else than what is served";
  EXPECT_THAT(behind("p"), ::testing::ElementsAre("v"));
  ASSERT_TRUE(stop());
  const auto kept = pause_store(state_.path()).load("p");
  ASSERT_TRUE(kept);
  EXPECT_THAT(kept->behind, ::testing::ElementsAre("v")) << "a restart would change it";
}

TEST_F(PauseWhileApplying, ASinkAndAPipelineThatGetOtherNamesInThePauseKeepWhatTheyHave) {
  pause_with_t_behind();
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  rename_t_to_v();
  config_.pipelines["q"] = config_.pipelines["p"];
  config_.pipelines["q"].name = "q";
  config_.pipelines["q"].sinks = {"u", "v"};
  config_.pipelines.erase("p");
  ASSERT_TRUE(apply()) << faults_;
  ASSERT_TRUE(fake("v")->wait([] { return fake("v")->started.load(); }));
  EXPECT_THAT(behind("q"), ::testing::ElementsAre("v"));
  ASSERT_TRUE(test::wait_until(
      [this] { return on_engine([this] { return engine_->find("q")->current().snapshot != nullptr; }); }));
  settle();
  EXPECT_EQ(applies_of("v"), 0);
}

TEST_F(PauseWhileApplying, ASinkThatIsRemovedInThePauseIsNotNamedAnyMore) {
  pause_with_t_behind();
  config_.sinks.erase("t");
  config_.pipelines["p"].sinks = {"u"};
  ASSERT_TRUE(apply()) << faults_;
  EXPECT_THAT(behind("p"), ::testing::IsEmpty());
}

TEST_F(PauseWhileApplying, AHoldThatEndedWhileAPauseWasTriedEnds) {
  config_.pipelines["p"].brake.hold = 300ms;
  engine::pause_patience = 600ms;
  apply_three();
  fake("s")->host.publish(service_of("web", 0));
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::held).empty(); }));
  // What passes beside the hold leaves nothing that waits but the hold itself.
  fake("s")->host.publish(service_of("api", 1));
  ASSERT_TRUE(test::wait_until([&] { return served() != 3U; }));
  EXPECT_THAT(pause("lunch"), ::testing::HasSubstr("is still applying an update"));
  EXPECT_TRUE(test::wait_until([this] { return served() == 1U; })) << "no timer asks a second time";
}

TEST_F(PauseWhileApplying, APipelineThatIsAddedAgainMeanwhileCanBePaused) {
  apply_three();
  auto answer = begin_pause();
  const auto p = config_.pipelines.at("p");
  config_.pipelines.clear();
  ASSERT_TRUE(apply()) << faults_;
  config_.pipelines["p"] = p;
  ASSERT_TRUE(apply()) << faults_;
  fake("s")->host.publish(service_of("web", 4));
  ASSERT_TRUE(test::wait_until(
      [this] { return ask([](pipeline& each) { return each.current().snapshot != nullptr; }) && served() == 4U; }));
  fake("t")->answer_open_update();
  answer.get();
  resume();  // if it is paused: it has the name for which the pause was asked
  ASSERT_TRUE(sees("t", 4));
  stop_answering();
  fake("s")->host.publish(service_of("web", 5));
  ASSERT_TRUE(sees("t", 5));
  auto second = begin_pause();
  EXPECT_TRUE(ask([](pipeline& each) { return each.is_pausing(); }));
  fake("t")->answer_open_update();
  EXPECT_EQ(second.get(), "");
}

// Two operators within one write of the disk. The second sees a pipeline that is paused, and is no more when its own
// mark is on disk.
TEST_F(PauseWhileApplying, ThatIsAskedForDuringAResumeWaitsForTheUpdateOfTheResume) {
  start();
  serve(2);
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  ASSERT_EQ(pause("lunch"), "");
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(is_pending());
  stop_answering();
  auto second = begin_resume_and("tea");
  ASSERT_TRUE(sees("t", 3)) << "the resume has taken effect";
  settle();
  EXPECT_TRUE(is_open(second)) << "the target is about to change";
  fake("t")->answer_open_update();
  EXPECT_EQ(second.get(), "");
  EXPECT_EQ(why_paused(), "tea") << "the pause before it has ended";
}

TEST_F(PauseWhileApplying, ThatIsAskedForDuringAResumeFindsOutWhichSinksAreBehind) {
  pause_with_t_behind();
  ASSERT_THAT(behind("p"), ::testing::ElementsAre("t"));
  EXPECT_EQ(begin_resume_and("tea").get(), "");
  EXPECT_THAT(behind("p"), ::testing::IsEmpty()) << "the resume has given it what is served";
}

TEST_F(PauseWhileApplying, TheReasonsOfTwoThatAreAskedForAtOnceAreKept) {
  start();
  serve(2);
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  auto first = begin_pause();
  EXPECT_EQ(pause("tea"), "");
  EXPECT_EQ(first.get(), "");
  EXPECT_EQ(why_paused(), "lunch; tea");
  EXPECT_EQ(pause_store(state_.path()).load("p")->why, "lunch; tea");
}

TEST_F(PauseWhileApplying, ARollbackDuringAResumeHasItsOwnReason) {
  start();
  serve(2);
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); }));
  ASSERT_EQ(pause("lunch"), "");
  std::promise<std::string> answer;
  on_engine([&] {
    engine_->resume("p", [](const base::result<>&) {});
    engine_->roll_back("p", 1, [&](const base::result<>& how) { answer.set_value(how ? "" : how.error().why); });
    return true;
  });
  EXPECT_EQ(answer.get_future().get(), "");
  EXPECT_EQ(why_paused(), "rolled back to revision 1");
}

TEST_F(PauseWhileApplying, IsRefusedWhenTheUpdateDoesNotEnd) {
  engine::pause_patience = 50ms;
  apply_three();
  EXPECT_THAT(pause("lunch"), ::testing::HasSubstr("sink t is still applying an update after 50ms"));
  EXPECT_FALSE(ask([](pipeline& each) { return each.paused().has_value(); }));
  EXPECT_FALSE(std::filesystem::exists(state_.path() / "p.paused"));
  fake("t")->answer_open_update();
  fake("s")->host.publish(service_of("web", 4));
  EXPECT_TRUE(sees("t", 4)) << "it goes on as if nobody had asked";
}

TEST_F(Steering, AResyncComparesThoughNothingChanged) {
  start();
  serve(2);
  ASSERT_TRUE(is_settled());
  EXPECT_EQ(on_engine([this] { return engine_->resync("p"); }), 1U);
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->applies == 2; }));
  EXPECT_TRUE(fake("t")->reconciles.back());
}

}  // namespace
}  // namespace drcon::engine
