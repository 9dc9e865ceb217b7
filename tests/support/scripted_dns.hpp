// A DNS server within the test that answers, over TCP and UDP, what the test says.
//
// Thread rule: the script runs on the server's thread.
#pragma once

#include <array>
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
  /// An address: in the answer when it is asked for, else alongside.
  dns_reply& a(const std::string& name, const std::string& address);
  dns_reply& aaaa(const std::string& name, const std::string& address);
  /// An address in the additional section, whatever is asked for.
  dns_reply& glue(const std::string& name, const std::string& address);
  dns_reply& alias(const std::string& name, const std::string& target);
  /// The authority section: name servers (a referral, when there is no answer), or an SOA.
  dns_reply& name_server(const std::string& zone, const std::string& name);
  dns_reply& authority(const std::string& zone);
  dns_bytes bytes() const;

private:
  enum class section { answer, authority, additional };
  dns_reply& address(const std::string& name, const std::string& address, bool alongside);
  dns_reply& record(const std::string& name, int type, int ttl, const dns_bytes& data, section where);
  dns_bytes question_;
  std::array<dns_bytes, 3> records_;  // by section
  std::array<unsigned, 3> counts_{};  // likewise
  std::string name_;
  unsigned id_ = 0;
  unsigned flags_ = 0x8580;  // an answer, authoritative, recursion desired and available
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
  /// [any] The connections there are stay open, and no question on them is answered any more.
  void mute();
  /// [any] Over TCP: closes each connection after so many answers; 0 for never.
  void close_after(int answers);
  /// [any] Over TCP: announces the whole answer, sends half of it and closes.
  void cut_frames(bool on);

  int queries() const;
  int connections() const;  ///< all that were ever made

private:
  struct server;
  std::uint16_t port_ = 0;
  std::unique_ptr<server> server_;
};

}  // namespace drcon::test
