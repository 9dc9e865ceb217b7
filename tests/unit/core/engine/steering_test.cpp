// What people ask of a running engine: pause, resume, rollback, release of the brake, resync.
#include "engine_fixture.hpp"
#include "model/snapshot.hpp"

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
  ask([](pipeline& each) { return each.pause("lunch"), 0; });
  fake("s")->host.publish(service_of("web", 3));
  ASSERT_TRUE(is_pending());
  settle();
  EXPECT_EQ(fake("t")->applies, 1);
  EXPECT_TRUE(ask([](pipeline& each) { return each.resume(); }));
  EXPECT_TRUE(sees("t", 3));
  EXPECT_FALSE(ask([](pipeline& each) { return each.resume(); })) << "it is not paused any more";
  EXPECT_EQ(journal(journal_entry::kind::steered), (std::vector<std::string>{"paused: lunch", "resumed"}));
}

TEST_F(Steering, APauseOutlivesARestart) {
  start();
  serve(2);
  ask([](pipeline& each) { return each.pause("lunch"), 0; });
  ASSERT_TRUE(stop());
  test::forget_fakes();
  start();
  fake("s")->host.publish(service_of("web", 5));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2)) << "what was served before is served at once";
  ASSERT_TRUE(is_pending());
  EXPECT_EQ(ask([](pipeline& each) { return each.paused()->why; }), "lunch");
  ask([](pipeline& each) { return each.resume(); });
  ASSERT_TRUE(sees("t", 5));
  ASSERT_TRUE(stop());
  test::forget_fakes();
  start();
  EXPECT_FALSE(ask([](pipeline& each) { return each.paused().has_value(); })) << "its end outlives one, too";
}

TEST_F(Steering, APauseOutlivesAReload) {
  start();
  serve(2);
  ask([](pipeline& each) { return each.pause("lunch"), 0; });
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
  EXPECT_FALSE(ask([](pipeline& each) { return each.roll_back(4711); })) << "there is no such revision";
  EXPECT_TRUE(ask([&](pipeline& each) { return each.roll_back(old); }));
  ASSERT_TRUE(sees("t", 2));
  EXPECT_GT(revision(), old + 1) << "a revision is never used again";
  fake("s")->host.publish(service_of("web", 4));
  settle();
  EXPECT_TRUE(sees("t", 2)) << "the next change does not undo it";
  EXPECT_EQ(ask([](pipeline& each) { return each.paused()->why; }), "rolled back to revision " + std::to_string(old));
  ask([](pipeline& each) { return each.resume(); });
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

TEST_F(Steering, AHoldDoesNotRunOutDuringAPause) {
  config_.pipelines["p"].brake.hold = 1s;
  start();
  serve(4);
  fake("s")->host.publish(service_of("web", 0));
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::held).empty(); }));
  ask([](pipeline& each) { return each.pause("who took them?"), 0; });
  EXPECT_EQ(ask([](pipeline& each) { return each.held(); }), "");
  std::this_thread::sleep_for(1100ms);  // longer than the hold: the loss would be applied without the pause
  EXPECT_TRUE(sees("t", 4));
  ask([](pipeline& each) { return each.resume(); });
  EXPECT_EQ(journal(journal_entry::kind::held).size(), 2U) << "the brake asks again";
  EXPECT_TRUE(sees("t", 4));
}

TEST_F(Steering, AResyncComparesThoughNothingChanged) {
  start();
  serve(2);
  ASSERT_TRUE(test::wait_until([this] { return on_engine([this] { return engine_->settled(); }); }));
  EXPECT_EQ(on_engine([this] { return engine_->resync("p"); }), 1U);
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->applies == 2; }));
  EXPECT_TRUE(fake("t")->reconciles.back());
}

}  // namespace
}  // namespace drcon::engine
