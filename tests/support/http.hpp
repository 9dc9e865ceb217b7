// Plain HTTP requests of a test: one connection each, with a time-out.
#pragma once

#include "support/wait.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace drcon::test {

struct http_answer {
  int status = 0;  ///< 0: there was no answer
  std::string body;
  std::string error;                           ///< why there was none
  std::map<std::string, std::string> headers;  ///< names in lower case
};

http_answer http(const std::string& method, std::uint16_t port, const std::string& target, const std::string& body = {},
                 const std::map<std::string, std::string>& headers = {}, std::chrono::milliseconds timeout = patience);
inline http_answer get(std::uint16_t port, const std::string& target = "/") { return http("GET", port, target); }

/// Who answers `requests` requests that follow each other: the first line of each body, or the status when it is not
/// 200.
std::set<std::string> answerers(std::uint16_t port, int requests);

/// Over a unix socket.
http_answer http(const std::string& method, const std::filesystem::path& socket, const std::string& target);
inline http_answer get(const std::filesystem::path& socket, const std::string& target) {
  return http("GET", socket, target);
}

}  // namespace drcon::test
