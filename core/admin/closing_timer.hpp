// The deadline of one connection: closes its socket when the time is over.
//
// Thread rule: the server's thread.
#pragma once

#include "admin/connection.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>

namespace drcon::admin {

class closing_timer {
public:
  explicit closing_timer(any_socket& socket);
  ~closing_timer();
  closing_timer(const closing_timer&) = delete;
  closing_timer& operator=(const closing_timer&) = delete;

  void set(std::chrono::steady_clock::duration timeout);
  void clear();

private:
  // A timer that has expired cannot be called back: its handler may be in the loop's queue when the deadline is moved,
  // or when the connection is gone. So the handler looks at what is valid then.
  struct target {
    any_socket* socket;
    std::chrono::steady_clock::time_point when;
  };
  std::shared_ptr<target> target_;
  boost::asio::steady_timer timer_;
};

}  // namespace drcon::admin
