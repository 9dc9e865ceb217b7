// Rendering all services into one file: both languages of plugins/common/templating, by the views of the template sink,
// beside kainjow's mustache, which the sink had before, and nginx's own form. CPU time and allocations of one
// rendering, for 500 and 10,000 services of three endpoints.
//
// The languages read the same std::vector<service> and render to the same bytes. Each figure is the median of several
// runs, alternating in one process; what counts is the ratio. The rows of sinks are all that a sink does for a change
// before it writes the file and turns to whoever reads it: from the host's snapshot to the bytes.
//
// usage: template_bench [RUNS]
#include "common/templating/go/template.hpp"
#include "common/templating/mustache/template.hpp"
#include "nginx/desired.hpp"
#include "nginx/render.hpp"
#include "template/desired.hpp"
#include "template/view.hpp"

#include "bench/former/mustache.hpp"
#include "bench/former/values.hpp"

#include <drcon/context.hpp>
#include <drcon/model.hpp>
#include <drcon/testing/update.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <new>
#include <string>
#include <vector>

#include <ctime>

namespace {

std::size_t allocations = 0;

}  // namespace

// Every allocation of this process is counted. Only one thread runs. Not inlined: GCC takes the two halves of such a
// pair for a mismatch where it sees into one of them.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (auto* made = std::malloc(size == 0 ? 1 : size)) return made;  // NOLINT: this is where memory comes from
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* made) noexcept { std::free(made); }               // NOLINT
[[gnu::noinline]] void operator delete(void* made, std::size_t) noexcept { std::free(made); }  // NOLINT

namespace drcon::test {
namespace {

constexpr auto mustache_text = R"({{#services}}
upstream {{name}} {
{{#endpoints}}
    server {{server}} weight={{weight}}; # {{id}}
{{/endpoints}}
{{^endpoints}}
    server 127.0.0.1:65535;
{{/endpoints}}
}
{{/services}}
)";
constexpr auto go_text = R"({{range .services}}upstream {{.name}} {
{{range .endpoints}}    server {{.server}} weight={{.weight}}; # {{.id}}
{{else}}    server 127.0.0.1:65535;
{{end}}}
{{end}})";

std::vector<service> services(std::size_t count) {
  std::vector<service> all;
  for (std::size_t i = 0; i < count; ++i) {
    service one{.name = "service-" + std::to_string(i), .revision = i, .endpoints = {}, .values = {}};
    for (std::uint32_t n = 0; n < 3; ++n)
      one.endpoints.push_back(
          {.id = one.name + "-" + std::to_string(n),
           .node = "node-" + std::to_string(i % 50),
           .address = "10." + std::to_string(n) + "." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1),
           .port = 8000 + n,
           .weight = n + 1,
           .tags = {"v1", "edge"},
           .meta = {{"zone", "a"}, {"version", "1.2.3"}}});
    all.push_back(std::move(one));
  }
  return all;
}

double cpu_milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct engine {
  const char* name;
  std::function<std::string(const std::vector<service>&)> render;
  std::vector<double> times;
  std::size_t allocations = 0;
};

std::vector<engine> engines() {
  static const templating::function_table functions{templating::go::built_in_functions()};
  static const auto go =
      std::get<templating::go::text_template>(templating::go::text_template::read("go", go_text, functions));
  static const auto mustache = std::get<templating::mustache::text_template>(
      templating::mustache::text_template::read("mustache", mustache_text));
  static const auto as_before = std::get<templating::mustache::text_template>(
      templating::mustache::text_template::read("mustache", mustache_text, templating::mustache::rules::as_before));
  static const former::mustache_template kainjow{std::string(mustache_text)};
  static const templating::surroundings around;
  return {{.name = "kainjow's mustache",
           .render =
               [](const std::vector<service>& all) {
                 return kainjow.render(former::values_of(all, kainjow, {.sink = "bench", .revision = 1}),
                                       [](const std::string& text) { return text; });
               },
           .times = {}},
          {.name = "mustache",
           .render =
               [](const std::vector<service>& all) {
                 std::string output;
                 const templates::subject snapshot{.services = all, .sink = "bench", .revision = 1};
                 const auto wrong = mustache.render(
                     templates::view_of(snapshot), [](std::string_view text, std::string& result) { result += text; },
                     around, output);
                 return wrong ? wrong->message() : output;
               },
           .times = {}},
          {.name = "mustache as before",
           .render =
               [](const std::vector<service>& all) {
                 std::string output;
                 const templates::subject snapshot{.services = all, .sink = "bench", .revision = 1};
                 const auto wrong = as_before.render(
                     templates::view_of(snapshot), [](std::string_view text, std::string& result) { result += text; },
                     around, output);
                 return wrong ? wrong->message() : output;
               },
           .times = {}},
          {.name = "go",
           .render =
               [](const std::vector<service>& all) {
                 std::string output;
                 const templates::subject snapshot{.services = all, .sink = "bench", .revision = 1};
                 const auto wrong = go.render(templates::view_of(snapshot), around, output);
                 return wrong ? wrong->message() : output;
               },
           .times = {}}};
}

double median(std::vector<double> times) {
  std::ranges::sort(times);
  return times[times.size() / 2];
}

// The sinks get the snapshot as the host hands it over, in C's structs.
void measure_sinks(const std::vector<service>& all, int runs) {
  const testing::update handed(1, all, std::nullopt);
  const update_view update{handed.get()};
  drcon_host silent{};
  silent.refused = [](drcon_instance*, drcon_string, drcon_string, drcon_string) {};
  const context host(&silent, nullptr);
  static const auto form = std::get<templating::mustache::text_template>(
      templating::mustache::text_template::read("mustache", mustache_text));
  static const templating::surroundings around;
  const auto own_form = [&] {
    return nginx::render(nginx::desired_from(update.wanted(), {}, host), {}, {.sink = "bench"}).bytes.size();
  };
  const auto of_template = [&] {
    const auto desired = templates::desired_from(update);
    const auto carried = templates::writable(desired.services, templates::language::nginx, [](auto&&...) {});
    std::string output;
    const templates::subject snapshot{.services = carried, .sink = "bench", .revision = 1};
    const auto wrong = form.render(
        templates::view_of(snapshot), [](std::string_view text, std::string& result) { result += text; }, around,
        output);
    return wrong ? 0 : output.size();
  };
  const std::array<std::pair<const char*, std::function<std::size_t()>>, 2> rows{
      {{"nginx sink, own form", own_form}, {"template sink", of_template}}};
  for (const auto& [name, render] : rows) {
    std::vector<double> times;
    std::size_t made = 0;
    for (int run = 0; run < runs; ++run) {
      render();
      const auto before = allocations;
      const auto start = cpu_milliseconds();
      render();
      times.push_back(cpu_milliseconds() - start);
      made = allocations - before;
    }
    std::printf("  %-20s %9.3f ms of CPU           %9zu allocations\n", name, median(times), made);
  }
}

int measure(std::size_t count, int runs) {
  const auto all = services(count);
  auto compared = engines();
  const auto wanted = compared[0].render(all);
  for (const auto& each : compared)
    if (each.render(all) != wanted) {
      std::printf("%s renders something else\n", each.name);
      return 1;
    }
  for (int run = 0; run < runs; ++run)
    for (auto& each : compared) {
      // Each begins with what its own rendering left in the processor's caches: kainjow's leaves nothing of the
      // services there, which whoever comes next would pay for.
      each.render(all);
      const auto made = allocations;
      const auto start = cpu_milliseconds();
      const auto output = each.render(all);
      each.times.push_back(cpu_milliseconds() - start);
      each.allocations = allocations - made;
    }
  std::printf("%zu services of 3 endpoints, %zu bytes\n", count, wanted.size());
  double first = 0;
  for (auto& each : compared) {
    const auto time = median(each.times);
    if (first == 0) first = time;
    std::printf("  %-20s %9.3f ms of CPU  1/%-6.1f %9zu allocations\n", each.name, time, first / time,
                each.allocations);
  }
  measure_sinks(all, runs);
  return 0;
}

}  // namespace
}  // namespace drcon::test

int main(int count, char** arguments) {
  const int runs = count > 1 ? std::max(1, std::atoi(arguments[1])) : 11;
  if (const int failed = drcon::test::measure(500, runs)) return failed;
  return drcon::test::measure(10'000, std::max(1, runs / 3));
}
