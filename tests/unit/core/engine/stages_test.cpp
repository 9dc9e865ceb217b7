// How long the way of a change took, as the journal has it.
#include "engine_fixture.hpp"

namespace drcon::engine {
namespace {

class Stages : public Engine {
protected:
  // What the last applied entry of the sink has, once there are so many.
  std::optional<stage_times> of(const std::string& sink, std::size_t count) {
    std::vector<std::optional<stage_times>> all;
    EXPECT_TRUE(test::wait_until([&] {
      all = on_engine([&] {
        std::vector<std::optional<stage_times>> found;
        for (const auto& each : engine_->log().entries())
          if (each.what == journal_entry::kind::applied && each.about.name == sink) found.push_back(each.stages);
        return found;
      });
      return all.size() == count;
    }));
    return all.empty() ? std::nullopt : all.back();
  }
  void publish(int endpoints) {
    fake("s")->host.publish(service_of("web", endpoints));
    fake("s")->host.ready();
  }
  void answer(outcome how) {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answer = std::move(how);
  }
};

TEST_F(Stages, AddUpToTheWholeWay) {
  config_.pipelines["p"].wait = {.min = 30ms, .max = 1s};
  start();
  publish(1);
  ASSERT_TRUE(of("t", 1));
  publish(2);  // within the pause after the first: it waits for its pace
  const auto way = of("t", 2);
  ASSERT_TRUE(way);
  EXPECT_GE(way->published, 0ns);
  EXPECT_GE(way->decided, way->published);
  EXPECT_GT(way->verified, 0ns);
  EXPECT_EQ(way->decided + way->applied + way->verified, way->whole);
  EXPECT_TRUE(shows("drcon_change_to_applied_seconds_count{sink=\"t\"} 2"));
}

TEST_F(Stages, CountTheWaitForATargetThatWasAway) {
  start();
  answer(retry("nobody listens"));
  publish(1);
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->applies >= 1; }));
  answer(ok());
  const auto way = of("t", 1);
  ASSERT_TRUE(way);
  EXPECT_GT(way->applied, 50ms) << "the first pause before it is tried again";
}

// An update in flight belongs to the change that it brings, whatever was decided meanwhile.
TEST_F(Stages, AreThoseOfTheChangeThatWasApplied) {
  sink_runner::answer_patience = 30s;
  start();
  stop_answering();
  publish(1);
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->open_ticket.has_value(); }));
  publish(2);
  ASSERT_TRUE(test::wait_until([this] { return journal(journal_entry::kind::decided).size() == 2; }));
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answers = true;
  }
  const auto& host = fake("t")->host;
  host.host()->done(host.instance(), *fake("t")->open_ticket, DRCON_OK, {});
  ASSERT_TRUE(of("t", 2));
  const auto first = on_engine([this] {
    for (const auto& each : engine_->log().entries())
      if (each.what == journal_entry::kind::applied) return each.stages;
    return std::optional<stage_times>();
  });
  ASSERT_TRUE(first);
  EXPECT_GE(first->applied, 0ns) << "it was decided before it was handed over";
  EXPECT_TRUE(shows("drcon_change_to_applied_seconds_count{sink=\"t\"} 2"));
}

TEST_F(Stages, AreNotMeasuredWhenNothingChangedAtTheSource) {
  start();
  publish(1);
  ASSERT_TRUE(of("t", 1));
  // A reload brings another sink ...
  config_.sinks["u"] = instance_of("u", "fake-sink");
  config_.pipelines["p"].sinks = {"t", "u"};
  ASSERT_TRUE(apply()) << faults_;
  EXPECT_FALSE(of("u", 1)) << "the source's word is as old as the configuration";
  // ... and a target is found as it should be after it was away.
  answer(retry("it restarts"));
  ASSERT_TRUE(is_settled());
  on_engine([this] { return engine_->resync("p"); });
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::away).empty(); }));
  answer(ok());
  EXPECT_FALSE(of("t", 2));
  EXPECT_TRUE(shows("drcon_change_to_applied_seconds_count{sink=\"t\"} 1"));
}

}  // namespace
}  // namespace drcon::engine
