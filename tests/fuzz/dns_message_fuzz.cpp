// Any bytes as a DNS message: nothing but an answer or none may come of them.
//
// The corpus: what Consul and dnsmasq have answered, with names compressed as they do, and answers that they would
// never give.
#include "consul_dns/answer.hpp"
#include "consul_dns/message.hpp"
#include "consul_dns/services.hpp"
#include "fuzz/fuzzer.hpp"

#include <algorithm>
#include <optional>

namespace drcon::fuzz {
namespace {

std::optional<consul_dns::message> message_of(std::string_view input) {
  return consul_dns::read_message({reinterpret_cast<const unsigned char*>(input.data()), input.size()});
}

}  // namespace

bool is_sound(std::string_view input) { return message_of(input).has_value(); }

void try_input(std::string_view input) {
  using namespace consul_dns;
  const auto read = message_of(input);
  if (!read) return;
  for (const auto type : {record_type::srv, record_type::a})
    if (const auto found = judge(*read, input.size(), type, true);
        (found.is == verdict::kind::fault) == found.why.empty())
      broken("a fault has a reason, and nothing else has one", found.why);
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
  if (endpoints_of(backwards, book, of) != all) broken("the order of an answer makes no difference");
  for (const auto& each : all)
    if (each.address.empty() || each.id.empty()) broken("an endpoint has an address and an id");
}

}  // namespace drcon::fuzz
