// What isolation = "process" costs: the same plugin within drcon and in a process of its own, side by side in one run.
//
// apply: from handing over an update to its answer, one endpoint of the snapshot changed; publish: a source that says a
// million states. The plugin does nothing with them, so what is measured is the way there and back.
#include "plugins/child.hpp"
#include "rows.hpp"
#include "support/plugin_harness.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace drcon::test {
namespace {

using namespace std::chrono_literals;
using bench::milliseconds;
using clock = std::chrono::steady_clock;

constexpr int rounds = 201;

plugins::registry& all_plugins() {
  static plugins::registry& loaded = *[] {
    auto* all = new plugins::registry;
    all->offer_bundled(DRCON_TEST_PLUGINS);
    all->load_all();
    all->load_directories({DRCON_NAUGHTY_PLUGINS});
    return all;
  }();
  return loaded;
}

service web(int endpoints) {
  service made{.name = "web", .revision = 1, .endpoints = {}};
  for (int i = 0; i < endpoints; ++i)
    made.endpoints.push_back({.id = "web-" + std::to_string(i),
                              .node = "node",
                              .address = "10.0.0.1",
                              .port = 80,
                              .tags = {"v1"},
                              .meta = {}});
  return made;
}

// The median of many, in milliseconds.
double apply(const std::string& isolation, int endpoints) {
  sink_harness sink("naughty", "isolation = \"" + isolation + "\"\n", all_plugins());
  sink.start();
  std::vector<double> took;
  auto wanted = web(endpoints);
  for (int i = 0; i < rounds; ++i) {
    wanted.endpoints[0].port = static_cast<std::uint32_t>(1000 + i);
    const auto begun = clock::now();
    if (sink.apply({wanted}).result != DRCON_OK) return -1;
    took.push_back(milliseconds(clock::now() - begun));
  }
  std::ranges::sort(took);
  return took[took.size() / 2];
}

double flood(const std::string& isolation) {
  source_harness source("naughty", "isolation = \"" + isolation + "\"\ndoes = \"flood\"\n", all_plugins());
  const auto begun = clock::now();
  source.start();
  if (!source.wait_ready(5min)) return -1;
  return milliseconds(clock::now() - begun);
}

void row(const char* what, double here, double apart) {
  std::printf("%-34s %10.3f ms %10.3f ms   %5.2f x\n", what, here, apart, apart / here);
}

}  // namespace
}  // namespace drcon::test

int main() {
  using namespace drcon::test;
  drcon::plugins::run_children_with(DRCON_BINARY);
  std::printf("%-34s %13s %13s\n", "", "in drcon", "own process");
  for (const int endpoints : {1, 100, 1000, 10000}) {
    const auto name = "apply, " + std::to_string(endpoints) + " endpoints";
    row(name.c_str(), apply("none", endpoints), apply("process", endpoints));
  }
  const auto here = flood("none");
  const auto apart = flood("process");
  row("publish, a million states", here, apart);
  drcon::bench::report({.what = "a plugin publishes a million states", .figure = here, .unit = "ms", .most = 200.0});
  drcon::bench::report({.what = "the same in a process of its own", .figure = apart, .unit = "ms", .most = 2000.0});
}
