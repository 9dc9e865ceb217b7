#include "nginx/free_port.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <stdexcept>

namespace drcon::nginx {

using boost::asio::ip::tcp;
namespace {

// Below what Linux hands out to outgoing connections (from 32768) and Nomad to its jobs (from 20000): a port that
// somebody holds when nginx is started would keep it from starting.
constexpr std::uint16_t first_port = 16000;
constexpr std::uint16_t port_count = 4000;

}  // namespace

std::uint16_t free_port(const boost::asio::ip::address& address, const std::string& file) {
  boost::asio::io_context context;
  const auto start = std::hash<std::string>{}(file);
  for (std::size_t i = 0; i < port_count; ++i) {
    const auto port = static_cast<std::uint16_t>(first_port + (start + i) % port_count);
    boost::system::error_code error;
    tcp::acceptor probe(context);
    probe.open(tcp::endpoint(address, port).protocol(), error);
    probe.set_option(tcp::acceptor::reuse_address(true), error);
    probe.bind({address, port}, error);
    if (!error) probe.listen(1, error);
    if (!error) return port;
  }
  throw std::runtime_error("no free port for confirm_listen between " + std::to_string(first_port) + " and " +
                           std::to_string(first_port + port_count - 1) + " at " + address.to_string());
}

}  // namespace drcon::nginx
