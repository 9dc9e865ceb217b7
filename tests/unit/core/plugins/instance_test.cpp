#include "plugins/instance.hpp"

#include "log/log.hpp"
#include "model/snapshot.hpp"
#include "plugins/series_bound.hpp"
#include "support/fake_plugins.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

namespace drcon::plugins {
namespace {

using namespace std::chrono_literals;
using test::fake;
using test::service_of;
using testing::HasSubstr;

// Fake sources and sinks without an engine: what they report to it stays in the context, which nothing runs.
class Instance : public testing::Test {
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
  EXPECT_THAT(figures_.text(), HasSubstr("drcon_refused_total{instance=\"same\",kind=\"source\"} 2"));
  EXPECT_THAT(figures_.text(), HasSubstr("drcon_refused_total{instance=\"same\",kind=\"sink\"} 0"));
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
      HasSubstr(
          "drcon_plugin_misbehaviour_total{instance=\"many-series\",kind=\"source\",plugin=\"fake-source\"} 1\n"));
}

// As of a sink that compares its target by itself, and finds a backend gone.
TEST_F(Instance, KeepsWhatASinkLeavesOutBetweenTwoUpdatesUntilTheNextAnswer) {
  const auto sink = make(config::kind::sink, "t");
  const auto plugin = fake("t");
  plugin->host.refused("web", "1", "its backend has gone");
  plugin->host.refused("web", "1", "its backend has gone");
  ASSERT_EQ(sink->refusals().size(), 1U);
  EXPECT_EQ(sink->why_refused("web", "1"), "its backend has gone");
  EXPECT_THAT(figures_.text(), HasSubstr("drcon_refused_total{instance=\"t\",kind=\"sink\"} 1"));
  const auto nothing = std::make_shared<const model::snapshot>(1, std::vector<model::service_ptr>{});
  sink->apply(std::make_shared<const update_package>(1, false, nothing, nullptr));
  EXPECT_TRUE(plugin->wait([&] { return plugin->applies == 1; }));
  EXPECT_TRUE(test::wait_until([&] { return sink->refusal_count() == 0; }))
      << "the next answer has all that is left out";
}

TEST_F(Instance, MakesNoObjectOnceItWasStopped) {
  const auto sink = make(config::kind::sink, "t");
  sink->stop([] {});
  EXPECT_NE(sink->create().result, DRCON_OK);
  EXPECT_EQ(test::fakes_made("t"), 1);
  const auto nothing = std::make_shared<const model::snapshot>(1, std::vector<model::service_ptr>{});
  EXPECT_FALSE(sink->render(std::make_shared<const update_package>(1, false, nothing, nullptr)));
}

}  // namespace
}  // namespace drcon::plugins
