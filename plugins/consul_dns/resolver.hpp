// DNS queries as coroutines: c-ares channels, one for each server, whose sockets and time-outs are Asio's.
//
// c-ares keeps the TCP connection open, sends many queries over it and matches answers to questions; here is what it
// lacks: an event loop, and an account of what each server said before the next one is asked.
// Thread rule: everything on its executor, a strand; held by the coroutines that use it, so that it ends there too.
#pragma once

#include "consul_dns/message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <ares.h>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace drcon::consul_dns {

enum class transport { tcp, udp };

struct resolver_options {
  std::vector<std::string> servers;  ///< "127.0.0.1:8600", "[::1]:53"; asked in turn
  transport over = transport::tcp;
  std::chrono::nanoseconds timeout{};  ///< for each server
};

struct dns_answer {
  std::optional<message> parsed;  ///< nothing: there is none, see why
  std::string why;
  std::size_t bytes = 0;
  std::string server;  ///< who said so
  bool lost = false;   ///< the connection could not be made, or was closed
};

class resolver : public std::enable_shared_from_this<resolver> {
public:
  /// Throws std::runtime_error when a server cannot be used.
  resolver(boost::asio::any_io_executor executor, const resolver_options& options);
  ~resolver();
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  /// Never throws for what a network or server can do.
  boost::asio::awaitable<dns_answer> ask(std::string name, record_type type);

  static constexpr int udp_payload = 4096;  ///< offered by EDNS; beyond it servers set TC, or cut

private:
  struct watched;
  struct server {
    resolver* owner;
    std::string address;
    ares_channel channel = nullptr;
  };
  static void socket_changed(void* from, ares_socket_t socket, int readable, int writable);
  void open(server& to, const resolver_options& options);
  boost::asio::awaitable<dns_answer> ask_one(server& which, const std::vector<unsigned char>& query);
  void watch(server& of, ares_socket_t socket, bool readable, bool writable);
  void wait_read(ares_socket_t socket, const std::shared_ptr<watched>& which);
  void wait_write(ares_socket_t socket, const std::shared_ptr<watched>& which);
  void arm_timer();

  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  std::map<ares_socket_t, std::shared_ptr<watched>> sockets_;
  std::vector<std::unique_ptr<server>> servers_;
  std::size_t preferred_ = 0;  // the server that answered last
  const transport over_;
};

}  // namespace drcon::consul_dns
