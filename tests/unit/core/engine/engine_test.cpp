// The whole engine with fake plugins: what reaches a sink, when, and what does not.
#include "engine/engine.hpp"
#include "plugins/lane.hpp"

#include "support/fake_plugins.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace drcon::engine {
namespace {

using namespace std::chrono_literals;
using test::fake;
using test::service_of;

config::instance_config instance_of(const std::string& name, const std::string& plugin, const std::string& note = {}) {
  config::instance_config made{.name = name, .plugin = plugin, .options = nlohmann::json::object()};
  if (!note.empty()) made.options["note"] = note;
  made.where = {"test.toml", 1, 1};
  made.positions["/note"] = {"test.toml", 2, 8};
  return made;
}

config::pipeline_config pipeline_of(std::vector<std::string> sources, std::vector<std::string> sinks) {
  return {.name = "p",
          .sources = std::move(sources),
          .sinks = std::move(sinks),
          .merge = {},
          .wait = {.min = 5ms, .max = 50ms},
          .brake = {.max_removed = 0.5, .min_endpoints = 1, .hold = 5min, .window = 30s},
          .resync = 0s};
}

class Engine : public testing::Test {
protected:
  Engine() {
    test::forget_fakes();
    test::add_fake_plugins(registry_);
    config_.host.stop_deadline = 2s;
    config_.host.journal_size = 100;
    config_.sources["s"] = instance_of("s", "fake-source");
    config_.sinks["t"] = instance_of("t", "fake-sink");
    config_.pipelines["p"] = pipeline_of({"s"}, {"t"});
  }
  ~Engine() override { stop(); }

  void start() {
    config_.host.state_directory = state_.path();
    engine_ = std::make_unique<engine>(context_, registry_, figures_, config_.host, mode::apply);
    thread_ = std::thread([this] {
      const auto work = boost::asio::make_work_guard(context_);
      context_.run();
    });
    ASSERT_TRUE(apply());
    ASSERT_TRUE(fake("t")->wait([] { return fake("t")->started.load(); }));
  }
  template <class Function>
  auto on_engine(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto result = task.get_future();
    boost::asio::post(context_, [&task] { task(); });
    return result.get();
  }
  bool apply() {
    return on_engine([this] {
      config::diagnostics found;
      const bool taken = engine_->apply(config_, found);
      faults_ = found.text();
      return taken;
    });
  }
  bool stop() {
    if (!thread_.joinable()) return true;
    std::promise<bool> over;
    boost::asio::post(context_, [&] {
      engine_->stop([&](bool clean) {
        over.set_value(clean);
        context_.stop();
      });
    });
    const bool clean = over.get_future().get();
    thread_.join();
    context_.restart();
    engine_.reset();
    plugins::wait_for_lanes(1s);  // a thread may still be within the context that it said its last word to
    return clean;
  }
  std::vector<std::string> journal(journal_entry::kind what) {
    return on_engine([&] {
      std::vector<std::string> whys;
      for (const auto& each : engine_->log().entries())
        if (each.what == what) whys.push_back(each.why);
      return whys;
    });
  }
  // Everything said so far has gone all the way through the pipeline.
  void settle() {
    for (int i = 0; i < 3; ++i) on_engine([] { return true; });
  }
  static bool sees(const std::string& sink, std::size_t endpoints) {
    return fake(sink)->wait([&] {
      std::size_t count = 0;
      for (const auto& each : fake(sink)->last) count += each.endpoints.size();
      return fake(sink)->applies > 0 && count == endpoints;
    });
  }
  bool shows(const std::string& figure) {
    return test::wait_until([&] { return figures_.text().find(figure) != std::string::npos; });
  }

  test::temp_dir state_;
  plugins::registry registry_;
  metrics::metrics figures_;
  boost::asio::io_context context_;
  config::configuration config_;
  std::unique_ptr<engine> engine_;
  std::thread thread_;
  std::string faults_;
};

TEST_F(Engine, AppliesNothingBeforeTheSourceIsReady) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  settle();
  EXPECT_EQ(fake("t")->applies, 0);
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 2));
}

TEST_F(Engine, TakesAnUnknownSourceForNoChange) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  fake("s")->host.unknown({}, "the registry is away");
  fake("s")->host.unknown("web", "the registry is away");
  settle();
  EXPECT_EQ(fake("t")->applies, 1);
  fake("s")->host.publish(service_of("web", 3));
  EXPECT_TRUE(sees("t", 3));
}

TEST_F(Engine, AppliesAChangeOnceAndAnEqualOneNever) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  for (int i = 0; i < 50; ++i) fake("s")->host.publish(service_of("web", 2));
  settle();
  EXPECT_EQ(fake("t")->applies, 1);
}

TEST_F(Engine, FoldsAStormAndAppliesItsEnd) {
  config_.pipelines["p"].wait = {.min = 200ms, .max = 1min};
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 1));
  for (int i = 1; i <= 500; ++i) fake("s")->host.publish(service_of("web", i));
  EXPECT_TRUE(sees("t", 500));
  EXPECT_LT(fake("t")->applies, 50);
}

TEST_F(Engine, HoldsALossAndKeepsTheLastGoodState) {
  start();
  fake("s")->host.publish(service_of("web", 4));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 4));
  fake("s")->host.publish(service_of("web", 0));
  ASSERT_TRUE(fake("t")->wait([this] { return true; }));
  while (journal(journal_entry::kind::held).empty()) std::this_thread::yield();
  EXPECT_EQ(fake("t")->applies, 1);
  EXPECT_TRUE(sees("t", 4));
  fake("s")->host.publish(service_of("web", 5));
  EXPECT_TRUE(sees("t", 5)) << "what comes back is applied at once";
}

TEST_F(Engine, TriesAgainWhileTheTargetIsAway) {
  start();
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answer = retry("nobody listens");
  }
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->applies >= 2; }));
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answer = ok();
  }
  while (!on_engine([this] { return engine_->settled(); })) std::this_thread::sleep_for(5ms);
  EXPECT_EQ(journal(journal_entry::kind::away).size(), 1U) << "a repeated failure is told once";
  EXPECT_EQ(journal(journal_entry::kind::applied).size(), 1U);
}

TEST_F(Engine, WaitsForAnotherSnapshotAfterARejection) {
  start();
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answer = rejected("it does not fit");
  }
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->applies == 1; }));
  while (journal(journal_entry::kind::rejected).empty()) std::this_thread::yield();
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answer = ok();
  }
  fake("s")->host.publish(service_of("web", 2));
  EXPECT_TRUE(sees("t", 2));
  EXPECT_EQ(fake("t")->applies, 2);
}

TEST_F(Engine, HandsOverTheNewestAfterASlowApply) {
  start();
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answers = false;
  }
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->open_ticket.has_value(); }));
  for (int i = 2; i <= 9; ++i) fake("s")->host.publish(service_of("web", i));
  settle();
  EXPECT_EQ(fake("t")->applies, 1) << "never two at a time";
  std::uint64_t ticket = 0;
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answers = true;
    ticket = *fake("t")->open_ticket;
  }
  const auto& host = fake("t")->host;
  host.host()->done(host.instance(), ticket, DRCON_OK, {});
  EXPECT_TRUE(sees("t", 9));
}

TEST_F(Engine, SaysSoWhenASinkDoesNotAnswer) {
  sink_runner::answer_patience = 20ms;
  start();
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answers = false;
  }
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(test::wait_until([this] { return !journal(journal_entry::kind::away).empty(); }));
  EXPECT_EQ(journal(journal_entry::kind::away)[0], "no answer from plugin 'fake-sink' for 20ms");
  EXPECT_TRUE(shows("drcon_sink_up_to_date{sink=\"t\"} 0"));
  // A late answer is an answer.
  std::uint64_t ticket = 0;
  {
    const std::lock_guard lock(fake("t")->mutex);
    fake("t")->answers = true;
    ticket = *fake("t")->open_ticket;
  }
  const auto& host = fake("t")->host;
  host.host()->done(host.instance(), ticket, DRCON_OK, {});
  EXPECT_TRUE(shows("drcon_sink_up_to_date{sink=\"t\"} 1"));
}

TEST_F(Engine, IgnoresASecondAnswer) {
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 1));
  ASSERT_TRUE(shows("drcon_applies_total{result=\"applied\",sink=\"t\"} 1")) << "the first answer";
  const auto& host = fake("t")->host;
  host.host()->done(host.instance(), 1, DRCON_RETRY, c_string("again"));
  host.host()->done(host.instance(), 4711, DRCON_OK, {});
  EXPECT_TRUE(shows("drcon_plugin_misbehaviour_total{instance=\"t\",plugin=\"fake-sink\"} 2")) << figures_.text();
  fake("s")->host.publish(service_of("web", 2));
  EXPECT_TRUE(sees("t", 2));
}

TEST_F(Engine, MergesTwoSourcesAndWaitsForBoth) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["p"].sources = {"s", "s2"};
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  settle();
  EXPECT_EQ(fake("t")->applies, 0);
  fake("s2")->host.publish(service_of("db", 2));
  fake("s2")->host.ready();
  EXPECT_TRUE(sees("t", 3));
}

TEST_F(Engine, PrefersTheFirstKnownSource) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["p"].sources = {"s", "s2"};
  config_.pipelines["p"].merge = {config::merge_policy::prefer, 1min};
  start();
  fake("s2")->host.publish(service_of("web", 5));
  fake("s2")->host.ready();
  settle();
  EXPECT_EQ(fake("t")->applies, 0) << "the first one still has its grace";
  fake("s")->host.publish(service_of("web", 4));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 4));
  fake("s")->host.unknown({}, "away");
  EXPECT_TRUE(sees("t", 5)) << "the second speaks while the first cannot";
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 4));
}

TEST_F(Engine, LetsTheSecondSpeakWhenTheGraceIsOver) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["p"].sources = {"s", "s2"};
  config_.pipelines["p"].merge = {config::merge_policy::prefer, 50ms};
  start();
  fake("s2")->host.publish(service_of("web", 5));
  fake("s2")->host.ready();
  EXPECT_TRUE(sees("t", 5));
}

TEST_F(Engine, FeedsOneSinkFromTwoPipelinesWhenBothHaveDecided) {
  config_.sources["s2"] = instance_of("s2", "fake-source");
  config_.pipelines["q"] = pipeline_of({"s2"}, {"t"});
  config_.pipelines["q"].name = "q";
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  settle();
  EXPECT_EQ(fake("t")->applies, 0);
  fake("s2")->host.publish(service_of("db", 2));
  fake("s2")->host.ready();
  EXPECT_TRUE(sees("t", 3));
}

TEST_F(Engine, ServesTheLastGoodStateAfterARestartWhileTheSourceIsAway) {
  start();
  fake("s")->host.publish(service_of("web", 3));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 3));
  ASSERT_TRUE(stop());
  start();
  EXPECT_TRUE(sees("t", 3));
  fake("s")->host.publish(service_of("web", 0));
  fake("s")->host.ready();
  while (journal(journal_entry::kind::held).empty()) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(sees("t", 3)) << "a source that comes back empty is held by the brake";
}

TEST_F(Engine, ComparesTheTargetAtTheResyncInterval) {
  config_.pipelines["p"].resync = 20ms;
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->applies >= 3; }));
  EXPECT_FALSE(fake("t")->reconciles[0]);
  EXPECT_TRUE(fake("t")->reconciles[1]);
  EXPECT_TRUE(fake("t")->reconciles[2]);
}

TEST_F(Engine, LeavesAloneAtAReloadWhatDidNotChange) {
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 1));
  config_.sinks["u"] = instance_of("u", "fake-sink");
  config_.pipelines["p"].sinks = {"t", "u"};
  ASSERT_TRUE(apply()) << faults_;
  EXPECT_TRUE(sees("u", 1));
  EXPECT_EQ(test::fakes_made("s"), 1);
  EXPECT_EQ(test::fakes_made("t"), 1);
  EXPECT_EQ(fake("t")->applies, 1);
}

TEST_F(Engine, ReplacesAtAReloadWhatChangedAndKeepsServingMeanwhile) {
  start();
  fake("s")->host.publish(service_of("web", 2));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 2));
  const auto old = fake("s");
  config_.sources["s"] = instance_of("s", "fake-source", "different");
  ASSERT_TRUE(apply()) << faults_;
  ASSERT_EQ(test::fakes_made("s"), 2);
  ASSERT_TRUE(old->wait([&] { return old->stopped.load(); }));
  settle();
  EXPECT_EQ(fake("t")->applies, 1) << "the new source has not spoken: nothing changes";
  fake("s")->host.publish(service_of("web", 3));
  fake("s")->host.ready();
  EXPECT_TRUE(sees("t", 3));
}

TEST_F(Engine, ChangesNothingWhenAReloadIsRefused) {
  start();
  fake("s")->host.publish(service_of("web", 1));
  fake("s")->host.ready();
  ASSERT_TRUE(sees("t", 1));
  const auto before = fake("s");
  config_.sources["s"] = instance_of("s", "fake-source", "different");
  config_.sinks["u"] = instance_of("u", "fake-sink", "refuse");
  config_.pipelines["p"].sinks = {"u"};
  EXPECT_FALSE(apply());
  EXPECT_EQ(faults_, "test.toml:2:8: error: fake-sink: refused by the fake\n");
  EXPECT_FALSE(before->stopped);
  before->host.publish(service_of("web", 2));
  EXPECT_TRUE(sees("t", 2));
}

TEST_F(Engine, RefusesAPublishAfterStop) {
  start();
  const auto source = fake("s");
  source->host.publish(service_of("web", 1));
  source->host.ready();
  ASSERT_TRUE(sees("t", 1));
  ASSERT_TRUE(stop());
  source->host.publish(service_of("web", 2));
  source->host.ready();
  EXPECT_EQ(fake("t")->applies, 1);
}

TEST_F(Engine, LeavesAPluginBehindThatDoesNotStop) {
  config_.host.stop_deadline = 50ms;
  start();
  const auto source = fake("s");
  {
    const std::lock_guard lock(source->mutex);
    source->stop_hangs = true;
  }
  EXPECT_FALSE(stop());
  EXPECT_TRUE(fake("t")->stopped) << "the others are stopped all the same";
  {
    const std::lock_guard lock(source->mutex);
    source->stop_hangs = false;
    source->changed.notify_all();
  }
  // It speaks into the context, which must still be there; what it says holds the instance.
  EXPECT_TRUE(test::wait_until([this] {
    context_.restart();
    context_.poll();
    return plugins::lanes_running() == 0;
  }));
}

}  // namespace
}  // namespace drcon::engine
