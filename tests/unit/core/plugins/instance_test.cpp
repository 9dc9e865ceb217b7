#include "plugins/instance.hpp"

#include "log/log.hpp"
#include "model/snapshot.hpp"
#include "plugins/patience.hpp"
#include "plugins/series_bound.hpp"
#include "support/failing_memory.hpp"
#include "support/fake_plugins.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <drcon/detail/entry.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace drcon::plugins {
namespace {

using namespace std::chrono_literals;
using test::fake;
using test::service_of;
using ::testing::HasSubstr;

// Fake sources and sinks without an engine: what they report to it stays in the context, which nothing runs.
class Instance : public ::testing::Test {
protected:
  Instance() {
    test::forget_fakes();
    test::add_fake_plugins(plugins_);
  }
  ~Instance() override {
    for (const auto& each : made_) {
      each->stop([] {});
      each->wait_ended(5s);
    }
  }

  std::shared_ptr<instance> make(config::kind kind, const std::string& name) {
    const auto* plugin = plugins_.find(kind == config::kind::source ? "fake-source" : "fake-sink");
    config::instance_config config{.name = name, .plugin = plugin->name(), .options = nlohmann::json::object()};
    auto made = std::make_shared<instance>(kind, *plugin, config, context_.get_executor(), figures_);
    if (const auto fault = made->create(); fault.result != DRCON_OK) throw std::runtime_error(fault.why);
    made_.push_back(made);
    return made;
  }

  registry plugins_;
  metrics::metrics figures_;
  boost::asio::io_context context_;
  std::vector<std::shared_ptr<instance>> made_;
};

TEST_F(Instance, CountsWhatASourceIsRefusedApartFromASinkOfTheSameName) {
  make(config::kind::source, "same");
  const auto source = fake("same");
  make(config::kind::sink, "same");
  auto broken = service_of("web", 3);
  broken.endpoints[0].address = "not an address";
  broken.endpoints[1].port = 0;
  source->host.publish(broken);
  EXPECT_THAT(figures_.text(), HasSubstr("drcon_refused_total{kind=\"source\",name=\"same\"} 2"));
  EXPECT_THAT(figures_.text(), HasSubstr("drcon_refused_total{kind=\"sink\",name=\"same\"} 0"));
}

// Whoever may register endpoints decides how many are left out: neither the log nor the journal grows with that.
TEST_F(Instance, LogsTheFirstFewOfWhatOneChangeLeavesOutAndTheirNumber) {
  make(config::kind::source, "s");
  auto broken = service_of("web", 1000);
  for (auto& each : broken.endpoints) each.port = 0;
  const test::temp_dir directory;
  ASSERT_TRUE(log::to_file(directory / "log"));
  fake("s")->host.publish(broken);
  fake("s")->host.publish(broken);
  log::flush();
  ASSERT_TRUE(log::to_file({}));
  const auto text = test::read_file(directory / "log");
  EXPECT_EQ(std::ranges::count(text, '\n'), 4) << text;
  EXPECT_THAT(text, HasSubstr("left out 997 more of service web; the status names them"));
}

// A name that is empty is one name, and does not stand for all of them.
TEST_F(Instance, KeepsTheReasonsOfOtherServicesWhenOneHasNoName) {
  const auto source = make(config::kind::source, "s");
  auto broken = service_of("web", 1);
  broken.endpoints.front().port = 0;
  fake("s")->host.publish(broken);
  const auto why = source->why_refused("web", broken.endpoints.front().id);
  EXPECT_THAT(why, HasSubstr("port"));
  const test::temp_dir directory;
  ASSERT_TRUE(log::to_file(directory / "log"));
  fake("s")->host.publish(service_of("", 1));
  log::flush();
  ASSERT_TRUE(log::to_file({}));
  EXPECT_THAT(test::read_file(directory / "log"), HasSubstr("left out a service that has no name"));
  EXPECT_EQ(source->why_refused("web", broken.endpoints.front().id), why);
  fake("s")->host.withdraw("");
  EXPECT_EQ(source->why_refused("web", broken.endpoints.front().id), why);
  EXPECT_EQ(source->refusal_count(), 1U);
}

TEST_F(Instance, KeepsSoManySeriesOfMetricsAndReportsOnceThatThereAreMore) {
  make(config::kind::source, "many-series");
  const auto source = fake("many-series");
  for (std::size_t i = 0; i < series_bound::most_series + 100; ++i)
    source->host.gauge("seen", "Who was seen.", 1, {{"who", std::to_string(i)}});
  const auto text = figures_.text();
  EXPECT_THAT(text, HasSubstr("who=\"" + std::to_string(series_bound::most_series - 1) + "\""));
  EXPECT_EQ(text.find("who=\"" + std::to_string(series_bound::most_series) + "\""), std::string::npos);
  EXPECT_THAT(
      text,
      HasSubstr("drcon_plugin_misbehaviour_total{kind=\"source\",name=\"many-series\",plugin=\"fake-source\"} 1\n"));
}

// As of a sink that compares its target by itself, and finds a backend gone.
TEST_F(Instance, KeepsWhatASinkLeavesOutBetweenTwoUpdatesUntilTheNextAnswer) {
  const auto sink = make(config::kind::sink, "t");
  const auto plugin = fake("t");
  plugin->host.refused("web", "1", "its backend has gone");
  plugin->host.refused("web", "1", "its backend has gone");
  ASSERT_EQ(sink->refusals().size(), 1U);
  EXPECT_EQ(sink->why_refused("web", "1"), "its backend has gone");
  EXPECT_THAT(figures_.text(), HasSubstr("drcon_refused_total{kind=\"sink\",name=\"t\"} 1"));
  const auto nothing = std::make_shared<const model::snapshot>(1, std::vector<model::service_ptr>{});
  sink->apply(std::make_shared<const update_package>(1, false, nothing, nullptr));
  EXPECT_TRUE(plugin->wait([&] { return plugin->applies == 1; }));
  EXPECT_TRUE(test::wait_until([&] { return sink->refusal_count() == 0; }))
      << "the next answer has all that is left out";
}

// A service that was scaled to nothing is no registration that cannot be used, and alerts nobody as one.
TEST_F(Instance, DoesNotCountWhatASinkKeepsOfAServiceWithoutEndpoints) {
  const auto sink = make(config::kind::sink, "t");
  const auto plugin = fake("t");
  {
    const std::lock_guard lock(plugin->mutex);
    plugin->answers = false;
  }
  std::vector<model::service_ptr> services;
  for (const auto& each : {service_of("scaled", 0), service_of("web", 1)})
    services.push_back(std::make_shared<const model::shared_service>(each));
  const auto desired = std::make_shared<const model::snapshot>(1, std::move(services));
  sink->apply(std::make_shared<const update_package>(1, false, desired, nullptr));
  ASSERT_TRUE(plugin->wait([&] { return plugin->applies == 1; }));
  plugin->host.refused("gone", {}, "its last servers are kept");
  plugin->host.refused("scaled", {}, "its last servers are kept");
  plugin->host.refused("web", {}, "its name cannot be used");
  plugin->answer_open_update();
  EXPECT_EQ(sink->refusal_count(), 3U);
  EXPECT_THAT(figures_.text(), HasSubstr("drcon_refused_total{kind=\"sink\",name=\"t\"} 1\n"));
}

TEST_F(Instance, MakesNoObjectOnceItWasStopped) {
  const auto sink = make(config::kind::sink, "t");
  sink->stop([] {});
  EXPECT_NE(sink->create().result, DRCON_OK);
  EXPECT_EQ(test::fakes_made("t"), 1);
  const auto nothing = std::make_shared<const model::snapshot>(1, std::vector<model::service_ptr>{});
  EXPECT_FALSE(sink->render(std::make_shared<const update_package>(1, false, nothing, nullptr)));
}

// A sink that takes the last memory and throws, in one of its calls: the host cannot even note that, so that the job
// of its lane is lost.
struct greedy {
  static inline std::string in_call;
  static inline std::atomic<int> starts{0};
  static inline const drcon_host* host = nullptr;
  static inline drcon_instance* instance = nullptr;

  static void call(const std::string& name) {
    if (in_call != name) return;
    in_call.clear();
    test::fail_allocations(1);
    throw 1;
  }
  static drcon_result create(const drcon_host* of, drcon_instance* as, const drcon_options*, void** self) {
    host = of;
    instance = as;
    call("create");
    static int object = 0;
    *self = &object;
    return DRCON_OK;
  }
  static drcon_result start(void*) {
    ++starts;
    call("start");
    return DRCON_OK;
  }
  static void apply(void*, const drcon_update* update) {
    call("apply");
    // The answer itself is lost within the host, once.
    if (in_call == "done") {
      in_call.clear();
      test::fail_allocations(1);
    }
    host->done(instance, update->ticket, DRCON_OK, c_string("an answer that is long enough to take some memory"));
  }
  static drcon_result render(void*, const drcon_update*) {
    call("render");
    return DRCON_OK;
  }
  static void stop(void*) { call("stop"); }
  static void destroy(void*) {}
};

class LostJob : public Instance {
protected:
  struct listener final : instance_listener {
    void on_done(std::uint64_t ticket, drcon_result result, const std::string&) override {
      answers.emplace_back(ticket, result);
    }
    std::vector<std::pair<std::uint64_t, drcon_result>> answers;
  };

  LostJob() {
    static constexpr drcon_sink_type type{.size = sizeof(drcon_sink_type),
                                          .reserved = 0,
                                          .options = "{}",
                                          .create = &greedy::create,
                                          .start = &greedy::start,
                                          .apply = &greedy::apply,
                                          .stop = &greedy::stop,
                                          .destroy = &greedy::destroy,
                                          .render = &greedy::render};
    static constexpr auto entry = detail::entry("greedy", "1", "A fake.", nullptr, &type);
    plugins_.add({.file = "greedy", .entry = &entry, .source_schema = {}, .sink_schema = nlohmann::json::object()});
    greedy::in_call.clear();
    greedy::starts = 0;
  }
  std::shared_ptr<instance> greedy_sink() {
    config::instance_config config{.name = "g", .plugin = "greedy", .options = nlohmann::json::object()};
    auto made = std::make_shared<instance>(config::kind::sink, *plugins_.find("greedy"), config,
                                           context_.get_executor(), figures_);
    made->listen(listener_);
    made_.push_back(made);
    return made;
  }
  static std::shared_ptr<const update_package> update(std::uint64_t ticket) {
    const auto nothing = std::make_shared<const model::snapshot>(1, std::vector<model::service_ptr>{});
    return std::make_shared<const update_package>(ticket, false, nothing, nullptr);
  }
  // Runs what was posted to the engine until that holds.
  bool runs_until(const std::function<bool()>& holds) {
    return test::wait_until([&] {
      context_.restart();
      context_.poll();
      return holds();
    });
  }

  std::shared_ptr<listener> listener_ = std::make_shared<listener>();
};

TEST_F(LostJob, AnswersThatNothingWasMade) {
  const auto sink = greedy_sink();
  greedy::in_call = "create";
  const auto began = std::chrono::steady_clock::now();
  const auto fault = sink->create();
  EXPECT_NE(fault.result, DRCON_OK);
  EXPECT_THAT(fault.why, HasSubstr("memory"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, patience::create) << "nobody waits for an answer in vain";
}

TEST_F(LostJob, StartsAgain) {
  const auto sink = greedy_sink();
  ASSERT_EQ(sink->create().result, DRCON_OK);
  greedy::in_call = "start";
  sink->start();
  EXPECT_TRUE(test::wait_until([&] { return sink->status().state == DRCON_STATE_AWAY; }));
  EXPECT_THAT(sink->status().text, HasSubstr("retrying in"));
  EXPECT_TRUE(runs_until([] { return greedy::starts == 2; }));
}

TEST_F(LostJob, AnswersAnUpdateWithTryAgain) {
  const auto sink = greedy_sink();
  ASSERT_EQ(sink->create().result, DRCON_OK);
  const std::vector<std::pair<std::uint64_t, drcon_result>> expected{{1, DRCON_RETRY}, {2, DRCON_RETRY}, {3, DRCON_OK}};
  std::uint64_t ticket = 0;
  for (const auto* lost : {"apply", "done", ""}) {
    greedy::in_call = lost;
    sink->apply(update(++ticket));
    ASSERT_TRUE(runs_until([&] { return listener_->answers.size() == ticket; })) << "lost: " << lost;
  }
  EXPECT_EQ(listener_->answers, expected);
}

TEST_F(LostJob, AnswersThatNothingWasRendered) {
  const auto sink = greedy_sink();
  ASSERT_EQ(sink->create().result, DRCON_OK);
  greedy::in_call = "render";
  EXPECT_FALSE(sink->render(update(1)));
  EXPECT_TRUE(sink->render(update(1)));
}

TEST_F(LostJob, HasStoppedAllTheSame) {
  const auto sink = greedy_sink();
  ASSERT_EQ(sink->create().result, DRCON_OK);
  greedy::in_call = "stop";
  bool stopped = false;
  sink->stop([&] { stopped = true; });
  EXPECT_TRUE(runs_until([&] { return stopped; }));
}

}  // namespace
}  // namespace drcon::plugins
