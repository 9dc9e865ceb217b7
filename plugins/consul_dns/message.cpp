#include "consul_dns/message.hpp"

#include "common/lower.hpp"
#include "consul_dns/c_ares.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <memory>
#include <random>
#include <set>
#include <utility>

namespace drcon::consul_dns {
namespace {

constexpr std::size_t header_size = 12;
constexpr int class_internet = 1;

// Reads from a message and never beyond it; after a first failure everything fails.
class reader {
public:
  explicit reader(std::span<const unsigned char> bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }
  void skip(std::size_t count) {
    if (count > bytes_.size() - at_) ok_ = false;
    else at_ += count;
  }
  std::uint16_t two() {
    if (!ok_ || bytes_.size() - at_ < 2) return static_cast<std::uint16_t>(ok_ = false);
    const auto value = static_cast<std::uint16_t>(bytes_[at_] << 8U | bytes_[at_ + 1]);
    at_ += 2;
    return value;
  }
  std::uint32_t four() {
    const std::uint32_t high = two();
    return high << 16U | two();
  }
  // c-ares follows compression pointers, and knows loops and pointers out of the message.
  std::string name() {
    if (!ok_ || at_ >= bytes_.size()) return fail();
    char* raw = nullptr;
    long length = 0;
    if (ares_expand_name(bytes_.data() + at_, bytes_.data(), static_cast<int>(bytes_.size()), &raw, &length) !=
        ARES_SUCCESS)
      return fail();
    const std::unique_ptr<char, void (*)(void*)> held(raw, ares_free_string);
    skip(static_cast<std::size_t>(length));
    std::string text = raw;
    if (text.ends_with('.')) text.pop_back();
    return common::lower(std::move(text));
  }
  std::span<const unsigned char> bytes(std::size_t count) {
    const auto start = at_;
    skip(count);
    return ok_ ? bytes_.subspan(start, count) : std::span<const unsigned char>();
  }

private:
  std::string fail() {
    ok_ = false;
    return {};
  }
  std::span<const unsigned char> bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

std::string address_of(std::span<const unsigned char> raw) {
  namespace ip = boost::asio::ip;
  if (raw.size() == 4) {
    ip::address_v4::bytes_type bytes{};
    std::ranges::copy(raw, bytes.begin());
    return ip::address_v4(bytes).to_string();
  }
  ip::address_v6::bytes_type bytes{};
  std::ranges::copy(raw, bytes.begin());
  return ip::address_v6(bytes).to_string();
}

enum class section { answer, authority, additional };

struct record_head {
  std::string name;
  record_type type{};
  bool internet = false;
  std::uint32_t ttl = 0;
  std::size_t length = 0;
};

record_head read_head(reader& input) {
  record_head head;
  head.name = input.name();
  head.type = static_cast<record_type>(input.two());
  head.internet = input.two() == class_internet;
  head.ttl = input.four();
  if (head.ttl > INT32_MAX) head.ttl = 0;  // RFC 2181, section 8
  head.length = input.two();
  return head;
}

void read_address(reader& input, record_head head, std::vector<address_record>& result) {
  const auto raw = input.bytes(head.length);
  const std::size_t wanted = head.type == record_type::a ? 4 : 16;
  if (input.ok() && raw.size() == wanted) result.push_back({std::move(head.name), address_of(raw), head.ttl});
}

// What the answer section may have that matters here.
void read_answer(reader& input, record_head head, message& result) {
  if (head.type == record_type::srv) {
    srv_record record{
        .priority = input.two(), .weight = input.two(), .port = input.two(), .target = {}, .ttl = head.ttl};
    record.target = input.name();
    result.services.push_back(std::move(record));
  } else if (head.type == record_type::alias) {
    result.aliases.push_back({std::move(head.name), input.name()});
  } else if (head.type == record_type::a || head.type == record_type::aaaa) {
    read_address(input, std::move(head), result.answers);
  } else {
    input.skip(head.length);
  }
}

// One record; false when it is not sound, or does not end where it says.
bool read_record(reader& input, message& result, section where) {
  auto head = read_head(input);
  if (!input.ok()) return false;
  const auto end = input.at() + head.length;
  result.edns |= where == section::additional && head.type == record_type::edns;
  const bool is_address = head.type == record_type::a || head.type == record_type::aaaa;
  if (head.internet && where == section::answer) read_answer(input, std::move(head), result);
  else if (head.internet && where == section::additional && is_address)
    read_address(input, std::move(head), result.alongside);
  else input.skip(head.length);
  return input.ok() && input.at() == end;
}

// The authority section of "there is nothing" has an SOA; that of "ask those" has name servers only (RFC 2308).
bool read_authorities(reader& input, int count, message& result) {
  bool servers = false;
  bool authority = false;
  for (int i = 0; i < count; ++i) {
    const auto head = read_head(input);
    input.skip(head.length);
    if (!input.ok()) return false;
    servers |= head.type == record_type::name_server;
    authority |= head.type == record_type::authority;
  }
  result.referral = servers && !authority;
  return true;
}

std::uint16_t random_id() {
  static thread_local std::random_device source;
  return static_cast<std::uint16_t>(source());
}

}  // namespace

std::optional<message> read_message(std::span<const unsigned char> bytes) {
  if (bytes.size() < header_size) return {};
  reader input(bytes);
  input.skip(2);  // the id: c-ares has matched it
  const auto flags = input.two();
  const auto questions = input.two();
  const auto answers = input.two();
  const auto authorities = input.two();
  const auto additionals = input.two();
  if ((flags & 0x8000U) == 0) return {};  // a question is no answer
  message result;
  result.code = static_cast<response_code>(flags & 0x0fU);
  result.authoritative = (flags & 0x0400U) != 0;
  result.truncated = (flags & 0x0200U) != 0;
  for (int i = 0; i < questions; ++i) {
    input.name();
    input.skip(4);
    if (!input.ok()) return {};
  }
  for (int i = 0; i < answers; ++i)
    if (!read_record(input, result, section::answer)) return {};
  if (!read_authorities(input, authorities, result)) return {};
  result.referral = result.referral && answers == 0;
  for (int i = 0; i < additionals; ++i)
    if (!read_record(input, result, section::additional)) return {};
  return result;
}

std::vector<address_record> addresses_of(const message& answer, const std::string& name) {
  std::set<std::string> names{name};
  // Servers may send aliases in any order; each round that finds nothing new is the last.
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& each : answer.aliases)
      if (names.contains(each.name)) grown |= names.insert(each.target).second;
  }
  std::vector<address_record> found;
  for (const auto& each : answer.answers)
    if (names.contains(each.name)) found.push_back({name, each.address, each.ttl});
  return found;
}

std::optional<std::vector<unsigned char>> make_query(const std::string& name, record_type type, int payload) {
  // Older versions of c-ares send the id as it is: one that is known beforehand would let anybody answer over UDP.
  return create_ares_query(name, static_cast<int>(type), random_id(), payload);
}

}  // namespace drcon::consul_dns
