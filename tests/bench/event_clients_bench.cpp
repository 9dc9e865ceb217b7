// What a thousand clients cost that listen to the events, as an open dashboard does: the way of a change, from a
// source's word to a target that serves it, in a drcon that nobody listens to and in one that a thousand do, changed by
// turns in one run; and their memory.
//
// usage: event_clients_bench [ROUNDS]
#include "support/drcon_process.hpp"
#include "support/resident.hpp"
#include "support/wait.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/resource.h>

namespace drcon::test {
namespace {

namespace asio = boost::asio;
using stream = asio::local::stream_protocol;

constexpr std::size_t count = 1000;

class page {
public:
  page() {
    set(0);
    write_file(drcon_.directory() / "page.mustache",
               "{{#services}}{{#endpoints}}server {{address}}:{{port}};\n{{/endpoints}}{{/services}}");
    drcon_.start();
    if (!drcon_.settled()) throw std::runtime_error(drcon_.log());
  }

  /// Returns when it is served.
  void change(int round) {
    set(round);
    const auto wanted = "server 10.0.0.1:" + std::to_string(1000 + round) + ";\n";
    if (!wait_until([&] { return read_file(drcon_.directory() / "page.conf") == wanted; }))
      throw std::runtime_error(drcon_.log());
  }

  /// Of each change that was served, in milliseconds, as drcon itself has it.
  std::vector<double> ways() const {
    std::vector<double> all;
    const auto journal = drcon_.journal();
    for (const auto& each : journal.at("entries"))
      if (each.contains("stages") && each["revision"] > 1) all.push_back(1000 * each["stages"]["whole"].get<double>());
    std::ranges::sort(all);
    return all;
  }

  double megabytes() const { return static_cast<double>(resident(drcon_.pid())) / (1024 * 1024); }

  stream::endpoint socket() const { return {(drcon_.directory() / "admin.sock").string()}; }

private:
  void set(int round) const {
    write_file(drcon_.directory() / "next",
               "[[service]]\nname = \"web\"\n[[service.endpoint]]\naddress = \"10.0.0.1\"\nport = " +
                   std::to_string(1000 + round) + "\n");
    std::filesystem::rename(drcon_.directory() / "next", drcon_.directory() / "hosts.toml");
  }

  drcon_process drcon_{
      "[source.hosts]\nplugin = \"file\"\npath = \"hosts.toml\"\n[sink.page]\nplugin = \"template\"\n"
      "file = [{ template = \"page.mustache\", path = \"page.conf\", escape = \"none\" }]\n"
      "[pipeline.web]\nsources = [\"hosts\"]\nsinks = [\"page\"]\nwait = { min = \"1ms\", max = \"10ms\" }\n"};
};

class listeners {
public:
  explicit listeners(const stream::endpoint& at) {
    for (std::size_t i = 0; i < count; ++i) {
      auto& each = all_.emplace_back(context_);
      each.connect(at);
      asio::write(each, asio::buffer(std::string("GET /v1/events HTTP/1.1\r\nHost: drcon\r\n\r\n")));
      read_from(each);  // it is one of them
    }
  }

  /// What they have been told until now.
  void read() {
    for (auto& each : all_)
      while (each.available() > 0) read_from(each);
  }

private:
  void read_from(stream::socket& each) { told_ += each.read_some(asio::buffer(part_)); }

  asio::io_context context_;
  std::vector<stream::socket> all_;
  std::array<char, 65536> part_{};
  std::size_t told_ = 0;
};

void row(const char* what, const std::vector<double>& ways, double megabytes) {
  std::printf("%-16s %8.2f ms %8.2f ms %8.1f MB\n", what, ways.at(ways.size() / 2), ways.at(ways.size() * 95 / 100),
              megabytes);
}

void compare(int rounds) {
  page alone;
  page heard;
  const auto before = heard.megabytes();
  listeners clients(heard.socket());
  for (int i = 1; i <= rounds; ++i) {
    alone.change(i);
    heard.change(i);
    clients.read();
  }
  const auto in_quiet = alone.ways();
  const auto in_company = heard.ways();
  std::printf("the way of a change, %d rounds       p50         p95   resident\n", rounds);
  row("nobody listens", in_quiet, alone.megabytes());
  row("1,000 clients", in_company, heard.megabytes());
  std::printf("ratio of p50 %.2f; the clients cost %.1f MB\n",
              in_company[in_company.size() / 2] / in_quiet[in_quiet.size() / 2], heard.megabytes() - before);
}

}  // namespace
}  // namespace drcon::test

int main(int argc, char** argv) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
  ::setrlimit(RLIMIT_NOFILE, &files);
  drcon::test::compare(argc > 1 ? std::max(1, std::atoi(argv[1])) : 100);
}
