#include "address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>

namespace {

template <class Address>
void store(socket_address& in, const Address& address) {
  std::memcpy(&in.raw, &address, sizeof address);
  in.size = sizeof address;
}

}  // namespace

std::optional<socket_address> parse_address(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return {};
  socket_address parsed;
  const auto* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + colon + 1, last, parsed.port);
  if (error != std::errc() || end != last || parsed.port == 0) return {};
  const bool brackets = text.front() == '[' && text[colon - 1] == ']';
  parsed.host = brackets ? text.substr(1, colon - 2) : text.substr(0, colon);

  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(parsed.port);
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(parsed.port);
  if (brackets && ::inet_pton(AF_INET6, parsed.host.c_str(), &six.sin6_addr) == 1) store(parsed, six);
  else if (!brackets && ::inet_pton(AF_INET, parsed.host.c_str(), &four.sin_addr) == 1) store(parsed, four);
  else return {};
  return parsed;
}
