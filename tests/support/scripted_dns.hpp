// A DNS server within the test that answers, over TCP and UDP, what the test says.
//
// Thread rule: the script runs on the server's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace drcon::test {

using dns_bytes = std::vector<unsigned char>;

/// Builds an answer to a query, record by record.
class dns_reply {
public:
  explicit dns_reply(const dns_bytes& query);
  dns_reply& code(int value);
  dns_reply& authoritative(bool yes);
  dns_reply& truncated();
  dns_reply& srv(const std::string& target, int port, int weight = 1, int priority = 1, int ttl = 0);
  dns_reply& a(const std::string& name, const std::string& address);
  dns_bytes bytes() const;

private:
  void record(const std::string& name, int type, int ttl, const dns_bytes& data, bool additional);
  dns_bytes question_;
  dns_bytes records_;
  std::string name_;
  unsigned id_ = 0;
  unsigned flags_ = 0x8580;  // an answer, authoritative, recursion desired and available
  unsigned answers_ = 0;
  unsigned additionals_ = 0;
};

/// The name and type of a query's question.
std::pair<std::string, int> question_of(const dns_bytes& query);

class scripted_dns {
public:
  /// Nothing: silence. Over TCP the bytes are framed; an empty answer closes the connection.
  using script = std::function<std::optional<dns_bytes>(const dns_bytes& query, bool tcp)>;

  explicit scripted_dns(script answer);
  ~scripted_dns();
  scripted_dns(const scripted_dns&) = delete;
  scripted_dns& operator=(const scripted_dns&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int queries() const;
  int connections() const;

private:
  struct server;
  std::uint16_t port_ = 0;
  std::unique_ptr<server> server_;
};

}  // namespace drcon::test
