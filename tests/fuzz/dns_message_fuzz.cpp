// Any bytes as a DNS message: nothing but an answer or none may come of them.
//
// LLVMFuzzerTestOneInput is libFuzzer's entry. GCC has no libFuzzer, so the driver below stands in: it mutates real
// answers (tests/fuzz/dns_corpus) for the seconds that are given, from a seed that it prints. Meant for the asan
// preset.
//
// usage: dns_message_fuzz [SECONDS [SEED]]
#include "consul_dns/endpoints.hpp"
#include "consul_dns/judge.hpp"
#include "consul_dns/message.hpp"
#include "support/scripted_dns.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace drcon::consul_dns;
  const auto read = read_message({data, size});
  if (!read) return 0;
  for (const auto type : {record_type::srv, record_type::a})
    if (const auto found = judge(*read, size, type, true); (found.is == verdict::kind::fault) == found.why.empty())
      std::abort();
  address_book book;
  add_addresses(read->alongside, book);
  for (const auto& target : unresolved(read->services, book)) {
    add_addresses(addresses_of(*read, target), book);
    book.emplace(target, "10.0.0.1");
  }
  const watched_service of{.service = "web", .question = "q", .tag = {}, .warning = true, .of_consul = true};
  const auto all = endpoints_of(read->services, book, of);
  auto backwards = read->services;
  std::ranges::reverse(backwards);
  if (endpoints_of(backwards, book, of) != all) std::abort();
  for (const auto& each : all)
    if (each.address.empty() || each.id.empty()) std::abort();
  return 0;
}

namespace {

using drcon::test::dns_bytes;

// What Consul and dnsmasq have answered, with names compressed as they do, and what they would never say.
std::vector<dns_bytes> corpus() {
  using drcon::consul_dns::make_query;
  using drcon::consul_dns::record_type;
  std::vector<dns_bytes> all;
  const std::filesystem::path folder = std::string(DRCON_SOURCE_ROOT) + "/tests/fuzz/dns_corpus";
  for (const auto& each : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(each.path(), std::ios::binary);
    all.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (!drcon::consul_dns::read_message(all.back())) {
      std::fprintf(stderr, "%s is no sound message to begin with\n", each.path().c_str());
      std::exit(1);
    }
  }
  if (all.empty()) {
    std::fprintf(stderr, "%s is empty\n", folder.c_str());
    std::exit(1);
  }
  const auto query = *make_query("web.service.consul", record_type::srv, 4096);
  all.push_back(query);
  all.push_back(drcon::test::dns_reply(query).alias("a.b", "c.d").name_server("b", "ns.b").authority("b").bytes());
  all.push_back(
      drcon::test::dns_reply(*make_query("a.b", record_type::a, 0)).alias("a.b", "c.d").a("c.d", "10.0.0.1").bytes());
  return all;
}

dns_bytes mutated(dns_bytes bytes, const dns_bytes& other, std::mt19937& random) {
  for (auto changes = random() % 8 + 1; changes > 0 && !bytes.empty(); --changes) {
    const auto at = random() % bytes.size();
    switch (random() % 5) {
      case 0: bytes[at] = static_cast<unsigned char>(random()); break;
      case 1: bytes[at] = static_cast<unsigned char>(0xc0U | (random() & 3U)); break;  // a compression pointer
      case 2:
        bytes.erase(bytes.begin() + static_cast<long>(at),
                    bytes.begin() + static_cast<long>(std::min(bytes.size(), at + random() % 16)));
        break;
      case 3:
        bytes.insert(bytes.begin() + static_cast<long>(at), other.begin(),
                     other.begin() + static_cast<long>(random() % other.size()));
        break;
      default: bytes.resize(at); break;
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 5;
  const auto seed = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : std::random_device{}();
  std::printf("seed %u\n", seed);
  std::fflush(stdout);
  std::mt19937 random(seed);
  const auto seeds = corpus();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  unsigned long runs = 0;
  for (; std::chrono::steady_clock::now() < end; ++runs) {
    const auto bytes = mutated(seeds[random() % seeds.size()], seeds[random() % seeds.size()], random);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%lu messages, no fault\n", runs);
  return 0;
}
