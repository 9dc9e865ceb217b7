#include "consul_dns/received_messages.hpp"

#include <utility>

namespace drcon::consul_dns {
namespace {

constexpr std::size_t length_bytes = 2;
constexpr std::size_t id_bytes = 2;
// Messages that nobody takes, because nobody asked or the time was up. More than that many are a server that floods us.
constexpr std::size_t most_kept = 1000;

std::uint16_t number_at(const unsigned char* bytes) { return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]); }

}  // namespace

void received_messages::keep(bytes message) {
  if (message.size() < id_bytes) return;
  if (messages_.size() >= most_kept) messages_.clear();
  const auto id = number_at(message.data());
  messages_.insert_or_assign(id, std::move(message));
}

void received_messages::add_datagram(std::span<const unsigned char> message) {
  keep(bytes(message.begin(), message.end()));
}

void received_messages::add_stream(int socket, std::span<const unsigned char> part) {
  auto& open = streams_[socket];
  open.insert(open.end(), part.begin(), part.end());
  std::size_t start = 0;
  while (open.size() - start >= length_bytes) {
    const std::size_t length = number_at(open.data() + start);
    if (open.size() - start - length_bytes < length) break;
    const auto* first = open.data() + start + length_bytes;
    keep(bytes(first, first + length));
    start += length_bytes + length;
  }
  open.erase(open.begin(), open.begin() + static_cast<std::ptrdiff_t>(start));
}

std::optional<received_messages::bytes> received_messages::take(std::uint16_t id) {
  auto found = messages_.extract(id);
  if (found.empty()) return {};
  return std::move(found.mapped());
}

}  // namespace drcon::consul_dns
