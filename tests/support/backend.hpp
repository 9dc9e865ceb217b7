// An HTTP server within the test that answers its own name; GET /slow/N does so after N milliseconds, and GET /held
// once release() was called.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace drcon::test {

class backend {
public:
  /// Listens on a free port of `address` (127.0.0.1 or ::1).
  explicit backend(std::string name, const std::string& address = "127.0.0.1");
  ~backend();
  backend(const backend&) = delete;
  backend& operator=(const backend&) = delete;

  const std::string& name() const { return name_; }
  const std::string& address() const { return address_; }
  std::uint16_t port() const { return port_; }
  std::uint64_t requests() const;
  /// Answers the requests for /held, those that wait and those that come. Any thread.
  void release() const;

private:
  struct server;
  std::string name_;
  std::string address_;
  std::uint16_t port_ = 0;
  std::unique_ptr<server> server_;
};

}  // namespace drcon::test
