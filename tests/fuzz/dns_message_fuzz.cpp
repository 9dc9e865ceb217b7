// Any bytes as a DNS message: nothing but an answer or none may come of them.
//
// Real answers (tests/fuzz/dns_corpus) are mutated: see driver.hpp.
//
// usage: dns_message_fuzz [SECONDS [SEED]]
#include "consul_dns/answer.hpp"
#include "consul_dns/message.hpp"
#include "consul_dns/services.hpp"
#include "fuzz/driver.hpp"
#include "support/scripted_dns.hpp"

#include <algorithm>
#include <cstdlib>
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

// What Consul and dnsmasq have answered, with names compressed as they do, and answers that they would never give.
std::vector<dns_bytes> corpus() {
  using drcon::consul_dns::make_query;
  using drcon::consul_dns::record_type;
  auto all = drcon::fuzz::read_corpus(
      "dns_corpus", [](const dns_bytes& message) { return drcon::consul_dns::read_message(message).has_value(); });
  const auto query = *make_query("web.service.consul", record_type::srv, 4096);
  all.push_back(query);
  all.push_back(drcon::test::dns_reply(query).alias("a.b", "c.d").name_server("b", "ns.b").authority("b").bytes());
  all.push_back(
      drcon::test::dns_reply(*make_query("a.b", record_type::a, 0)).alias("a.b", "c.d").a("c.d", "10.0.0.1").bytes());
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  return drcon::fuzz::run(argc, argv, corpus(), [](dns_bytes& message, std::size_t place, std::mt19937& random) {
    message[place] = static_cast<unsigned char>(0xc0U | (random() & 3U));  // a compression pointer
  });
}
