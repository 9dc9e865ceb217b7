#include "plugins/instance.hpp"

#include "model/snapshot.hpp"
#include "support/fake_plugins.hpp"
#include "support/wait.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
