// A certificate authority of the test's own, and certificates by it.
#pragma once

#include "support/temp_dir.hpp"

#include <string>

namespace drcon::test {

class certificates {
public:
  /// Makes ca.pem, and server and client certificates; the server's are for 127.0.0.1 and server.dc1.consul.
  certificates();

  std::string ca() const { return (directory_ / "ca.pem").string(); }
  std::string server() const { return (directory_ / "server.pem").string(); }
  std::string server_key() const { return (directory_ / "server.key").string(); }
  std::string client() const { return (directory_ / "client.pem").string(); }
  std::string client_key() const { return (directory_ / "client.key").string(); }

private:
  void sign(const std::string& name, const std::string& extensions) const;

  temp_dir directory_;
};

}  // namespace drcon::test
