#include "admin/closing_timer.hpp"

namespace drcon::admin {

using std::chrono::steady_clock;

closing_timer::closing_timer(any_socket& socket)
    : target_(std::make_shared<target>(target{&socket, steady_clock::time_point::max()})),
      timer_(socket.get_executor()) {}

closing_timer::~closing_timer() { target_->when = steady_clock::time_point::max(); }

void closing_timer::set(steady_clock::duration timeout) {
  target_->when = steady_clock::now() + timeout;
  timer_.expires_at(target_->when);
  timer_.async_wait([target = target_](const boost::system::error_code&) {
    if (steady_clock::now() < target->when) return;
    boost::system::error_code ignored;
    target->socket->close(ignored);
  });
}

void closing_timer::clear() {
  target_->when = steady_clock::time_point::max();
  timer_.cancel();
}

}  // namespace drcon::admin
