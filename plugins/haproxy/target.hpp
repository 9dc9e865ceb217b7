// One connection to HAProxy's runtime API: the stats socket of a process, or the master's, which passes on to its
// current worker.
//
// In prompt mode, with one command a line, each answer ends with the prompt: so an answer cannot be mistaken for that
// of another command. A connection stays with the process that accepted it, even through a reload: open a new one each
// time. Thread rule: one thread; blocks it for at most the time-out of each step.
#pragma once

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace drcon::haproxy {

/// Where the runtime API is.
struct target_address {
  std::string path;  ///< unix socket; empty: TCP
  boost::asio::ip::tcp::endpoint tcp;
  bool master = false;  ///< the master's CLI: commands go to its current worker
  std::string text;     ///< as the user wrote it
};

class target {
public:
  target(target_address address, std::chrono::nanoseconds timeout);

  /// Connects and agrees on the prompt. What went wrong, or empty.
  std::string open();

  /// Runs the commands in order and returns as many answers, without their last line end. Nothing when the connection
  /// failed, with `why`; then it is not known which commands were carried out. A command is one line, not empty.
  std::optional<std::vector<std::string>> run(const std::vector<std::string>& commands, std::string& why);

private:
  std::string connect();
  std::string agree_on_prompt();
  std::string write(const std::string& text);
  std::string read_more();
  template <class Start>
  boost::system::error_code in_time(Start start);
  std::string fault(const std::string& what, const boost::system::error_code& error) const;

  const target_address address_;
  const std::chrono::nanoseconds timeout_;
  boost::asio::io_context context_;
  boost::asio::generic::stream_protocol::socket socket_{context_};
  std::string prompt_;  // what ends an answer
  std::string unread_;
};

}  // namespace drcon::haproxy
