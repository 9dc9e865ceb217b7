// A service that a source watches and has no data of when it becomes ready: the registry refuses this one, for
// example. What was served of it stays.
#include "engine_fixture.hpp"

#include <drcon/names.h>

#include <functional>

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

  // `report_unknown`: the source says that it does not know db, by its name or as one of a part.
  void keeps_db_until_it_is_reported(const std::function<void()>& report_unknown) {
    begin_again();
    fake("s")->host.publish(service_of("web", 3));
    report_unknown();
    fake("s")->host.ready();
    ASSERT_TRUE(sees("t", 5)) << "three of web, and the two of db";
    EXPECT_EQ(fake("t")->applies, 1) << "already in the first merge";
    fake("s")->host.publish(service_of("web", 4));
    ASSERT_TRUE(sees("t", 6));
    fake("s")->host.publish(service_of("db", 1));
    EXPECT_TRUE(sees("t", 5)) << "what is reported counts";
  }
};

TEST_F(Unheard, KeepsTheLastGoodStateOfAServiceUntilItIsReported) {
  keeps_db_until_it_is_reported([] { fake("s")->host.unknown("db", "permission denied"); });
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

// A source that cannot say at present which services there are of a part of what it watches.
class Nameless : public Unheard {
protected:
  static const drcon_names& names(const std::string& source) {
    const auto& host = fake(source)->host;
    return *host.ability<drcon_names>(DRCON_NAMES);
  }
  static void unknown(const std::string& pattern, const std::string& source = "s") {
    names(source).unknown(fake(source)->host.instance(), c_string("far"), c_string(pattern),
                          c_string("No path to datacenter"));
  }
  static void known(const std::string& source = "s") {
    names(source).known(fake(source)->host.instance(), c_string("far"));
  }
  // Of the sources s and s2, of which the first serves web.
  void begin_again_with_two(int endpoints) {
    config_.sources["s2"] = instance_of("s2", "fake-source");
    config_.pipelines["p"].sources = {"s", "s2"};
    start();
    fake("s")->host.publish(service_of("web", endpoints));
    for (const auto* each : {"s", "s2"}) fake(each)->host.ready();
    ASSERT_TRUE(sees("t", static_cast<std::size_t>(endpoints)));
    ASSERT_TRUE(restart());
  }
};

TEST_F(Nameless, KeepsTheLastGoodStateOfItsServicesWhileTheOthersGoOn) {
  keeps_db_until_it_is_reported([] { unknown("d.*"); });
}

TEST_F(Nameless, LosesWhatIsNotThereOnceTheNamesAreKnown) {
  begin_again();
  fake("s")->host.publish(service_of("web", 2));
  unknown({});
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 4)) << "any name may be one of them";
  ASSERT_TRUE(restart());
  fake("s")->host.publish(service_of("web", 2));
  unknown("db");
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 4)) << "after another restart, too";
  known();
  EXPECT_TRUE(sees("t", 2));
}

TEST_F(Nameless, LosesAServiceOfWhichItReportsThatItIsGone) {
  begin_again();
  fake("s")->host.publish(service_of("web", 2));
  unknown("d.*");
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 4));
  fake("s")->host.withdraw("db");
  EXPECT_TRUE(sees("t", 2)) << "though its names are not known";
}

TEST_F(Nameless, KeepsNothingWhoseNameCannotBeOneOfThem) {
  begin_again();
  fake("s")->host.publish(service_of("web", 3));
  unknown("far-.*");
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 3)) << "db is gone";
}

TEST_F(Nameless, KeepsAnyNameWhenItsPatternCannotBeRead) {
  begin_again();
  fake("s")->host.publish(service_of("web", 3));
  unknown("(");
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 5));
}

TEST_F(Nameless, CountsWhatIsKnownDuringAnOutageWhenThatIsOver) {
  begin_again();
  fake("s")->host.publish(service_of("web", 2));
  unknown("d.*");
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 4));
  fake("s")->host.unknown({}, "away");
  settle();
  fake("s")->host.publish(service_of("db", 1));
  known();
  settle();
  EXPECT_TRUE(sees("t", 4));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 3));
}

TEST_F(Nameless, HoldsUpNoDepartureFromAnotherSource) {
  begin_again_with_two(3);
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  unknown({}, "s2");
  fake("s2")->host.ready();
  ASSERT_TRUE(sees("t", 3)) << "the third may be of s2";
  fake("s")->host.publish(service_of("web", 1));
  ASSERT_TRUE(sees("t", 2)) << "the second is not: s had it";
  known("s2");
  EXPECT_TRUE(sees("t", 1));
}

}  // namespace
}  // namespace drcon::engine
