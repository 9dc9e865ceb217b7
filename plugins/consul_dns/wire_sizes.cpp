#include "consul_dns/wire_sizes.hpp"

#include <algorithm>

namespace drcon::consul_dns {
namespace {

constexpr std::size_t id_bytes = 2;
constexpr std::size_t largest_message = 65535;

std::uint16_t number_at(const unsigned char* bytes) { return static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1]); }

}  // namespace

void wire_sizes::add_datagram(std::span<const unsigned char> message) {
  if (message.size() >= id_bytes) sizes_[number_at(message.data())] = message.size();
}

void wire_sizes::add_stream(int socket, std::span<const unsigned char> bytes) {
  auto& state = streams_[socket];
  while (!bytes.empty()) {
    if (state.to_skip > 0) {
      const auto skipped = std::min(state.to_skip, bytes.size());
      state.to_skip -= skipped;
      bytes = bytes.subspan(skipped);
      continue;
    }
    state.head[state.head_bytes++] = bytes.front();
    bytes = bytes.subspan(1);
    if (state.head_bytes < sizeof state.head) continue;
    // A message too short for an id is none; c-ares ends the connection for it.
    const std::size_t length = number_at(state.head);
    sizes_[number_at(state.head + 2)] = length;
    state.to_skip = length > id_bytes ? length - id_bytes : 0;
    state.head_bytes = 0;
  }
}

std::size_t wire_sizes::take(std::uint16_t id) {
  const auto found = sizes_.find(id);
  if (found == sizes_.end()) return largest_message;
  const auto size = found->second;
  sizes_.erase(found);
  return size;
}

}  // namespace drcon::consul_dns
