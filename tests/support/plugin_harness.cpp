#include "support/plugin_harness.hpp"

#include "base/printed.hpp"
#include "config/configuration.hpp"
#include "model/snapshot.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <stdexcept>
#include <utility>

#include <unistd.h>

namespace drcon::test {

plugins::registry& bundled_plugins() {
  static plugins::registry& loaded = *[] {
    auto* all = new plugins::registry;
    all->offer_bundled(DRCON_TEST_PLUGINS);
    all->load_all();
    all->load_directories({DRCON_TEST_EXAMPLES});
    return all;
  }();
  return loaded;
}

namespace {

// A whole configuration around the options, so that they are checked as a user's are.
config::instance_config checked(config::kind kind, const std::string& plugin, const std::string& toml,
                                plugins::registry& all) {
  const bool source = kind == config::kind::source;
  const std::string other = source ? "[sink.other]\nplugin = \"nginx\"\nfile = \"/nowhere/x.conf\"\n"
                                   : "[source.other]\nplugin = \"file\"\npath = \"/nowhere/x.toml\"\n";
  const std::string pipeline =
      source ? "sources = [\"test\"]\nsinks = [\"other\"]\n" : "sources = [\"other\"]\nsinks = [\"test\"]\n";
  std::string directory = std::filesystem::temp_directory_path() / "drcon-harness-XXXXXX";
  if (::mkdtemp(directory.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
  const auto file = std::filesystem::path(directory) / "drcon.toml";
  std::ofstream(file) << "[" << (source ? "source" : "sink") << ".test]\nplugin = \"" << plugin << "\"\n"
                      << toml << "\n"
                      << other << "[pipeline.test]\n"
                      << pipeline;
  config::diagnostics found;
  const auto loaded = config::load(file, all.catalog(), found);
  std::filesystem::remove_all(directory);
  if (!loaded) throw std::runtime_error("options refused:\n" + found.text());
  return source ? loaded->sources.at("test") : loaded->sinks.at("test");
}

}  // namespace

// Lives on the harness's engine thread; read by the test under its mutex.
class plugin_harness::recorder : public plugins::instance_listener {
public:
  void on_news(const plugins::source_news& news) override {
    const std::lock_guard lock(mutex);
    ++source.words;
    for (const auto& [name, service] : news.services) {
      source.unknown.erase(name);
      if (service) source.services.insert_or_assign(name, service->value());
      else source.services.erase(name);
    }
    for (const auto& [name, why] : news.unknown) source.unknown.insert_or_assign(name, why);
    for (const auto& [part, names] : news.names) {
      if (names) source.nameless.insert_or_assign(part, names->pattern);
      else source.nameless.erase(part);
    }
    if (news.all_unknown) source.all_unknown = *news.all_unknown;
    if (news.ready) {
      source.ready = true;
      source.all_unknown.clear();
    }
    changed.notify_all();
  }
  void on_done(std::uint64_t ticket, drcon_result result, const std::string& why) override {
    const std::lock_guard lock(mutex);
    answers.emplace(ticket, outcome{result, base::with_printed(why)});
    changed.notify_all();
  }
  void on_refused(const std::vector<plugins::refusal>& what) override {
    const std::lock_guard lock(mutex);
    for (auto each : what) {
      each.why = base::with_printed(each.why);
      refused.push_back(std::move(each));
    }
    changed.notify_all();
  }

  mutable std::mutex mutex;  // guards all below
  mutable std::condition_variable changed;
  source_harness::state source;
  std::map<std::uint64_t, outcome> answers;
  std::vector<plugins::refusal> refused;
};

plugin_harness::plugin_harness(config::kind kind, const std::string& plugin, const std::string& toml,
                               plugins::registry& all)
    : recorder_(std::make_shared<recorder>()) {
  auto options = checked(kind, plugin, toml, all);
  options.file = std::string("/nowhere/drcon.toml");  // the same after a restart
  instance_ = std::make_shared<plugins::instance>(kind, *all.find(plugin), options, context_.get_executor(), figures_);
  instance_->listen(recorder_);
  const auto fault = instance_->create();
  if (fault.result != DRCON_OK) {
    instance_->wait_ended(patience);
    throw std::runtime_error(fault.pointer + ": " + fault.why);
  }
  engine_ = std::jthread([this] { context_.run(); });
}

plugin_harness::~plugin_harness() {
  stop();
  instance_->wait_ended(patience);
  work_.reset();
  context_.stop();
}

bool plugin_harness::stop(std::chrono::milliseconds deadline) {
  if (std::exchange(stopped_, true)) return true;
  auto over = std::make_shared<std::promise<void>>();
  auto stopped = over->get_future();
  instance_->stop([over] { over->set_value(); });
  return stopped.wait_for(deadline) == std::future_status::ready;
}

std::vector<plugins::refusal> plugin_harness::refused() const {
  const std::lock_guard lock(recorder_->mutex);
  return recorder_->refused;
}

bool plugin_harness::wait(const std::function<bool(const recorder&)>& holds, std::chrono::milliseconds deadline) const {
  std::unique_lock lock(recorder_->mutex);
  return recorder_->changed.wait_for(lock, deadline, [&] { return holds(*recorder_); });
}

source_harness::state source_harness::now() const {
  const std::lock_guard lock(recorder_->mutex);
  return recorder_->source;
}

bool source_harness::wait_for(const std::function<bool(const state&)>& holds,
                              std::chrono::milliseconds deadline) const {
  return wait([&](const recorder& each) { return holds(each.source); }, deadline);
}

namespace {

model::snapshot_ptr snapshot_of(std::uint64_t revision, std::vector<service> services) {
  std::ranges::sort(services, {}, &service::name);
  std::vector<model::service_ptr> shared;
  for (auto& each : services) shared.push_back(std::make_shared<const model::shared_service>(std::move(each)));
  return std::make_shared<const model::snapshot>(revision, std::move(shared));
}

}  // namespace

outcome sink_harness::apply(std::vector<service> services, std::chrono::milliseconds deadline) {
  wanted_ = snapshot_of(++revision_, std::move(services));
  return hand_over(false, deadline);
}

outcome sink_harness::reconcile(std::chrono::milliseconds deadline) { return hand_over(true, deadline); }

outcome sink_harness::hand_over(bool reconcile, std::chrono::milliseconds deadline) {
  const auto ticket = ++ticket_;
  instance_->apply(std::make_shared<const plugins::update_package>(ticket, reconcile, wanted_, applied_));
  outcome answer{-1, "no answer in time"};
  wait(
      [&](const recorder& each) {
        const auto at = each.answers.find(ticket);
        if (at == each.answers.end()) return false;
        answer = at->second;
        return true;
      },
      deadline);
  if (answer.result == DRCON_OK) applied_ = wanted_;
  return answer;
}

std::vector<plugins::rendered_target> sink_harness::render(std::vector<service> services) {
  auto rendered = instance_->render(std::make_shared<const plugins::update_package>(
      ++ticket_, false, snapshot_of(revision_ + 1, std::move(services)), applied_));
  if (!rendered) throw std::runtime_error(rendered.error().why);
  return *std::move(rendered);
}

}  // namespace drcon::test
