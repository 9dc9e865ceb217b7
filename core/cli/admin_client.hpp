// A running drcon, asked over its admin socket.
//
// Thread rule: one thread; calls wait for the answer.
#pragma once

#include "cli/command_line.hpp"

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace drcon::cli {

/// Nobody answers; what() says where and what to do.
struct no_answer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One of /v1/events.
struct server_event {
  std::string name;
  std::uint64_t number = 0;  ///< of a journal entry
  nlohmann::json data;
};

class admin_client {
public:
  /// The socket is --socket, else the configuration's [admin] socket, else /run/drcon/admin.sock. `options` outlives
  /// it.
  explicit admin_client(const arguments& options);

  struct reply {
    unsigned status = 0;
    nlohmann::json body;
  };
  /// Throws no_answer.
  reply ask(const std::string& method, const std::string& target);
  /// Calls `each` for every event until that returns false, or the connection ends: then it throws no_answer, too.
  /// `beside` may put other work on the loop, which ends before the loop does, and may stop the loop.
  void follow(const std::string& target, const std::function<bool(const server_event&)>& each,
              const std::function<std::shared_ptr<void>(boost::asio::io_context&)>& beside = {});

  const std::filesystem::path& socket() const { return socket_; }

private:
  std::filesystem::path socket_;
  const arguments& options_;  // for the advice when nobody answers
};

/// "/v1/pipelines/a%20b/explain?endpoint=…": every word is encoded.
std::string target_of(const std::vector<std::string>& path, const std::map<std::string, std::string>& query = {});

}  // namespace drcon::cli
