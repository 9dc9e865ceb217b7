// A first decision of which nothing is known from before: a new state directory, or one that was lost.
#include "engine_fixture.hpp"
#include "model/snapshot.hpp"

#include <drcon/detail/entry.hpp>

#include <utility>

namespace drcon::engine {
namespace {

using test::fake;
using test::service_of;
using ::testing::HasSubstr;

// Services whose endpoints are called by their addresses, which is what the fake sink writes.
service addressed(const std::string& name, int endpoints) {
  auto made = service_of(name, endpoints);
  for (auto& each : made.endpoints) each.id = each.address + ":80";
  return made;
}
std::string addresses(int count) {
  std::string text;
  for (const auto& each : addressed("web", count).endpoints) text += each.id + " ";
  return text;
}

class FirstLook : public Engine {
protected:
  void start_with(const service& known) {
    start();
    fake("s")->host.publish(known);
    fake("s")->host.ready();
  }
  void start_with_nothing_in_service() {
    start();
    fake("s")->host.ready();
  }
  // The fake that was made last is the one that was asked, and not the one at work.
  bool serves(std::size_t endpoints, const std::string& sink = "t") {
    return test::wait_until([&] {
      return on_engine([&] {
        const auto& applied = engine_->sinks().at(sink)->applied();
        return applied && applied->endpoint_count() == endpoints;
      });
    });
  }
  // Pipeline q, of a source s2.
  void add_second_pipeline(const std::vector<std::string>& sinks) {
    config_.sources["s2"] = instance_of("s2", "fake-source");
    for (const auto& each : sinks) config_.sinks.try_emplace(each, instance_of(each, "fake-sink"));
    config_.pipelines["q"] = pipeline_of({"s2"}, sinks);
    config_.pipelines["q"].name = "q";
  }
  const pipeline& pipeline_p() { return *engine_->pipelines().at("p"); }
  std::uint64_t held_number() {
    return on_engine([this] { return pipeline_p().held_back().number; });
  }
  std::string hold() {
    EXPECT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::held).empty(); }));
    const auto held = journal(journal_entry::kind::held);
    return held.empty() ? "" : held.front();
  }
};

TEST_F(FirstLook, HoldsWhatWouldEmptyATargetThatHasContent) {
  test::set_target("web-1 web-2 ");
  start_with_nothing_in_service();
  EXPECT_THAT(hold(), HasSubstr("sink t would replace what its target has (the target"));
  settle();
  EXPECT_EQ(on_engine([this] { return engine_->sinks().at("t")->applies(); }), 0U);
}

TEST_F(FirstLook, AppliesAtOnceWhenTheSourcesHaveEndpointsAgain) {
  test::set_target("web-1 web-2 ");
  start_with_nothing_in_service();
  EXPECT_NE(hold(), "");
  fake("s")->host.publish(service_of("web", 1));
  EXPECT_TRUE(serves(1));
  EXPECT_EQ(journal(journal_entry::kind::released).size(), 1U);
}

TEST_F(FirstLook, HoldsAServiceThatWouldLoseMostOfWhatTheTargetHas) {
  test::set_target(addresses(10));
  start_with(addressed("web", 1));
  EXPECT_THAT(hold(), HasSubstr("service web: 9 of 10 endpoints in service would be removed (90%; max_removed is 50%) "
                                "from the target of sink t (the target; drcon diff shows it)"));
  settle();
  EXPECT_EQ(on_engine([this] { return engine_->sinks().at("t")->applies(); }), 0U);
  fake("s")->host.publish(addressed("web", 2));
  settle();
  EXPECT_EQ(journal(journal_entry::kind::released).size(), 0U) << "8 of 10 would still go";
  fake("s")->host.publish(addressed("web", 6));
  EXPECT_TRUE(serves(6));
  EXPECT_EQ(journal(journal_entry::kind::released).size(), 1U);
}

TEST_F(FirstLook, AppliesAtOnceWhatTheBrakeWouldLetPass) {
  test::set_target(addresses(10));
  start_with(addressed("web", 5));
  EXPECT_TRUE(serves(5));
  EXPECT_TRUE(journal(journal_entry::kind::held).empty());
}

TEST_F(FirstLook, MeasuresTheWholeTargetWhereServicesAreNotMeasuredForThemselves) {
  config_.pipelines["p"].brake.per_service = false;
  test::set_target("web " + addresses(10) + "\nold 10.9.0.1:80 10.9.0.2:80 ");
  start_with(addressed("web", 10));
  EXPECT_TRUE(serves(10)) << "2 of 12 go";
  EXPECT_TRUE(journal(journal_entry::kind::held).empty());
}

TEST_F(FirstLook, IsReleasedByHandWithEndpointsInService) {
  test::set_target(addresses(10));
  start_with(addressed("web", 1));
  EXPECT_NE(hold(), "");
  EXPECT_EQ(release_brake(), "");
  EXPECT_TRUE(serves(1));
}

// Nothing says that anything would go, and a start must not wait for a sink that hangs.
TEST_F(FirstLook, AppliesWhatCannotBeComparedWithTheTarget) {
  test::set_target(addresses(10));
  const auto patience = std::exchange(engine::look_patience, 50ms);
  test::renders_hang = true;
  start_with(addressed("web", 1));
  EXPECT_TRUE(serves(1));
  test::renders_hang = false;
  engine::look_patience = patience;
}

TEST_F(FirstLook, HoldsWhenWhatTheTargetHasIsNotKnown) {
  test::renders_fail = true;
  start_with_nothing_in_service();
  EXPECT_THAT(hold(), HasSubstr("what the target of sink t has is not known"));
  test::renders_fail = false;
}

// As of a plugin in C: nothing but the C++ layer fills in a render that a plugin does not have.
TEST_F(FirstLook, HoldsWhenTheSinkCannotRender) {
  static auto type = *registry_.find("fake-sink")->entry->sink;
  type.render = nullptr;
  static constexpr auto entry = detail::entry("mute-sink", "1", "A fake.", nullptr, &type);
  registry_.add({.file = "mute-sink",
                 .entry = &entry,
                 .source_schema = {},
                 .sink_schema = registry_.find("fake-sink")->sink_schema});
  config_.sinks["t"] = instance_of("t", "mute-sink");
  start_with_nothing_in_service();
  EXPECT_THAT(hold(), HasSubstr("what the target of sink t has is not known (plugin 'mute-sink' cannot render)"));
  settle();
  EXPECT_EQ(on_engine([this] { return engine_->sinks().at("t")->applies(); }), 0U);
}

TEST_F(FirstLook, IsReleasedByHand) {
  test::set_target("web-1 ");
  start_with_nothing_in_service();
  EXPECT_NE(hold(), "");
  EXPECT_EQ(release_brake(), "");
  EXPECT_TRUE(serves(0));
}

TEST_F(FirstLook, AppliesNothingToATargetThatHasNothingOrJustThat) {
  start_with_nothing_in_service();
  EXPECT_TRUE(serves(0));
  EXPECT_TRUE(journal(journal_entry::kind::held).empty());
}

TEST_F(FirstLook, HoldsNothingWithTheBrakeOff) {
  config_.pipelines["p"].brake.hold = 0s;
  test::set_target("web-1 ");
  start_with_nothing_in_service();
  EXPECT_TRUE(serves(0));
}

TEST_F(FirstLook, LeavesATargetThatAnotherPipelineFeedsToThat) {
  add_second_pipeline({"t"});
  test::set_target("web-1 ");
  start_with_nothing_in_service();
  EXPECT_NE(hold(), "");
  fake("s2")->host.publish(service_of("web", 2));
  fake("s2")->host.ready();
  EXPECT_TRUE(serves(2)) << "one pipeline without endpoints holds up no other";
}

TEST_F(FirstLook, IsNotBegunAgainByAPipelineOfOtherSinks) {
  add_second_pipeline({"t2"});
  test::set_target("web-1 ");
  start_with_nothing_in_service();
  EXPECT_NE(hold(), "");
  for (int endpoints = 2; endpoints < 5; ++endpoints) {
    fake("s2")->host.publish(service_of("web", endpoints));
    fake("s2")->host.ready();
    ASSERT_TRUE(serves(static_cast<std::size_t>(endpoints), "t2"));
  }
  settle();
  EXPECT_TRUE(journal(journal_entry::kind::released).empty());
  EXPECT_EQ(journal(journal_entry::kind::held).size(), 1U);
}

TEST_F(FirstLook, GoesOnWhileAnotherTargetWouldStillLoseWhatItHas) {
  config_.sinks["u"] = instance_of("u", "fake-sink");
  config_.pipelines["p"].sinks = {"t", "u"};
  add_second_pipeline({"t"});
  test::set_target("web-1 ");
  start_with_nothing_in_service();
  EXPECT_NE(hold(), "");
  const auto number = held_number();
  const int renders = test::renders;
  fake("s2")->host.publish(service_of("web", 2));
  fake("s2")->host.ready();
  ASSERT_TRUE(test::wait_until([&] { return test::renders > renders; })) << "sink u is asked again";
  ASSERT_TRUE(test::wait_until([this] { return on_engine([this] { return !pipeline_p().looks_at_targets(); }); }));
  settle();
  EXPECT_TRUE(journal(journal_entry::kind::released).empty());
  EXPECT_EQ(held_number(), number) << "an operator may be about to release it by that number";
}

TEST_F(FirstLook, GoesOnAfterAReload) {
  test::set_target("web-1 ");
  start_with_nothing_in_service();
  EXPECT_NE(hold(), "");
  config_.pipelines["p"].wait.min = 6ms;
  ASSERT_TRUE(apply());
  settle();
  EXPECT_NE(on_engine([this] { return engine_->pipelines().at("p")->held(); }), "");
  fake("s")->host.publish(service_of("web", 1));
  EXPECT_TRUE(serves(1));
}

}  // namespace
}  // namespace drcon::engine
