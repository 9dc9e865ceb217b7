// An HTTP/2 server within the test, over TLS, that answers as a Consul agent as the test scripts it, and misbehaves on
// demand.
//
// A blocking query is held while its index is the one of its path's present answer. Thread rule: its functions may be
// called from any thread; each returns when it is done.
#pragma once

#include "support/certificates.hpp"
#include "support/scripted_consul.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace drcon::test {

class scripted_http2 {
public:
  scripted_http2();
  ~scripted_http2();
  scripted_http2(const scripted_http2&) = delete;
  scripted_http2& operator=(const scripted_http2&) = delete;

  std::string url() const;
  const certificates& files() const;
  /// `url` and `tls`, as options of a source.
  std::string options() const;

  /// As scripted_consul::set(). With `ends`: cut_short, half of the body and a reset without an error; dropped, a
  /// reset.
  void set(const std::string& path, scripted_answer answer);
  void set_service(const std::string& name, scripted_answer answer) {
    set("/v1/health/service/" + name, std::move(answer));
  }
  std::size_t held() const;
  std::vector<std::string> requests(const std::string& path) const;
  std::size_t connections() const;
  std::size_t connections_so_far() const;
  std::size_t most_streams() const;  ///< at a time on one connection

  std::size_t pings() const;  ///< that it has answered

  /// Says in SETTINGS how many streams it takes on a connection, on those that are open as well.
  void limit_streams(std::uint32_t most);
  /// GOAWAY on every connection: the first `accepted` of the streams that are held are still answered, the others not.
  void go_away(std::size_t accepted);
  /// Resets every stream that is held.
  void reset_held(std::uint32_t error);
  /// Resets each request from now on; 0: answers them again.
  void reset_all(std::uint32_t error);
  /// Neither reads from the present connections nor writes to them any more.
  void fall_silent();
  /// Sends bytes on every connection, whatever HTTP/2 says.
  void send(const std::string& bytes);
  /// What every new connection is greeted with, in place of HTTP/2; then it is closed.
  void greet(const std::string& bytes);
  /// Whether it offers HTTP/2, or HTTP/1.1 only, of which it knows nothing. For new connections.
  void offer_http2(bool offers);
  void limit_connections(std::size_t most);
  /// As an agent that was killed: closes every connection, and nobody listens.
  void kill();
  void revive();

private:
  struct server;
  std::unique_ptr<server> server_;
};

}  // namespace drcon::test
