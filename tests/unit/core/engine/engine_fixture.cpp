#include "engine_fixture.hpp"

#include "base/lane.hpp"
#include "base/last_catch.hpp"
#include "report/metric_samples.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <nlohmann/json.hpp>

#include <future>
#include <mutex>

namespace drcon::engine {

config::instance_config instance_of(const std::string& name, const std::string& plugin, const std::string& note) {
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

Engine::Engine() {
  test::forget_fakes();
  test::add_fake_plugins(registry_);
  config_.host.state_directory.clear();  // none, but for a test that starts with one
  config_.host.stop_deadline = 2s;
  config_.host.journal_size = 100;
  config_.sources["s"] = instance_of("s", "fake-source");
  config_.sinks["t"] = instance_of("t", "fake-sink");
  config_.pipelines["p"] = pipeline_of({"s"}, {"t"});
}

Engine::~Engine() { stop(); }

void Engine::start() {
  config_.host.state_directory = state_.path();
  engine_ = std::make_unique<engine>(context_, registry_, figures_, config_.host, mode::apply);
  thread_ = std::thread([this] {
    const auto work = boost::asio::make_work_guard(context_);
    while (!base::caught_last("the test", [this] { context_.run(); })) engine_->recover_soon();
  });
  ASSERT_TRUE(apply());
  ASSERT_TRUE(fake("t")->wait([] { return fake("t")->started.load(); }));
}

bool Engine::apply() {
  return on_engine([this] {
    config::diagnostics found;
    const bool taken = engine_->apply(config_, found);
    faults_ = found.text();
    return taken;
  });
}

std::string Engine::steer(const std::function<void(engine::steered)>& ask) {
  std::promise<std::string> answer;
  boost::asio::post(context_, [&] {
    ask([&](const base::result<>& outcome) { answer.set_value(outcome ? "" : outcome.error().why); });
  });
  return answer.get_future().get();
}

std::string Engine::pause(const std::string& why) {
  return steer([&](engine::steered done) { engine_->pause("p", why, std::move(done)); });
}

std::string Engine::resume() {
  return steer([this](engine::steered done) { engine_->resume("p", std::move(done)); });
}

std::string Engine::release_brake() {
  return steer([this](const engine::steered& done) {
    if (const auto begun = engine_->release_brake("p", {}, {}, done); !begun) done(begun);
  });
}

bool Engine::stop() {
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
  base::wait_for_lanes(1s);  // a thread may still be within the context that it has reported to
  return clean;
}

std::vector<std::string> Engine::journal(journal_entry::kind what) {
  return on_engine([&] {
    std::vector<std::string> whys;
    for (const auto& each : engine_->log().entries())
      if (each.what == what) whys.push_back(each.why);
    return whys;
  });
}

void Engine::settle() {
  for (int i = 0; i < 3; ++i) on_engine([] { return true; });
}

bool Engine::is_up_to_date() {
  return on_engine([this] { return engine_->sinks().at("t")->up_to_date(); });
}

bool Engine::is_settled() {
  return test::wait_until([this] { return on_engine([this] { return engine_->settled(); }); });
}

bool Engine::restart() {
  const bool is_clean = stop();
  test::forget_fakes();
  start();
  return is_clean;
}

void Engine::stop_answering() {
  const std::lock_guard lock(fake("t")->mutex);
  fake("t")->answers = false;
}

bool Engine::sees(const std::string& sink, std::size_t endpoints) {
  return fake(sink)->wait([&] {
    std::size_t count = 0;
    for (const auto& each : fake(sink)->last) count += each.endpoints.size();
    return fake(sink)->applies > 0 && count == endpoints;
  });
}

bool Engine::shows(const std::string& figure) {
  return test::wait_until([&] {
    return figures_.text(on_engine([this] { return report::figures_of(*engine_); })).find(figure) != std::string::npos;
  });
}

namespace {

// A store leaves the thread that calls the disk to whoever waits for all of them, as the program does at its end.
// Without that ThreadSanitizer takes it for a leak.
class StoresEnd : public ::testing::Environment {
  void TearDown() override { (void)base::wait_for_lanes(2s); }
};

const auto* const stores_end = ::testing::AddGlobalTestEnvironment(new StoresEnd);

}  // namespace

}  // namespace drcon::engine
