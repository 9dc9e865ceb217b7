// Change in Consul -> first answer from the new backend: drcon beside a bare loop, alternating in one run.
//
// The bare loop is the floor: one blocking query, one write, one SIGHUP; no check, no confirmation, no safety. It and
// drcon each have an nginx of their own and a service of their own in the same Consul. Times are medians; what counts
// is their ratio, for both ran side by side on the same machine.
//
// usage: drcon_bench [ROUNDS]
#include "rows.hpp"
#include "support/backend.hpp"
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/nginx_server.hpp"
#include "support/resident.hpp"
#include "support/wait.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <unistd.h>

namespace drcon::test {
namespace {

using bench::milliseconds;
using clock = std::chrono::steady_clock;

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
      const auto answer = consul_.get("/v1/health/service/bare?wait=2s&index=" + index);
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
  const auto how = std::to_string(more_services + 1) + (more_services == 0 ? " service" : " services");
  const auto row = [&](const char* what, double figure, double floor, double share) {
    bench::report({.what = "change to served by nginx, " + how + ", " + what,
                   .figure = figure,
                   .unit = "ms",
                   .beside = "bare loop",
                   .floor = floor,
                   .share = share});
  };
  row("p50", bench::median(drcon_times), bench::median(bare_times), 1.15);
  row("p99", bench::quantile(drcon_times, 0.99), bench::quantile(bare_times, 0.99), 1.3);
  bench::report({.what = "resident memory with nginx, " + how, .figure = memory, .unit = "MB"});
  bench::report({.what = "processor time of that run, " + how, .figure = cpu, .unit = "s CPU"});
}

}  // namespace
}  // namespace drcon::test

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 40;
  for (const int more : {0, 499}) drcon::test::compare(more, rounds);
}
