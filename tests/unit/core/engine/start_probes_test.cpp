// What probes at the start find, in the verdict, until it works.
#include "engine_fixture.hpp"
#include "report/verdict.hpp"

#include <drcon/probe.hpp>

#include <atomic>

namespace drcon::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What every sink of the plugin finds, and how often it was asked.
std::atomic<bool> is_writable{false};
std::atomic<int> asked{0};

void look(void*, const drcon_probe_call* call) {
  ++asked;
  const probing into(call);
  into.failed(probed::reachable, "nobody listens", "start it");
  into.warning(probed::version, "a version nobody knows", "");
  if (is_writable) into.ok(probed::writable, "can be written");
  else into.failed(probed::writable, "cannot write in /x", "make it");
}

const void* ability(const char* name) {
  static constexpr drcon_probe probe{.size = sizeof(drcon_probe), .reserved = 0, .source = nullptr, .sink = &look};
  return std::string_view(name) == DRCON_PROBE ? &probe : nullptr;
}

class StartProbes : public Engine {
protected:
  StartProbes() {
    is_writable = false;
    asked = 0;
    start_probes::shortest_pause = start_probes::longest_pause = start_probes::notice_every = 20ms;
    auto fake = *registry_.find("fake-sink");
    static const auto entry = detail::with_ability(*fake.entry, &ability);
    fake.entry = &entry;
    registry_.add(fake);
  }
  ~StartProbes() override {
    start_probes::shortest_pause = start_probes::notice_every = 1s;
    start_probes::longest_pause = 30s;
  }

  std::vector<report::remark> warnings() {
    return on_engine([this] { return report::warnings(*engine_); });
  }
  void decide() {
    fake("s")->host.publish(service_of("web", 2));
    fake("s")->host.ready();
    ASSERT_TRUE(is_settled());
  }
};

TEST_F(StartProbes, AreWarningsUntilItWorks) {
  start();
  decide();
  EXPECT_THAT(warnings(), IsEmpty());
  on_engine([this] { return engine_->probe_instances(), 0; });
  ASSERT_TRUE(test::wait_until([this] { return !warnings().empty(); }));
  const auto found = warnings();
  ASSERT_EQ(found.size(), 1U) << "whether it is reachable the sink at work says, and a warning is no fault";
  EXPECT_EQ(found[0].code, report::remark_code::fault_ahead);
  EXPECT_EQ(found[0].text, "sink t: cannot write in /x; to do: make it");
  EXPECT_EQ(on_engine([this] { return report::verdict_of(*engine_); }), report::verdict::caveats);
  is_writable = true;
  EXPECT_TRUE(test::wait_until([this] { return warnings().empty(); }));
  const int so_far = asked;
  EXPECT_GE(so_far, 2);
}

// The pause before the next look is far too long: the state that the sink at work reports brings it about.
TEST_F(StartProbes, LookAgainWhenTheInstanceReportsAnotherState) {
  start_probes::shortest_pause = start_probes::longest_pause = 1h;
  start();
  decide();
  const auto at_work = fake("t");
  on_engine([this] { return engine_->probe_instances(), 0; });
  ASSERT_TRUE(test::wait_until([this] { return !warnings().empty(); }));
  at_work->host.status_degraded("cannot write in /x");
  ASSERT_TRUE(test::wait_until([] { return asked == 2; }));
  is_writable = true;
  at_work->host.status_ok("can write again");
  EXPECT_TRUE(test::wait_until([this] { return warnings().empty(); }));
  EXPECT_EQ(asked, 3);
}

// A sink that is away says why itself, and the probe would say it twice.
TEST_F(StartProbes, SayNothingOfAnInstanceThatSaysItself) {
  start();
  decide();
  const auto at_work = fake("t");  // the probe has another instance of that name
  on_engine([this] { return engine_->probe_instances(), 0; });
  ASSERT_TRUE(test::wait_until([this] { return !warnings().empty(); }));
  at_work->host.status_degraded("cannot write in /x");
  ASSERT_TRUE(test::wait_until([this] {
    const auto now = warnings();
    return now.size() == 1 && now[0].code == report::remark_code::sink_degraded;
  }));
}

TEST_F(StartProbes, ForgetASinkThatAReloadHasRemoved) {
  config_.sinks["u"] = instance_of("u", "fake-sink");
  config_.pipelines["p"].sinks = {"t", "u"};
  start();
  decide();
  on_engine([this] { return engine_->probe_instances(), 0; });
  ASSERT_TRUE(test::wait_until([this] { return warnings().size() == 2; }));
  config_.sinks.erase("u");
  config_.pipelines["p"].sinks = {"t"};
  ASSERT_TRUE(apply());
  on_engine([this] { return engine_->probe_instances(), 0; });
  EXPECT_TRUE(test::wait_until([this] { return warnings().size() == 1; }));
}

}  // namespace
}  // namespace drcon::engine
