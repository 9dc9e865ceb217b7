// Change in Consul -> first answer from the new backend, and 1,000 servers of HAProxy in one update: drcon beside a
// bare loop, alternating in one run.
//
// The bare loop is the floor: one blocking query, one write, one SIGHUP; no check, no confirmation, no safety. It and
// drcon each have an nginx of their own and a service of their own in the same Consul. Times are medians; what counts
// is their ratio, for both ran side by side on the same machine.
//
// usage: drcon_bench [ROUNDS]
#include "support/backend.hpp"
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/haproxy_server.hpp"
#include "support/nginx_server.hpp"
#include "support/plugin_harness.hpp"
#include "support/resident.hpp"
#include "support/wait.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace drcon::test {
namespace {

using clock = std::chrono::steady_clock;

double milliseconds(clock::duration length) { return std::chrono::duration<double, std::milli>(length).count(); }

double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

std::string proxy_to(const std::string& service) {
  return "server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://" + service + "; } }";
}

class bare_loop {
public:
  /// `others` stands in its file besides its own upstream, so that nginx has as much to read as with drcon.
  bare_loop(const consul_agent& consul, const nginx_server& nginx, std::string others)
      : consul_(consul),
        nginx_(nginx),
        others_(std::move(others)),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}

  static std::string upstream(const std::string& address) {
    return "upstream bare {\n    server " + address + ";\n}\n";
  }

private:
  void run(const std::stop_token& stop) {
    std::string index = "0";
    while (!stop.stop_requested()) {
      const auto answer = consul_.get("/v1/health/service/bare?passing=1&wait=2s&index=" + index);
      if (answer.status != 200) continue;
      index = answer.headers.at("x-consul-index");
      const auto all = nlohmann::json::parse(answer.body);
      if (all.empty()) continue;
      const auto& service = all[0]["Service"];
      auto text = upstream(service["Address"].get<std::string>() + ":" + std::to_string(service["Port"].get<int>()));
      if (text == last_) continue;
      last_ = std::move(text);
      std::ofstream(nginx_.file()) << last_ << others_;
      nginx_.reload();
    }
  }

  const consul_agent& consul_;
  const nginx_server& nginx_;
  const std::string others_;
  std::string last_;
  std::jthread thread_;
};

// Points `service` at `to` and waits for its first answer.
double change(const consul_agent& consul, const nginx_server& nginx, const std::string& service, const backend& to) {
  consul.add(service, service, to.address(), to.port());
  const auto known = clock::now();
  const auto wanted = to.name() + "\n";
  while (nginx.get().body != wanted) {
    if (clock::now() - known > 20s) throw std::runtime_error(service + ": the change was not served within 20 s");
  }
  return milliseconds(clock::now() - known);
}

// Memory in MB and CPU time in seconds.
std::pair<double, double> usage(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string field;
  double ticks = 0;
  for (int i = 1; i <= 15 && stat >> field; ++i)
    if (i >= 14) ticks += std::stod(field);
  return {static_cast<double>(resident(pid)) / (1024 * 1024), ticks / static_cast<double>(::sysconf(_SC_CLK_TCK))};
}

// Mean duration of each step that drcon itself measures.
void print_steps(const std::string& metrics) {
  std::istringstream lines(metrics);
  std::string name;
  double sum = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto value = line.substr(line.rfind(' ') + 1);
    if (const auto at = line.find("_sum{"); at != std::string::npos) {
      name = line.substr(0, at);
      sum = std::stod(value);
    } else if (line.find("_count{") != std::string::npos && line.starts_with(name)) {
      continue;
    }
    if (line.find("_bucket{") != std::string::npos && line.find("le=\"+Inf\"") != std::string::npos && !name.empty())
      std::printf("  %-40s mean %8.2f ms\n", name.c_str(), 1000 * sum / std::stod(value));
  }
}

std::string config(const consul_agent& consul, const nginx_server& nginx, const std::string& services) {
  return "[source.consul]\nplugin = \"consul-http\"\naddress = \"" + consul.url() + "\"\nservice = [" + services +
         "]\n[sink.edge]\nplugin = \"nginx\"\n" + nginx.options() +
         "[pipeline.web]\nsources = [\"consul\"]\nsinks = [\"edge\"]\nbrake = { hold = \"0s\" }\n";
}

void compare(int more_services, int rounds) {
  const consul_agent consul;
  const backend one("one");
  const backend two("two");
  nginx_server bare_nginx(proxy_to("bare"), false);
  nginx_server drcon_nginx(proxy_to("drcon"), false);
  for (const auto* service : {"bare", "drcon"}) consul.add(service, service, one.address(), one.port());
  std::string services = R"({ name = "drcon" })";
  std::string others;
  for (int i = 0; i < more_services; ++i) {
    const auto name = "s" + std::to_string(i);
    services += ", { name = \"" + name + "\" }";
    others += "upstream " + name + " {\n";
    for (int n = 0; n < 3; ++n) {
      const int port = 10000 + i * 3 + n;
      consul.add(name, name + "-" + std::to_string(n), "127.0.0.1", port);
      others += "    server 127.0.0.1:" + std::to_string(port) + ";\n";
    }
    others += "}\n";
  }
  write_file(bare_nginx.file(), bare_loop::upstream(one.address() + ":" + std::to_string(one.port())) + others);
  drcon_process drcon(config(consul, drcon_nginx, services));
  drcon.start();
  if (!wait_until([&] { return std::filesystem::exists(drcon_nginx.file()); }, 60s))
    throw std::runtime_error(drcon.log());
  bare_nginx.start();
  drcon_nginx.start();
  if (!drcon.settled(60s)) throw std::runtime_error(drcon.log());
  const bare_loop bare(consul, bare_nginx, others);

  std::vector<double> bare_times;
  std::vector<double> drcon_times;
  for (int i = 0; i < rounds; ++i) {
    const auto& to = i % 2 == 0 ? two : one;
    bare_times.push_back(change(consul, bare_nginx, "bare", to));
    drcon_times.push_back(change(consul, drcon_nginx, "drcon", to));
    drcon.settled();  // nginx's old workers are gone: each change meets a quiet machine
    std::this_thread::sleep_for(100ms);
  }
  if (std::getenv("DRCON_BENCH_STEPS") != nullptr) print_steps(drcon.metrics());
  const auto [memory, cpu] = usage(drcon.pid());
  const auto bare_median = quantile(bare_times, 0.5);
  const auto drcon_median = quantile(drcon_times, 0.5);
  std::printf("%8d  %8.1f %8.1f  %8.1f %8.1f  %6.2f  %6.1f MB  %6.2f s\n", more_services + 1, bare_median,
              quantile(bare_times, 0.95), drcon_median, quantile(drcon_times, 0.95), drcon_median / bare_median, memory,
              cpu);
  std::fflush(stdout);
}

// The bare floor of a sink's work: these commands over one connection, as a script would pipe them. Milliseconds.
double pipe_commands(const haproxy_server& haproxy, const std::vector<std::string>& commands) {
  namespace asio = boost::asio;
  std::string all = "prompt\n";
  for (const auto& each : commands) all += each + "\n";
  asio::io_context context;
  asio::local::stream_protocol::socket socket(context);
  const auto start = clock::now();
  socket.connect(asio::local::stream_protocol::endpoint(haproxy.socket().string()));
  asio::async_write(socket, asio::buffer(all), [](const boost::system::error_code&, std::size_t) {});
  std::string answers;
  std::size_t prompts = 0;
  std::array<char, 65536> part{};
  const std::function<void()> read = [&] {
    socket.async_read_some(asio::buffer(part), [&](const boost::system::error_code& error, std::size_t length) {
      if (error) return;
      answers.append(part.data(), length);
      for (auto at = answers.find("\n> "); at != std::string::npos; at = answers.find("\n> ")) {
        ++prompts;
        answers.erase(0, at + 3);
      }
      if (prompts <= commands.size()) read();
    });
  };
  read();
  context.run();
  return milliseconds(clock::now() - start);
}

service many_servers(std::uint32_t count, std::uint32_t weight) {
  service all{.name = "web", .revision = weight, .endpoints = {}};
  for (std::uint32_t i = 0; i < count; ++i)
    all.endpoints.push_back({.id = "e" + std::to_string(i),
                             .node = "",
                             .address = "10.0." + std::to_string(i / 200) + "." + std::to_string(i % 200 + 1),
                             .port = 80,
                             .weight = 1 + (i + weight) % 5,
                             .tags = {},
                             .meta = {}});
  return all;
}

// 1,000 servers in one update of the haproxy sink, beside the same commands without anything around them. The sink
// also reads the state before and after, and compares.
void compare_haproxy(int rounds) {
  constexpr std::uint32_t count = 1000;
  std::vector<double> bare_adds, drcon_adds, bare_sets, drcon_sets;
  for (int i = 0; i < rounds; ++i) {
    const haproxy_server bare;
    const haproxy_server served;
    sink_harness sink("haproxy", served.options() + "server_options = \"\"\nprefix = \"s-\"\n");
    sink.start();
    std::vector<std::string> adds;
    std::vector<std::string> sets;
    const auto next = many_servers(count, 2);
    for (const auto& each : many_servers(count, 1).endpoints) {
      const auto name = "web/s-" + each.address + ":80";
      adds.push_back("add server " + name + " " + each.address + ":80 weight " + std::to_string(each.weight));
      adds.push_back("set server " + name + " state ready");
    }
    for (const auto& each : next.endpoints)
      sets.push_back("set server web/s-" + each.address + ":80 weight " + std::to_string(each.weight));
    bare_adds.push_back(pipe_commands(bare, adds));
    auto start = clock::now();
    if (sink.apply({many_servers(count, 1)}).result != DRCON_OK) throw std::runtime_error("haproxy: not applied");
    drcon_adds.push_back(milliseconds(clock::now() - start));
    bare_sets.push_back(pipe_commands(bare, sets));
    start = clock::now();
    if (sink.apply({next}).result != DRCON_OK) throw std::runtime_error("haproxy: not applied");
    drcon_sets.push_back(milliseconds(clock::now() - start));
  }
  const auto print = [](const char* what, const std::vector<double>& bare, const std::vector<double>& drcon) {
    std::printf("%-16s  %8.1f  %8.1f  %6.2f\n", what, quantile(bare, 0.5), quantile(drcon, 0.5),
                quantile(drcon, 0.5) / quantile(bare, 0.5));
  };
  std::printf("1,000 servers of HAProxy in one update, %d rounds, milliseconds\n", rounds);
  std::printf("what              bare p50  drcon p50  ratio\n");
  print("added", bare_adds, drcon_adds);
  print("weights set", bare_sets, drcon_sets);
}

}  // namespace
}  // namespace drcon::test

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 40;
  std::printf("change in Consul -> first answer from the new backend, %d rounds, milliseconds\n", rounds);
  std::printf("services  bare p50      p95  drcon p50     p95   ratio  resident   CPU time\n");
  for (const int more : {0, 499}) drcon::test::compare(more, rounds);
  drcon::test::compare_haproxy(std::max(1, rounds / 4));
}
