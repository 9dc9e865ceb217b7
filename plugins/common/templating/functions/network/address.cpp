#include "common/templating/functions/network/address.hpp"

#include "common/templating/format/number.hpp"

#include <arpa/inet.h>

#include <algorithm>

namespace drcon::templating {
namespace {

struct rfc {
  unsigned number;
  std::array<std::string_view, 25> networks;  // empty ones are none
};

constexpr rfc rfcs[] = {
    {not_forwarded,
     {"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
      "240.0.0.0/4", "255.255.255.255/32", "::1/128", "::/128", "::ffff:0:0/96", "2001:db8::/32", "2001:10::/28",
      "fe80::/10"}},
    {919, {"255.255.255.255/32"}},
    {1112, {"224.0.0.0/4"}},
    {1122, {"0.0.0.0/8", "127.0.0.0/8"}},
    {1918, {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"}},
    {2544, {"198.18.0.0/15"}},
    {2765, {"0:0:0:0:0:ffff:0:0/96"}},
    {2928, {"2001::/16"}},
    {3056, {"2002::/16"}},
    {3068, {"192.88.99.0/24", "2002:c058:6301::/120"}},
    {3171, {"224.0.0.0/4"}},
    {3330,
     {"0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.2.0/24", "192.88.99.0/24",
      "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"}},
    {3849, {"2001:db8::/32"}},
    {3927, {"169.254.0.0/16"}},
    {4038, {"0:0:0:0:0:ffff::/96"}},
    {4193, {"fc00::/7"}},
    {4291, {"::/128", "::1/128", "::/96", "::ffff:0:0/96", "fe80::/10", "fec0::/10", "ff00::/8"}},
    {4380, {"2001:0000::/32"}},
    {4773, {"2001:0000::/23"}},
    {4843, {"2001:10::/28"}},
    {5180, {"2001:0200::/48"}},
    {5735, {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15"}},
    {5737, {"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"}},
    {6052, {"64:ff9b::/96"}},
    {6333, {"192.0.0.0/29"}},
    {6598, {"100.64.0.0/10"}},
    {6666, {"0100::/64"}},
    {6890, {"0.0.0.0/8",          "10.0.0.0/8",    "100.64.0.0/10",   "127.0.0.0/8",    "169.254.0.0/16",
            "172.16.0.0/12",      "192.0.0.0/24",  "192.0.0.0/29",    "192.0.2.0/24",   "192.88.99.0/24",
            "192.168.0.0/16",     "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
            "255.255.255.255/32", "::1/128",       "::/128",          "64:ff9b::/96",   "::ffff:0:0/96",
            "100::/64",           "2001::/16",     "2002::/16",       "fc00::/7",       "fe80::/10"}},
    {7335, {"192.0.0.0/29"}},
};

}  // namespace

std::optional<ip_address> ip_address::read(std::string_view text) {
  ip_address result;
  const auto mark = text.find('/');
  const std::string host(text.substr(0, mark));
  result.is_ipv6 = ::inet_pton(AF_INET, host.c_str(), result.bytes.data()) != 1;
  if (result.is_ipv6 && ::inet_pton(AF_INET6, host.c_str(), result.bytes.data()) != 1) return {};
  result.prefix = result.bits();
  if (mark == std::string_view::npos) return result;
  const auto prefix = read_unsigned(text.substr(mark + 1), 10);
  if (!prefix || prefix.number > result.bits()) return {};
  result.prefix = static_cast<unsigned>(prefix.number);
  return result;
}

ip_address ip_address::network() const {
  auto result = *this;
  for (unsigned i = 0; i < bits(); ++i)
    if (i >= prefix) result.bytes[i / 8] &= static_cast<unsigned char>(~(0x80U >> i % 8));
  return result;
}

bool ip_address::contains(const ip_address& other) const {
  if (is_ipv6 != other.is_ipv6 || other.prefix < prefix) return false;
  auto same = other;
  same.prefix = prefix;
  return same.network().bytes == network().bytes;
}

std::string ip_address::host() const {
  std::array<char, INET6_ADDRSTRLEN> result{};
  ::inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, bytes.data(), result.data(), result.size());
  return result.data();
}

std::string ip_address::text() const { return prefix == bits() ? host() : host() + "/" + std::to_string(prefix); }

std::string ip_address::netmask() const {
  auto all = *this;
  all.bytes.fill(0xff);
  return all.network().host();
}

std::optional<std::span<const std::string_view>> networks_of_rfc(unsigned number) {
  const auto* found = std::ranges::find(rfcs, number, &rfc::number);
  if (found == std::end(rfcs)) return {};
  const auto end = std::ranges::find(found->networks, std::string_view());
  return std::span(found->networks).first(static_cast<std::size_t>(end - found->networks.begin()));
}

bool is_in_rfc(const ip_address& address, unsigned number) {
  const auto all = networks_of_rfc(number);
  return all &&
         std::ranges::any_of(*all, [&](std::string_view each) { return ip_address::read(each)->contains(address); });
}

}  // namespace drcon::templating
