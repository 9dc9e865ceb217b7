#include "consul_dns/answer.hpp"

#include <algorithm>

namespace drcon::consul_dns {
namespace {

std::string name_of(response_code code) {
  switch (code) {
    case response_code::server_failure: return "the server failed (SERVFAIL)";
    case response_code::refused: return "the server refuses (REFUSED)";
    case response_code::not_implemented: return "the server does not implement it (NOTIMP)";
    case response_code::format_error:
      return "the server reports that the query is malformed (FORMERR); see whether it is Consul's DNS port";
    default: return "the server answered with code " + std::to_string(static_cast<int>(code));
  }
}

bool has_records(const message& answer, record_type asked) {
  return asked == record_type::srv ? !answer.services.empty() : !answer.answers.empty();
}

}  // namespace

bool may_be_cut(std::size_t records, std::size_t bytes) {
  // Measured on Consul 1.8.7: 997 of 1,500 records came, in 65,481 bytes, and TC was not set. It takes records away
  // until the rest fits, so an answer that was cut has no room for another record; 600 bytes is a long one.
  constexpr std::size_t most_bytes = 65523;
  constexpr std::size_t most_records = 1024;
  constexpr std::size_t long_record = 600;
  if (records == 0) return false;
  return records == most_records || bytes + std::max(long_record, 4 * bytes / records) > most_bytes;
}

verdict judge(const message& answer, std::size_t bytes, record_type asked, bool need_authority) {
  using kind = verdict::kind;
  if (answer.code != response_code::no_error && answer.code != response_code::no_such_name)
    return {kind::fault, name_of(answer.code), answer.code != response_code::server_failure};
  if (answer.truncated) return {kind::fault, "the answer was cut short by the server"};
  if (has_records(answer, asked)) {
    if (may_be_cut(answer.services.size(), bytes))
      return {kind::fault,
              "the answer is as large as one can be (" + std::to_string(answer.services.size()) +
                  " records), so it may be cut; DNS has no larger answers: use consul-http",
              true};
    return {kind::records, {}};
  }
  if (answer.referral) return {kind::fault, "the server does not know, and names others (lame)"};
  if (need_authority && !answer.authoritative)
    return {kind::fault,
            "the server knows no such name, but is not its authority; authoritative = false would accept it"};
  return {kind::absent, {}};
}

}  // namespace drcon::consul_dns
