// A service that a source watches and has no data of when it becomes ready: the registry refuses this one, for
// example. What was served of it stays.
#include "engine_fixture.hpp"

namespace drcon::engine {
namespace {

class Unheard : public Engine {
protected:
  Unheard() { config_.pipelines["p"].brake.hold = 0s; }  // the brake would hold the loss for some time only

  // Serves web and db, two endpoints each, and begins again.
  void begin_again() {
    start();
    fake("s")->host.publish(service_of("web", 2));
    fake("s")->host.publish(service_of("db", 2));
    fake("s")->host.ready();
    ASSERT_TRUE(sees("t", 4));
    ASSERT_TRUE(stop());
    test::forget_fakes();
    start();
  }
};

TEST_F(Unheard, KeepsTheLastGoodStateOfAServiceUntilItIsReported) {
  begin_again();
  fake("s")->host.publish(service_of("web", 3));
  fake("s")->host.unknown("db", "permission denied");
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 5)) << "three of web, and the two of db";
  EXPECT_EQ(fake("t")->applies, 1) << "already in the first merge";
  fake("s")->host.publish(service_of("web", 4));
  ASSERT_TRUE(sees("t", 6));
  fake("s")->host.publish(service_of("db", 1));
  EXPECT_TRUE(sees("t", 5)) << "what is reported counts";
}

TEST_F(Unheard, LosesAServiceThatIsReportedToBeGone) {
  begin_again();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.unknown("db", "permission denied");
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 4));
  fake("s")->host.withdraw("db");
  EXPECT_TRUE(sees("t", 2)) << "though it was never published";
}

TEST_F(Unheard, IsReportedAsGoneDuringAnOutage) {
  begin_again();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.unknown("db", "permission denied");
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 4));
  fake("s")->host.unknown({}, "away");
  settle();
  fake("s")->host.withdraw("db");
  settle();
  EXPECT_TRUE(sees("t", 4));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 2));
}

TEST_F(Unheard, HoldsUpNoDepartureAfterTheStart) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["p"].sources = {"s", "s2"};
  start();
  fake("s")->host.publish(service_of("web", 3));
  fake("s")->host.ready();
  fake("s2")->host.ready();
  ASSERT_TRUE(sees("t", 3));
  fake("s2")->host.unknown("web", "permission denied");
  settle();
  fake("s")->host.publish(service_of("web", 2));
  EXPECT_TRUE(sees("t", 2)) << "nothing that is served of it came from s2";
}

TEST_F(Unheard, KeepsWhatAnotherSourceMayHaveHad) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["p"].sources = {"s", "s2"};
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s2")->host.publish(service_of("web", 3));
  for (const auto* each : {"s", "s2"}) fake(each)->host.ready();
  ASSERT_TRUE(sees("t", 3));
  ASSERT_TRUE(restart());
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  fake("s2")->host.unknown("web", "permission denied");
  fake("s2")->host.ready();
  ASSERT_TRUE(sees("t", 3));
  fake("s2")->host.publish(service_of("web", 2));
  EXPECT_TRUE(sees("t", 2));
}

}  // namespace
}  // namespace drcon::engine
