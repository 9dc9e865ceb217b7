// drcon and a real Consul with 1, 501 and 5,001 services of 3 instances each, all watched, rendered by a template into
// one file: how long a change takes to the file, what it costs, what stays in memory, and what an idle drcon needs.
//
// Over HTTP/2, and over plain HTTP with the limit of connections that an agent has by default. Beside the figures of
// many services stand drcon's own with one, measured in the same run; beside those of one service consul-template,
// where it is on the PATH. Services are registered in the catalogue, without checks.
//
// usage: consul_bench [ROUNDS [SERVICES...]]; SERVICES are 1, 501 or 5001, all of them unless some are given
#include "rows.hpp"
#include "support/certificates.hpp"
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/ports.hpp"
#include "support/process.hpp"
#include "support/resident.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace drcon::bench {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using clock = std::chrono::steady_clock;

constexpr int instances = 3;

json instance_of(int service, int instance, int port) {
  const auto name = "service-" + std::to_string(service);
  return {{"ID", name + "-" + std::to_string(instance)},
          {"Service", name},
          {"Address", "10." + std::to_string(instance) + "." + std::to_string(service / 250) + "." +
                          std::to_string(service % 250 + 1)},
          {"Port", port},
          {"Tags", {"http", "v1"}},
          {"Meta", {{"version", "1.2.3"}}}};
}

// A Consul with that many services.
class registry {
public:
  explicit registry(bool https)
      : https_port_(https ? test::free_port() : std::uint16_t{0}), consul_(https ? with_https() : json::object()) {
    auto nodes = json::array();
    for (int i = 0; i < node_count; ++i)
      nodes.push_back(
          {{"Node", {{"Verb", "set"}, {"Node", {{"Node", node(i)}, {"Address", "10.9.0." + std::to_string(i + 1)}}}}}});
    write(nodes);
  }

  // All in as few transactions as Consul takes.
  void set(int first, int count, int port) const {
    auto operations = json::array();
    for (int i = first; i < first + count; ++i) {
      for (int k = 0; k < instances; ++k)
        operations.push_back(
            {{"Service", {{"Verb", "set"}, {"Node", node(i + k)}, {"Service", instance_of(i, k, port)}}}});
      if (operations.size() + instances > most_operations) write(std::exchange(operations, json::array()));
    }
    if (!operations.empty()) write(operations);
  }

  std::string source() const {
    if (https_port_ == 0) return "address = \"" + consul_.url() + "\"\n";
    return "address = \"https://127.0.0.1:" + std::to_string(https_port_) + "\"\ntls = { ca_file = \"" + files_.ca() +
           "\" }\n";
  }
  const test::consul_agent& consul() const { return consul_; }

private:
  static constexpr int node_count = 10;
  static constexpr std::size_t most_operations = 64;
  static std::string node(int i) { return "node-" + std::to_string(i % node_count); }
  json with_https() const {
    return {{"ports", {{"https", https_port_}}},
            {"ca_file", files_.ca()},
            {"cert_file", files_.server()},
            {"key_file", files_.server_key()}};
  }
  void write(const json& operations) const {
    const auto answer = consul_.put("/v1/txn", operations);
    if (answer.status != 200) throw std::runtime_error("Consul refuses a transaction: " + answer.body);
  }

  const test::certificates files_;
  const std::uint16_t https_port_;
  const test::consul_agent consul_;
};

// A file that somebody renders, and whether it has what is looked for.
class rendered_file {
public:
  explicit rendered_file(std::filesystem::path path) : path_(std::move(path)) {}

  // Until the file has this text; milliseconds since `begun`.
  double wait_for(const std::string& text, clock::time_point begun, clock::duration at_most = 60s) const {
    std::optional<std::filesystem::file_time_type> read;
    while (clock::now() - begun < at_most) {
      std::error_code error;
      const auto written = std::filesystem::last_write_time(path_, error);
      if (!error && written != read) {
        read = written;
        if (test::read_file(path_).find(text) != std::string::npos) return milliseconds(clock::now() - begun);
      }
      std::this_thread::sleep_for(200us);
    }
    throw std::runtime_error(path_.string() + " did not get '" + text + "' in time");
  }

private:
  const std::filesystem::path path_;
};

// What the template renders of an instance.
std::string line_of(int service, int port) {
  return "10.0." + std::to_string(service / 250) + "." + std::to_string(service % 250 + 1) + ":" +
         std::to_string(port) + ";";
}

class measured_drcon {
public:
  explicit measured_drcon(const registry& from) : file_(directory_ / "out") {
    test::write_file(directory_ / "t.mustache",
                     "{{#services}}{{name}}{{#endpoints}} {{address}}:{{port}};{{/endpoints}}\n{{/services}}");
    drcon_ = std::make_unique<test::drcon_process>(
        "[source.consul]\nplugin = \"consul-http\"\n" + from.source() +
        "service = [{ match = \"service-.*\" }]\n[sink.file]\nplugin = \"template\"\nfile = [{ path = \"" +
        (directory_ / "out").string() + "\", template = \"" + (directory_ / "t.mustache").string() +
        "\", escape = \"none\" }]\n[pipeline.web]\nsources = [\"consul\"]\nsinks = [\"file\"]\n");
    begin();
  }
  void begin() {
    drcon_->start();
    if (!drcon_->settled(5min)) throw std::runtime_error(drcon_->log());
  }
  void restart() {
    if (!test::wait_until([this] { return !drcon_->kept_state("web").empty(); }))
      throw std::runtime_error("the state is not kept");
    drcon_->stop();
    begin();
  }

  const rendered_file& file() const { return file_; }
  double cpu() const { return processor_time_of(drcon_->pid()); }
  double megabytes() const { return static_cast<double>(test::resident(drcon_->pid())) / (1024 * 1024); }
  // From what the source has last reported, "ready", to the first "applied".
  double ready_to_applied() const {
    double ready = 0;
    for (const auto& each : drcon_->journal()) {
      if (each["what"] == "source" && each["why"].get<std::string>().starts_with("ready")) ready = each["time"];
      if (each["what"] == "applied" && ready > 0) return 1000 * (each["time"].get<double>() - ready);
    }
    throw std::runtime_error("the journal has no first apply");
  }

private:
  test::temp_dir directory_;
  rendered_file file_;
  std::unique_ptr<test::drcon_process> drcon_;
};

// consul-template, rendering the same.
class measured_peer {
public:
  explicit measured_peer(const registry& from) : file_(directory_ / "out") {
    test::write_file(directory_ / "t.ctmpl",
                     "{{range services}}{{if .Name | regexMatch \"^service-\"}}{{.Name}}{{range service .Name}} "
                     "{{.Address}}:{{.Port}};{{end}}\n{{end}}{{end}}");
    process_ = test::process({"consul-template", "-consul-addr", from.consul().url(), "-template",
                              (directory_ / "t.ctmpl").string() + ":" + (directory_ / "out").string()},
                             directory_ / "log");
  }
  static bool is_installed() { return std::system("command -v consul-template >/dev/null 2>&1") == 0; }
  const rendered_file& file() const { return file_; }

private:
  test::temp_dir directory_;
  rendered_file file_;
  test::process process_;
};

struct change_times {
  std::vector<double> drcon;
  std::vector<double> peer;
  double cpu = 0;        // of drcon, for each change
  double agent_cpu = 0;  // of Consul's
};

change_times measure_changes(const registry& from, const measured_drcon& drcon, const measured_peer* peer, int services,
                             int rounds) {
  change_times all;
  const auto cpu = drcon.cpu();
  const auto agent = processor_time_of(from.consul().pid());
  for (int i = 0; i < rounds; ++i) {
    const int service = i * 7919 % services;
    const int port = 9000 + i;
    const auto begun = clock::now();
    from.set(service, 1, port);
    all.drcon.push_back(drcon.file().wait_for(line_of(service, port), begun));
    if (peer) all.peer.push_back(peer->file().wait_for(line_of(service, port), begun));
    std::this_thread::sleep_for(300ms);  // each change meets a drcon that is at rest
  }
  all.cpu = (drcon.cpu() - cpu) / rounds;
  all.agent_cpu = (processor_time_of(from.consul().pid()) - agent) / rounds;
  return all;
}

// Share of one processor, in percent.
double idle_share(const measured_drcon& drcon) {
  std::this_thread::sleep_for(15s);
  const auto before = drcon.cpu();
  const auto begun = clock::now();
  std::this_thread::sleep_for(30s);
  return 100 * (drcon.cpu() - before) / milliseconds(clock::now() - begun);
}

double one_service_alone = 0;

void measure(int services, bool https, int rounds, double most_megabytes) {
  const std::string how =
      std::to_string(services) + (services == 1 ? " service" : " services") + (https ? ", HTTP/2" : ", plain HTTP");
  const registry from(https);
  from.set(0, services, 8080);
  measured_drcon drcon(from);
  const bool is_one = services == 1;
  std::unique_ptr<measured_peer> peer;
  if (is_one && !https && measured_peer::is_installed()) peer = std::make_unique<measured_peer>(from);
  const auto times = measure_changes(from, drcon, peer.get(), services, rounds);
  const auto middle = median(times.drcon);
  if (is_one && !https) one_service_alone = middle;
  row change{.what = "change to file, " + how, .figure = middle, .unit = "ms p50"};
  if (is_one && !https) {
    change.beside = "consul-template";
    if (peer) change.floor = median(times.peer);
    change.share = 0.7;
  } else {
    change.beside = "own figure with 1";
    if (one_service_alone > 0) change.floor = one_service_alone;
    if (https) change.share = 1.25;
    else if (services < 1000) change.share = 1.5;
    else change.most = 100;
  }
  report(change);
  report({.what = "processor time of drcon for it, " + how,
          .figure = times.cpu,
          .unit = "ms CPU",
          .most = services > 1000 ? std::optional(20.0) : std::nullopt});
  report({.what = "processor time of the agent for it, " + how, .figure = times.agent_cpu, .unit = "ms CPU"});

  const int service = services / 2;
  auto begun = clock::now();
  from.set(service, 1, 7001);
  std::this_thread::sleep_for(20ms);
  const auto second = clock::now();
  from.set(service, 1, 7002);
  const auto later = drcon.file().wait_for(line_of(service, 7002), second);
  report({.what = "the second of two changes 20 ms apart, " + how,
          .figure = later,
          .unit = "ms",
          .beside = "a change alone",
          .floor = middle,
          .share = 1.3});
  if (services == 501 || services == 5001) {
    constexpr int new_ones = 500;
    from.set(10000, new_ones, 8080);
    begun = clock::now();
    const auto settled = drcon.file().wait_for(line_of(10000 + new_ones - 1, 8080), begun);
    report({.what = "500 registrations at once: settled after the last, beside " + how,
            .figure = settled,
            .unit = "ms",
            .beside = "a change alone",
            .floor = middle,
            .share = 1.5});
  }
  if (services == 501) {
    drcon.restart();
    report({.what = "warm start: from Consul's answers to the first apply, " + how,
            .figure = drcon.ready_to_applied(),
            .unit = "ms",
            .most = 100.0});
  }
  report({.what = "idle, " + how,
          .figure = idle_share(drcon),
          .unit = "% of a core",
          .most = services > 1000 ? std::optional(0.1) : std::nullopt});
  report({.what = "resident memory, " + how, .figure = drcon.megabytes(), .unit = "MB", .most = most_megabytes});
}

}  // namespace
}  // namespace drcon::bench

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 31;
  const std::set<std::string> chosen(argv + std::min(2, argc), argv + argc);
  constexpr std::array<std::pair<int, double>, 3> sizes{{{1, 12}, {501, 18}, {5001, 45}}};  // services, and goal in MB
  for (const bool https : {false, true})
    for (const auto& [services, most_megabytes] : sizes)
      if (chosen.empty() || chosen.contains(std::to_string(services)))
        drcon::bench::measure(services, https, rounds, most_megabytes);
}
