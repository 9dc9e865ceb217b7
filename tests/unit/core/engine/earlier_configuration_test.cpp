// A state that was kept under an earlier configuration, while the sources have not answered to the present one.
#include "engine/asked_for.hpp"
#include "engine_fixture.hpp"
#include "model/snapshot.hpp"
#include "report/encode.hpp"
#include "report/explain.hpp"
#include "report/status.hpp"
#include "report/verdict.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace drcon::engine {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

service tagged(const std::string& name, int endpoints, int test_endpoints) {
  auto made = service_of(name, endpoints);
  for (int i = 0; i < endpoints; ++i)
    made.endpoints[static_cast<std::size_t>(i)].tags = {i < test_endpoints ? "test" : "prod"};
  return made;
}

class EarlierConfiguration : public Engine {
protected:
  EarlierConfiguration() { pipeline::patience_before_last_good = 20ms; }
  ~EarlierConfiguration() override { pipeline::patience_before_last_good = 2s; }

  // Serves this, and stops.
  void leave(const std::vector<service>& services) {
    start();
    std::size_t count = 0;
    for (const auto& each : services) {
      fake("s")->host.publish(each);
      count += each.endpoints.size();
    }
    fake("s")->host.ready();
    ASSERT_TRUE(sees("t", count));
    ASSERT_TRUE(stop());
    test::forget_fakes();
  }
  bool has_waited() {
    return test::wait_until([this] { return on_engine([this] { return engine_->find("p")->has_waited(); }); });
  }
  std::vector<std::string> unsettled() {
    return on_engine([this] { return report::unsettled(*engine_); });
  }
  std::vector<std::string> caveats() {
    return on_engine([this] { return report::caveats(*engine_); });
  }
  std::string earlier() {
    return on_engine([this] { return engine_->find("p")->earlier_configuration(); });
  }
  std::string explained(const std::string& asked) {
    return on_engine([&] { return report::explain(*engine_, "p", asked, {}).matches.at(0).verdict; });
  }
};

TEST_F(EarlierConfiguration, IsNotServedWhenASourceHasOtherOptions) {
  leave({service_of("web", 4)});
  config_.sources["s"] = instance_of("s", "fake-source", "asks for api");
  start();
  ASSERT_TRUE(has_waited());
  settle();
  EXPECT_EQ(fake("t")->applies, 0) << "what the target has is left there";
  EXPECT_THAT(unsettled(), Contains("pipeline p serves the answer to an earlier configuration until source s answers: "
                                    "its sources or their options have changed since"));
  EXPECT_EQ(on_engine([this] {
              return report::encode(report::status_of(*engine_));
            })["pipelines"]["p"]["earlier_configuration"],
            "its sources or their options have changed since");
  EXPECT_EQ(explained("web-1"),
            "not in rotation: source s has not reported yet; the targets stay as they are, with the answer to an "
            "earlier configuration: its sources or their options have changed since");
  fake("s")->host.publish(service_of("api", 4));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 8)) << "the brake measures the first answer from it";
  EXPECT_THAT(journal(journal_entry::kind::held), Contains(HasSubstr("service web: 4 of 4")));
  EXPECT_EQ(earlier(), "");
}

TEST_F(EarlierConfiguration, HoldsUpNoOtherPipelineOfTheSameSink) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["q"] = pipeline_of({"s2"}, {"t"});
  config_.pipelines["q"].name = "q";
  start();
  fake("s")->host.publish(service_of("web", 4));
  fake("s2")->host.publish(service_of("db", 2));
  for (const auto* each : {"s", "s2"}) fake(each)->host.ready();
  ASSERT_TRUE(sees("t", 6));
  ASSERT_TRUE(stop());
  test::forget_fakes();
  config_.sources["s"] = instance_of("s", "fake-source", "asks for api");
  start();
  ASSERT_TRUE(has_waited());
  ASSERT_TRUE(sees("t", 6)) << "q serves its last good state, and what p had stays beside";
  fake("s2")->host.publish(service_of("db", 1));
  fake("s2")->host.ready();
  ASSERT_TRUE(sees("t", 5)) << "what the other decides goes on, and what was left stays";
  EXPECT_TRUE(test::wait_until([this] {
    const auto lines = unsettled();
    return std::ranges::find(lines, "sink t serves what is decided so far, and waits for pipeline p") != lines.end();
  }));
  config_.pipelines["q"].wait.max = 77ms;
  ASSERT_TRUE(apply()) << faults_;
  settle();
  EXPECT_TRUE(sees("t", 5)) << "a reload forgets nothing of it";
  fake("s")->host.publish(service_of("web", 3));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 4));
}

TEST_F(EarlierConfiguration, IsServedWhenOnlyNamesAndSecretsDiffer) {
  config_.sources["s"].options["note"] = "a secret";
  config_.sources["s"].secrets = {"/note"};
  leave({service_of("web", 4)});
  config_.sources.clear();
  config_.sources["s2"] = instance_of("s2", "fake-source", "another secret");
  config_.sources["s2"].secrets = {"/note"};
  config_.pipelines["p"].sources = {"s2"};
  start();
  EXPECT_TRUE(sees("t", 4));
  EXPECT_EQ(earlier(), "");
}

TEST_F(EarlierConfiguration, IsServedAsFarAsANewFilterTakesIt) {
  leave({tagged("web", 4, 1)});
  config_.pipelines["p"].filter.tags = {"prod"};
  start();
  ASSERT_TRUE(sees("t", 3));
  ASSERT_TRUE(test::wait_until([this] { return is_up_to_date(); })) << "the sink has it, and its answer is on its way";
  EXPECT_THAT(unsettled(), Contains("pipeline p serves the answer to an earlier configuration until source s answers: "
                                    "its filter or limit has changed since"));
  EXPECT_THAT(explained("web-2"), HasSubstr("; what is served is the answer to an earlier configuration: its filter or "
                                            "limit has changed since"));
  fake("s")->host.publish(tagged("web", 5, 1));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 4));
  EXPECT_EQ(earlier(), "");
}

TEST_F(EarlierConfiguration, LosesWhatIsNoLongerAskedFor) {
  config_.pipelines["p"].brake.hold = 0s;
  leave({service_of("web", 2), service_of("db", 3)});
  config_.pipelines["p"].filter.service = "web";
  start();
  EXPECT_TRUE(sees("t", 2));
}

TEST_F(EarlierConfiguration, StaysWhereANewFilterWouldTakeMoreThanTheBrakeAllows) {
  leave({tagged("web", 4, 3)});
  config_.pipelines["p"].filter.tags = {"prod"};
  start();
  ASSERT_TRUE(has_waited());
  settle();
  EXPECT_EQ(fake("t")->applies, 0);
  EXPECT_THAT(unsettled(), Contains(HasSubstr("serves the answer to an earlier configuration until source s answers")));
}

TEST_F(EarlierConfiguration, StaysWhereANewFilterWouldLeaveAServiceEmpty) {
  config_.pipelines["p"].brake.hold = 0s;  // without the brake
  leave({tagged("web", 2, 0), tagged("db", 2, 2)});
  config_.pipelines["p"].filter.tags = {"prod"};
  start();
  ASSERT_TRUE(has_waited());
  settle();
  EXPECT_EQ(fake("t")->applies, 0) << "others of db may have the tag, which nobody knows yet";
}

TEST_F(EarlierConfiguration, IsServedWhileItsPipelineIsPaused) {
  start();
  fake("s")->host.publish(service_of("web", 4));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 4));
  ASSERT_EQ(pause("lunch"), "");
  ASSERT_TRUE(stop());
  test::forget_fakes();
  config_.sources["s"] = instance_of("s", "fake-source", "asks for api");
  start();
  ASSERT_TRUE(sees("t", 4)) << "a pause keeps what was served";
  fake("s")->host.publish(service_of("api", 4));
  fake("s")->host.ready();
  ASSERT_TRUE(test::wait_until([this] { return on_engine([this] { return engine_->find("p")->known(); }); }));
  EXPECT_THAT(caveats(), Contains("pipeline p serves the answer to an earlier configuration: its sources or their "
                                  "options have changed since"));
}

TEST_F(EarlierConfiguration, IsReportedAfterAReloadUntilTheSourceAnswersTheSame) {
  start();
  fake("s")->host.publish(service_of("web", 4));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 4));
  EXPECT_EQ(earlier(), "");
  config_.sources["s"] = instance_of("s", "fake-source", "different");
  ASSERT_TRUE(apply()) << faults_;
  EXPECT_THAT(unsettled(), Contains(HasSubstr("serves the answer to an earlier configuration until source s answers")));
  fake("s")->host.publish(service_of("web", 4));
  fake("s")->host.ready();
  ASSERT_TRUE(test::wait_until([this] { return earlier().empty(); }));
  ASSERT_TRUE(restart());
  EXPECT_TRUE(sees("t", 4)) << "it is kept as the answer to the new configuration, though nothing had to change";
}

TEST_F(EarlierConfiguration, TakesANewFilterAtAReloadWhileTheSourceIsAway) {
  leave({tagged("web", 4, 1)});
  start();
  ASSERT_TRUE(sees("t", 4));
  config_.pipelines["p"].filter.tags = {"prod"};
  ASSERT_TRUE(apply()) << faults_;
  EXPECT_TRUE(sees("t", 3));
}

TEST_F(EarlierConfiguration, IsServedIfItWasKeptByAVersionThatDidNotSayWhatWasAsked) {
  const auto web = std::make_shared<const model::shared_service>(service_of("web", 4));
  std::ofstream(state_.path() / "p.state") << serialise(model::snapshot(7, {web}));
  start();
  EXPECT_TRUE(sees("t", 4));
  EXPECT_EQ(earlier(), "");
}

TEST(AskedFor, DiffersByAllThatIsAsked) {
  std::map<std::string, config::instance_config> sources{{"s", instance_of("s", "fake-source")},
                                                         {"s2", instance_of("s2", "fake-source", "other")}};
  const auto pipeline = pipeline_of({"s", "s2"}, {"t"});
  const auto asked = asked_for_by(pipeline, sources);
  auto other = pipeline;
  other.sources = {"s2", "s"};
  EXPECT_NE(asked_for_by(other, sources).sources, asked.sources) << "the first one has precedence";
  other = pipeline;
  other.merge.policy = config::merge_policy::prefer;
  EXPECT_NE(asked_for_by(other, sources).sources, asked.sources);
  other = pipeline;
  other.limit.endpoints = 3;
  EXPECT_EQ(asked_for_by(other, sources).sources, asked.sources);
  EXPECT_NE(asked_for_by(other, sources).filter, asked.filter);
  other = pipeline;
  other.brake.hold = 1s;
  EXPECT_EQ(asked_for_by(other, sources), asked) << "the brake asks nobody";
  sources["s"].plugin = "another-source";
  EXPECT_NE(asked_for_by(pipeline, sources).sources, asked.sources);
}

}  // namespace
}  // namespace drcon::engine
