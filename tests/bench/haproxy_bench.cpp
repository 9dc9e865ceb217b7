// HAProxy: servers added, weights set, and one of ten thousand changed by the haproxy sink, beside the same commands as
// a script would pipe them, in turn, each with a HAProxy of its own.
//
// Processor time is measured, of both sides: what the sink's threads and its HAProxy need together, beside what the
// pipe and its HAProxy need. So what else the machine does counts little. What the test harness does around the sink,
// on the main thread, does not count.
//
// usage: haproxy_bench [ROUNDS]
#include "rows.hpp"
#include "support/haproxy_server.hpp"
#include "support/plugin_harness.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace drcon::bench {
namespace {

using test::haproxy_server;
using test::sink_harness;

// A HAProxy whose processor time is looked at.
class measured_haproxy {
public:
  template <class... Args>
  explicit measured_haproxy(Args... args) : server(args...), worker_(server.worker()) {}

  // What its worker has needed so far, in milliseconds.
  double cpu() const { return processor_time_of(worker_); }

  const haproxy_server server;

private:
  const pid_t worker_;
};

// These commands over one connection, as a script would pipe them; returns the processor time of both ends.
double pipe_commands(const measured_haproxy& haproxy, const std::vector<std::string>& commands) {
  namespace asio = boost::asio;
  const auto before = haproxy.cpu();
  const auto own = clock_of(CLOCK_THREAD_CPUTIME_ID);
  std::string all = "prompt\n";
  for (const auto& each : commands) all += each + "\n";
  asio::io_context context;
  asio::local::stream_protocol::socket socket(context);
  socket.connect(asio::local::stream_protocol::endpoint(haproxy.server.socket().string()));
  asio::async_write(socket, asio::buffer(all), [](const boost::system::error_code&, std::size_t) {});
  std::string answers;
  std::size_t prompts = 0;
  std::size_t searched = 0;
  std::array<char, 65536> part{};
  const std::function<void()> read = [&] {
    socket.async_read_some(asio::buffer(part), [&](const boost::system::error_code& error, std::size_t length) {
      if (error) return;
      answers.append(part.data(), length);
      for (auto at = answers.find("\n> ", searched); at != std::string::npos; at = answers.find("\n> ", searched)) {
        ++prompts;
        searched = at + 3;
      }
      if (prompts <= commands.size()) read();
    });
  };
  read();
  context.run();
  if (prompts <= commands.size()) throw std::runtime_error("HAProxy did not answer each command");
  return clock_of(CLOCK_THREAD_CPUTIME_ID) - own + haproxy.cpu() - before;
}

// What the sink's threads and HAProxy need for it.
double apply(sink_harness& sink, const measured_haproxy& haproxy, const std::vector<service>& desired) {
  const auto others = [] { return clock_of(CLOCK_PROCESS_CPUTIME_ID) - clock_of(CLOCK_THREAD_CPUTIME_ID); };
  const auto before = haproxy.cpu();
  const auto own = others();
  const auto answer = sink.apply(desired);
  if (answer.result != DRCON_OK) throw std::runtime_error("haproxy: " + answer.why);
  return others() - own + haproxy.cpu() - before;
}

constexpr const char* options = "server_options = \"\"\nprefix = \"s-\"\nwatch = \"1h\"\ncompare = \"1h\"\n";

std::string options_of(const haproxy_server& served) {
  auto text = served.options();  // which has its own watch and compare
  for (const std::string key : {"watch", "compare"})
    if (const auto at = text.find("\n" + key + " "); at != std::string::npos)
      text.erase(at + 1, text.find('\n', at + 1) - at);
  return text + options;
}

service servers_of(const std::string& name, int backend, int count, std::uint32_t weight) {
  service all{.name = name, .revision = weight, .endpoints = {}, .values = {}};
  for (int i = 0; i < count; ++i)
    all.endpoints.push_back(
        {.id = "e" + std::to_string(i),
         .node = "",
         .address = "10." + std::to_string(backend) + "." + std::to_string(i / 200) + "." + std::to_string(i % 200 + 1),
         .port = 80,
         .weight = 1 + (static_cast<std::uint32_t>(i) + weight) % 5,
         .tags = {},
         .meta = {}});
  return all;
}

std::string server_of(const std::string& backend, const endpoint& each) {
  return backend + "/s-" + each.address + ":80";
}

std::vector<std::string> adds_of(const service& all) {
  std::vector<std::string> adds;
  for (const auto& each : all.endpoints) {
    adds.push_back("add server " + server_of(all.name, each) + " " + each.address + ":80 weight " +
                   std::to_string(each.weight));
    adds.push_back("set server " + server_of(all.name, each) + " state ready");
  }
  return adds;
}

void compare_many(int rounds) {
  constexpr int count = 1000;
  std::vector<double> bare_adds, sink_adds, bare_sets, sink_sets;
  const auto first = servers_of("web", 0, count, 1);
  const auto next = servers_of("web", 0, count, 2);
  std::vector<std::string> sets;
  for (const auto& each : next.endpoints)
    sets.push_back("set server " + server_of("web", each) + " weight " + std::to_string(each.weight));
  for (int i = 0; i < rounds; ++i) {
    const measured_haproxy bare;
    const measured_haproxy served;
    sink_harness sink("haproxy", options_of(served.server));
    sink.start();
    bare_adds.push_back(pipe_commands(bare, adds_of(first)));
    sink_adds.push_back(apply(sink, served, {first}));
    bare_sets.push_back(pipe_commands(bare, sets));
    sink_sets.push_back(apply(sink, served, {next}));
  }
  report({.what = "HAProxy: 1,000 servers added at once",
          .figure = median(sink_adds),
          .unit = "ms CPU",
          .beside = "bare commands",
          .floor = median(bare_adds),
          .share = 1.1});
  report({.what = "HAProxy: weights of 1,000 servers",
          .figure = median(sink_sets),
          .unit = "ms CPU",
          .beside = "bare commands",
          .floor = median(bare_sets),
          .share = 1.15});
}

void compare_one_of_many(int rounds) {
  constexpr int backends = 100;
  constexpr int servers = 100;
  std::string sections;
  std::vector<service> all;
  for (int i = 0; i < backends; ++i) {
    const auto name = "web" + std::to_string(i);
    sections += "backend " + name + "\n  balance roundrobin\n";
    all.push_back(servers_of(name, i, servers, 1));
  }
  sections += "backend web\n  balance roundrobin\n";
  const measured_haproxy bare(sections);
  const measured_haproxy served(sections);
  for (const auto& each : all) pipe_commands(bare, adds_of(each));
  sink_harness sink("haproxy", options_of(served.server));
  sink.start();
  apply(sink, served, all);
  std::vector<double> bare_times;
  std::vector<double> sink_times;
  for (int i = 0; i < rounds; ++i) {
    auto& changed = all[static_cast<std::size_t>(i * 37 % backends)];
    auto& one = changed.endpoints[static_cast<std::size_t>(i % servers)];
    one.weight = one.weight % 200 + 1;
    bare_times.push_back(pipe_commands(
        bare, {"show info", "set server " + server_of(changed.name, one) + " weight " + std::to_string(one.weight),
               "show servers state " + changed.name}));
    sink_times.push_back(apply(sink, served, all));
  }
  report({.what = "HAProxy: weight of one of 10,000 servers, in 100 backends",
          .figure = median(sink_times),
          .unit = "ms CPU",
          .beside = "bare commands",
          .floor = median(bare_times),
          .share = 1.2});
}

}  // namespace
}  // namespace drcon::bench

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 11;
  drcon::bench::compare_many(rounds);
  drcon::bench::compare_one_of_many(10 * rounds);
}
