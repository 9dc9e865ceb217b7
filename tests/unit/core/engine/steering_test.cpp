// What people ask of a running engine: pause, resume, rollback, release of the brake, resync.
#include "engine_fixture.hpp"

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
  EXPECT_FALSE(ask([](pipeline& each) { return each.release_brake(); })) << "it holds nothing";
  fake("s")->host.publish(service_of("web", 1));
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::held).empty(); }));
  const auto held = ask([](pipeline& each) { return each.held_back(); });
  EXPECT_EQ(held.counts.removed, 3U);
  EXPECT_GT(held.until, std::chrono::system_clock::now());
  EXPECT_TRUE(ask([](pipeline& each) { return each.release_brake(); }));
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
  std::this_thread::sleep_for(1100ms);  // longer than the hold: what would be believed without the pause
  EXPECT_TRUE(sees("t", 4));
  ask([](pipeline& each) { return each.resume(); });
  EXPECT_EQ(journal(journal_entry::kind::held).size(), 2U) << "the brake asks anew";
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

// ---- explain ----

class Explain : public Steering {
protected:
  nlohmann::json explain(const std::string& asked) {
    return on_engine([&] { return engine_->explain("p", asked, {}); })["matches"];
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

TEST_F(Explain, SaysWhenItWentAndThatNoSourceListsIt) {
  start();
  serve(3);
  fake("s")->host.publish(service_of("web", 2));
  ASSERT_TRUE(sees("t", 2));
  ASSERT_TRUE(settles());
  const auto gone = explain("web-3").at(0);
  EXPECT_EQ(gone["verdict"], "not in rotation: no source lists it");
  EXPECT_GT(gone["decided"]["gone_at"], 0);
  EXPECT_EQ(gone["decided"]["since_revision"], 2);
  EXPECT_EQ(gone["sources"][0]["says"], "absent");
  EXPECT_GT(gone["sources"][0]["told"], 0);
  EXPECT_EQ(gone["journal"].back()["endpoints"][0]["change"], "removed");
}

TEST_F(Explain, NamesTheConditionThatLeavesItOut) {
  config_.pipelines["p"].filter.tags = {"v2"};
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(test::wait_until([this] { return !explain("web-1").empty(); }));
  ASSERT_TRUE(test::wait_until([this] { return explain("web-1")[0]["decided"]["revision"] == 1; }));
  EXPECT_EQ(verdict("web-1"), "not in rotation: left out: filter.tags wants v2; it has none");
}

TEST_F(Explain, SaysThatTheBrakeKeepsWhatItsSourceLacks) {
  start();
  serve(4);
  fake("s")->host.publish(service_of("web", 1));
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::held).empty(); }));
  const auto kept = explain("web-4").at(0);
  EXPECT_EQ(kept["in_rotation"], true);
  EXPECT_EQ(kept["sources"][0]["says"], "absent");
  EXPECT_THAT(kept["verdict"].get<std::string>(), testing::HasSubstr("the brake holds an update: 3 of 4"));
}

TEST_F(Explain, SaysThatAPauseKeepsItOut) {
  start();
  serve(1);
  ask([](pipeline& each) { return each.pause("lunch"), 0; });
  fake("s")->host.publish(service_of("web", 2));
  ASSERT_TRUE(is_pending());
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
  EXPECT_EQ(verdict("web-1"), "not in rotation at sink t, whose last answer is 'away': nobody listens");
}

TEST_F(Explain, SaysWhatASourceMayNotSay) {
  start();
  auto hostile = service_of("web", 2);
  hostile.endpoints[1].address = "1.2.3.4;\n}";
  fake("s")->host.publish(hostile);
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 1));
  EXPECT_THAT(verdict("web-2"),
              testing::StartsWith("not in rotation: left out: what source s says of it cannot be used"));
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
  EXPECT_EQ(verdict("web-3"),
            "not in rotation: merge = \"prefer\": source s speaks, and the word of other does not count");
}

}  // namespace
}  // namespace drcon::engine
