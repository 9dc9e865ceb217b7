// One HTTP or HTTPS connection to a member of the cluster, for one question: answered whole, or line by line.
//
// Thread rule: everything on the executor it was made with.
#pragma once

#include "settings.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace etcd {

struct question {
  std::string target;  ///< such as "/v3/kv/range"
  std::string body;
  std::string token;  ///< of a login, or empty
};

struct answer {
  unsigned status = 0;  ///< 0: there is none
  std::string body;
  std::string why;  ///< why it is not what was asked for; empty when it is
};

class connection {
public:
  struct limits {
    std::chrono::nanoseconds timeout{};  ///< for a whole answer; for a stream: until it begins
    std::size_t largest = 0;             ///< of an answer, or of a line
  };
  connection(boost::asio::any_io_executor executor, server to, limits within);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// The whole answer.
  boost::asio::awaitable<answer> ask(question what);
  /// Begins an answer without end; after one without `why`, line() gives its lines.
  boost::asio::awaitable<answer> open(question what);
  /// The next line; nothing when the connection is lost, and why. Waits as long as it takes.
  boost::asio::awaitable<std::optional<std::string>> line(std::string& why);

private:
  struct stream;
  boost::asio::awaitable<std::string> connect();
  boost::asio::awaitable<std::string> send(question what);

  boost::asio::any_io_executor executor_;
  server to_;
  limits within_;
  std::unique_ptr<stream> stream_;
};

}  // namespace etcd
