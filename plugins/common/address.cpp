#include "common/address.hpp"

#include <boost/asio/ip/address.hpp>

#include <charconv>

namespace drcon::common {

std::string with_port(std::string_view address, std::uint32_t port) {
  const bool v6 = address.find(':') != std::string_view::npos;
  return (v6 ? "[" + std::string(address) + "]" : std::string(address)) + ":" + std::to_string(port);
}

std::optional<boost::asio::ip::tcp::endpoint> ip_and_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  auto host = text.substr(0, colon);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error || address.is_v6() != brackets) return {};
  std::uint16_t port = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, port);
  if (read.ec != std::errc() || read.ptr != end) return {};
  return boost::asio::ip::tcp::endpoint(address, port);
}

}  // namespace drcon::common
