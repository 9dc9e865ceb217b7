// The host alone: 10,000 services of 10 endpoints each, of which one endpoint changes. CPU time from the source's
// publish to the sink's apply, what the host does afterwards, and what an endpoint takes up in memory.
//
// Source and sink are part of this program and do nothing with what they get, so that only the host is measured. Each
// thread is measured by its own clock of CPU time: what else the machine does costs caches, but is not counted. The
// state directory is on the disk, as in production; what its writer needs is a row of its own.
//
// usage: host_bench [ROUNDS]
#include "base/lane.hpp"
#include "base/last_catch.hpp"
#include "engine/engine.hpp"
#include "rows.hpp"
#include "support/on_thread_of.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <drcon/context.hpp>
#include <drcon/detail/entry.hpp>
#include <drcon/sink.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>
#include <pthread.h>

namespace drcon::bench {
namespace {

using namespace std::chrono_literals;

constexpr int service_count = 10000;
constexpr int endpoints_each = 10;

double process_cpu() { return clock_of(CLOCK_PROCESS_CPUTIME_ID); }

// The instances of the two plugins, once they are made.
struct stage {
  std::unique_ptr<context> source;
  std::mutex mutex;  // guards all below
  std::condition_variable changed;
  std::vector<std::uint64_t> applied = std::vector<std::uint64_t>(8);  // of each sink
  double engine_at_apply = 0;  // its thread's clock when the last sink was handed an update
  double lanes = 0;            // what the sinks' threads have needed until then
  clockid_t engine_clock{};

  std::uint64_t fewest(std::size_t sinks) const {
    return *std::min_element(applied.begin(), applied.begin() + static_cast<std::ptrdiff_t>(sinks));
  }
};

stage& the_stage() {
  static stage one;
  return one;
}

class bench_source {
public:
  static constexpr const char* schema = R"({"type": "object", "properties": {}})";
  bench_source(context host, const options& /*none*/) { the_stage().source = std::make_unique<context>(host); }
  void start() {}
  void failed(std::string_view /*why*/) {}
  void stop() {}
};

class bench_sink {
public:
  static constexpr const char* schema = bench_source::schema;
  bench_sink(context host, const options& /*none*/) : host_(host), place_(host.name().back() - '0') {}
  void start() {}
  void failed(std::string_view /*why*/) {}
  void stop() {}
  bool render(const update_view& /*update*/) { return false; }
  void begin_apply(const update_view& update) {
    const auto own = clock_of(CLOCK_THREAD_CPUTIME_ID);
    auto& here = the_stage();
    {
      const std::lock_guard lock(here.mutex);
      here.engine_at_apply = std::max(here.engine_at_apply, clock_of(here.engine_clock));
      here.lanes += own - since_;
      ++here.applied.at(static_cast<std::size_t>(place_));
    }
    here.changed.notify_all();
    host_.host()->done(host_.instance(), update.ticket(), DRCON_OK, {});
    since_ = clock_of(CLOCK_THREAD_CPUTIME_ID);
  }

private:
  context host_;
  int place_;
  double since_ = 0;
};

void add_plugins(plugins::registry& to) {
  static constexpr auto source_type = drcon::detail::source_type<bench_source>();
  static constexpr auto sink_type = drcon::detail::sink_type<bench_sink>();
  static constexpr auto source = drcon::detail::entry("bench-source", "1", "Of a test.", &source_type, nullptr);
  static constexpr auto sink = drcon::detail::entry("bench-sink", "1", "Of a test.", nullptr, &sink_type);
  const auto schema = nlohmann::json::parse(bench_source::schema);
  to.add({.file = "bench-source", .entry = &source, .source_schema = schema, .sink_schema = {}});
  to.add({.file = "bench-sink", .entry = &sink, .source_schema = {}, .sink_schema = schema});
}

// As Consul has them: two tags, a datacenter, a version.
service service_of(int number, std::uint64_t revision, std::uint32_t weight) {
  const auto name = "service-" + std::to_string(number);
  service made{.name = name, .revision = revision, .endpoints = {}, .values = {}};
  for (int i = 0; i < endpoints_each; ++i)
    made.endpoints.push_back({.id = name + "-instance-" + std::to_string(i),
                              .node = "node-" + std::to_string((number * endpoints_each + i) % 200) + ".example",
                              .address = "10." + std::to_string(i) + "." + std::to_string(number / 250) + "." +
                                         std::to_string(number % 250 + 1),
                              .port = 8080,
                              .weight = i == 0 ? weight : 1,
                              .tags = {"http", "v1"},
                              .meta = {{"datacenter", "dc1"}, {"version", "1.2.3"}}});
  return made;
}

std::size_t text_of(const service& of) {
  std::size_t bytes = of.name.size();
  for (const auto& each : of.endpoints) {
    bytes += each.id.size() + each.node.size() + each.address.size();
    for (const auto& tag : each.tags) bytes += tag.size();
    for (const auto& [key, value] : each.meta) bytes += key.size() + value.size();
  }
  return bytes;
}

std::size_t bytes_allocated() {
  const auto now = ::mallinfo2();
  return now.uordblks + now.hblkhd;
}

config::instance_config instance_of(const std::string& name, const std::string& plugin) {
  return {.name = name, .plugin = plugin, .options = nlohmann::json::object()};
}

// An engine with one source, as drcon runs it.
class host {
  template <class Function>
  auto on_engine(Function function) {
    return test::on_thread_of(context_, std::move(function));
  }

public:
  host(int pipelines, int sinks_of_each) : sinks_(static_cast<std::size_t>(sinks_of_each)) {
    add_plugins(registry_);
    the_stage().applied.assign(8, 0);
    config_.host.state_directory = state_.path();
    config_.sources["source"] = instance_of("source", "bench-source");
    std::vector<std::string> sinks;
    for (int i = 0; i < sinks_of_each; ++i) sinks.push_back("sink" + std::to_string(i));
    for (const auto& each : sinks) config_.sinks[each] = instance_of(each, "bench-sink");
    for (int i = 0; i < pipelines; ++i) {
      config::pipeline_config made{.name = "p" + std::to_string(i), .sources = {"source"}, .sinks = sinks};
      made.wait = {.min = 0ms, .max = 0ms};
      config_.pipelines[made.name] = std::move(made);
    }
    engine_ = std::make_unique<engine::engine>(context_, registry_, figures_, config_.host, engine::mode::apply);
    thread_ = std::thread([this] { run(); });
    ::pthread_getcpuclockid(thread_.native_handle(), &the_stage().engine_clock);
    const bool taken = on_engine([this] {
      config::diagnostics found;
      return engine_->apply(config_, found);
    });
    if (!taken) throw std::runtime_error("the configuration of the benchmark is refused");
  }
  ~host() {
    std::promise<void> over;
    boost::asio::post(context_, [&] {
      engine_->stop([&](bool) {
        over.set_value();
        context_.stop();
      });
    });
    over.get_future().get();
    thread_.join();
    engine_.reset();
    base::wait_for_lanes(1s);
  }
  host(const host&) = delete;
  host& operator=(const host&) = delete;

  static context& source() { return *the_stage().source; }

  void wait_applied(std::uint64_t count) const {
    auto& here = the_stage();
    std::unique_lock lock(here.mutex);
    if (!here.changed.wait_for(lock, 60s, [&] { return here.fewest(sinks_) >= count; }))
      throw std::runtime_error("no update within a minute");
  }
  std::uint64_t applied() const {
    const std::lock_guard lock(the_stage().mutex);
    return the_stage().fewest(sinks_);
  }
  void wait_settled() {
    while (!on_engine([this] { return engine_->settled(); })) std::this_thread::yield();
  }
  // The states on disk are those of what was decided last. Until then they have other names.
  void wait_written() const {
    for (const auto& [name, pipeline] : config_.pipelines)
      if (!test::wait_until([&, file = state_.path() / (name + ".state")] { return std::filesystem::exists(file); },
                            60s))
        throw std::runtime_error("the state is not written within a minute");
  }

private:
  void run() {
    const auto work = boost::asio::make_work_guard(context_);
    while (!base::caught_last("the benchmark", [this] { context_.run(); })) engine_->recover_soon();
  }
  const std::size_t sinks_;
  test::temp_dir state_;
  plugins::registry registry_;
  metrics::metrics figures_;
  boost::asio::io_context context_;
  config::configuration config_;
  std::unique_ptr<engine::engine> engine_;
  std::thread thread_;
};

struct cost {
  double to_apply = 0;  // CPU, ms, from the publish to the sinks' apply
  double after = 0;     // of the engine's thread, afterwards
};

cost change_one(host& of, int number, std::uint32_t weight) {
  auto& here = the_stage();
  const auto changed = service_of(number, weight, weight);
  const auto before = of.applied();
  {
    const std::lock_guard lock(here.mutex);
    here.engine_at_apply = here.lanes = 0;
  }
  const auto engine_before = clock_of(here.engine_clock);
  const auto own_before = clock_of(CLOCK_THREAD_CPUTIME_ID);
  host::source().publish(changed);
  const auto own = clock_of(CLOCK_THREAD_CPUTIME_ID) - own_before;
  of.wait_applied(before + 1);
  of.wait_settled();
  const std::lock_guard lock(here.mutex);
  return {.to_apply = own + (here.engine_at_apply - engine_before) + here.lanes,
          .after = clock_of(here.engine_clock) - here.engine_at_apply};
}

void measure(const std::string& how, int pipelines, int sinks, int rounds, bool with_rest) {
  const auto empty = bytes_allocated();
  host one(pipelines, sinks);
  std::size_t text = 0;
  const auto before = process_cpu();
  for (int i = 0; i < service_count; ++i) {
    const auto each = service_of(i, 1, 1);
    text += text_of(each);
    host::source().publish(each);
  }
  host::source().ready();
  one.wait_applied(1);
  one.wait_settled();
  const auto first = process_cpu() - before;
  one.wait_written();
  ::malloc_trim(0);
  constexpr double endpoints = static_cast<double>(service_count) * endpoints_each;
  const auto more = static_cast<double>(bytes_allocated() - empty - text) / endpoints;

  std::vector<double> to_apply;
  std::vector<double> after;
  for (int i = 0; i < rounds; ++i) {
    const auto took = change_one(one, (i * 7919) % service_count, static_cast<std::uint32_t>(2 + i));
    to_apply.push_back(took.to_apply);
    after.push_back(took.after);
  }
  report({.what = "one of 100,000 endpoints changes, " + how + ": publish to apply",
          .figure = median(to_apply),
          .unit = "ms CPU",
          .most = 2.0});
  report({.what = "the same: what the host does afterwards", .figure = median(after), .unit = "ms CPU"});
  if (!with_rest) return;
  report(
      {.what = "memory beyond its own text, 100,000 endpoints", .figure = more, .unit = "bytes each", .most = 400.0});
  report({.what = "100,000 endpoints at once: publish to apply", .figure = first, .unit = "ms CPU"});
  one.wait_written();
  const auto before_write = process_cpu();
  const auto took = change_one(one, 1, 1000000);
  one.wait_written();
  report({.what = "writing the state of 100,000 endpoints, once in state_interval at most",
          .figure = process_cpu() - before_write - took.to_apply - took.after,
          .unit = "ms CPU"});
}

}  // namespace
}  // namespace drcon::bench

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 101;
  if (std::freopen("/dev/null", "w", stderr) == nullptr) return 1;  // a line for each change is formatted all the same
  drcon::bench::measure("1 sink", 1, 1, rounds, true);
  drcon::bench::measure("3 sinks", 1, 3, rounds, false);
  drcon::bench::measure("2 pipelines, 1 sink", 2, 1, rounds, false);
}
