// Any bytes as a DNS message: nothing but an answer or none may come of them.
//
// LLVMFuzzerTestOneInput is libFuzzer's entry. GCC has no libFuzzer, so the driver below stands in: it mutates sound
// messages for the seconds that are given, from a seed that it prints. Meant for the asan preset.
//
// usage: dns_message_fuzz [SECONDS [SEED]]
#include "consul_dns/endpoints.hpp"
#include "consul_dns/message.hpp"
#include "support/scripted_dns.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace drcon::consul_dns;
  const auto read = read_message({data, size});
  if (!read) return 0;
  address_book book;
  add_addresses(read->addresses, book);
  for (const auto& target : unresolved(read->services, book)) book.emplace(target, "10.0.0.1");
  const watched_service of{.service = "web", .question = "q", .tag = {}, .warning = true, .of_consul = true};
  for (const auto& each : endpoints_of(read->services, book, of))
    if (each.address.empty() || each.id.empty()) std::abort();
  return 0;
}

namespace {

using drcon::test::dns_bytes;

std::vector<dns_bytes> corpus() {
  using drcon::consul_dns::make_query;
  using drcon::consul_dns::record_type;
  const auto query = *make_query("web.service.consul", record_type::srv, 4096);
  drcon::test::dns_reply many(query);
  for (int i = 0; i < 20; ++i) {
    const auto name = "n" + std::to_string(i) + ".node.dc1.consul";
    many.srv(name, 8000 + i).a(name, "10.0.0." + std::to_string(i));
  }
  return {query, many.bytes(), drcon::test::dns_reply(query).code(3).bytes(),
          drcon::test::dns_reply(query).srv("a.b.c", 1).a("a.b.c", "10.0.0.1").bytes()};
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
