#include "consul_dns/message.hpp"

#include <boost/asio/ip/address.hpp>

#include <ares.h>

#include <algorithm>
#include <memory>

namespace drcon::consul_dns {
namespace {

constexpr std::size_t header_size = 12;
constexpr int internet = 1;

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
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
  }
  std::span<const unsigned char> bytes(std::size_t count) {
    const auto from = at_;
    skip(count);
    return ok_ ? bytes_.subspan(from, count) : std::span<const unsigned char>();
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

// One record; SRV records count in the answer section only.
bool read_record(reader& from, message& to, bool in_answer) {
  auto name = from.name();
  const auto type = from.two();
  const auto of_class = from.two();
  const auto ttl = from.four();
  const auto length = from.two();
  if (!from.ok()) return false;
  const auto end = from.at() + length;
  if (of_class == internet && type == static_cast<std::uint16_t>(record_type::srv) && in_answer) {
    srv_record record{.priority = from.two(), .weight = from.two(), .port = from.two(), .target = {}, .ttl = ttl};
    record.target = from.name();
    if (!from.ok() || from.at() != end) return false;
    to.services.push_back(std::move(record));
    return true;
  }
  const bool is_address =
      of_class == internet && ((type == static_cast<std::uint16_t>(record_type::a) && length == 4) ||
                               (type == static_cast<std::uint16_t>(record_type::aaaa) && length == 16));
  const auto raw = from.bytes(length);
  if (!from.ok()) return false;
  if (is_address) to.addresses.push_back({std::move(name), address_of(raw), ttl});
  return true;
}

}  // namespace

std::optional<message> read_message(std::span<const unsigned char> bytes) {
  if (bytes.size() < header_size) return {};
  reader from(bytes);
  from.skip(2);  // the id: c-ares has matched it
  const auto flags = from.two();
  const auto questions = from.two();
  const auto answers = from.two();
  const auto authorities = from.two();
  const auto additionals = from.two();
  if ((flags & 0x8000U) == 0) return {};  // a question is no answer
  message to{.code = static_cast<response_code>(flags & 0x0fU),
             .authoritative = (flags & 0x0400U) != 0,
             .truncated = (flags & 0x0200U) != 0,
             .services = {},
             .addresses = {}};
  for (int i = 0; i < questions; ++i) {
    from.name();
    from.skip(4);
    if (!from.ok()) return {};
  }
  for (int i = 0; i < answers; ++i)
    if (!read_record(from, to, true)) return {};
  message ignored;
  for (int i = 0; i < authorities; ++i)
    if (!read_record(from, ignored, false)) return {};
  for (int i = 0; i < additionals; ++i)
    if (!read_record(from, to, false)) return {};
  return to;
}

std::optional<std::vector<unsigned char>> make_query(const std::string& name, record_type type, int payload) {
  unsigned char* raw = nullptr;
  int length = 0;
  // ares_send() sends the id that is in the query, 0: c-ares matches answers by their question alone.
  if (ares_create_query(name.c_str(), internet, static_cast<int>(type), 0, 1, &raw, &length, payload) != ARES_SUCCESS)
    return {};
  std::vector<unsigned char> bytes(raw, raw + length);
  ares_free_string(raw);
  return bytes;
}

}  // namespace drcon::consul_dns
