#include "probe.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace {

using clock_type = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How soon a stop is seen.
constexpr auto step = milliseconds(50);

// The connections of one probe; poll passes over those that are closed (-1).
class connections {
public:
  explicit connections(const std::vector<socket_address>& all) : answers_(all.size()) {
    for (const auto& each : all) open(each);
  }
  ~connections() {
    for (std::size_t i = 0; i < open_.size(); ++i) close(i);
  }
  connections(const connections&) = delete;
  connections& operator=(const connections&) = delete;

  bool any_open() const {
    return std::any_of(open_.begin(), open_.end(), [](const pollfd& each) { return each.fd >= 0; });
  }
  void wait(milliseconds at_most) {
    if (::poll(open_.data(), open_.size(), static_cast<int>(at_most.count())) <= 0) return;
    for (std::size_t i = 0; i < open_.size(); ++i)
      if (open_[i].fd >= 0 && open_[i].revents != 0) take(i);
  }
  std::vector<std::string> answers() && {
    for (std::size_t i = 0; i < open_.size(); ++i)
      if (open_[i].fd >= 0) answers_[i] = "no answer in time";
    return std::move(answers_);
  }

private:
  void open(const socket_address& to) {
    const int fd = ::socket(to.raw.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const auto i = open_.size();
    open_.push_back({.fd = fd, .events = POLLOUT, .revents = 0});
    if (fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&to.raw), to.size) == 0) return close(i);
    if (fd >= 0 && errno == EINPROGRESS) return;
    answers_[i] = std::strerror(errno);
    close(i);
  }
  void take(std::size_t i) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(open_[i].fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) answers_[i] = std::strerror(error);
    close(i);
  }
  void close(std::size_t i) {
    if (open_[i].fd >= 0) ::close(open_[i].fd);
    open_[i].fd = -1;
  }

  std::vector<std::string> answers_;
  std::vector<pollfd> open_;
};

}  // namespace

std::vector<std::string> probe(const std::vector<socket_address>& all, milliseconds timeout,
                               const std::function<bool()>& stop) {
  connections asked(all);
  const auto deadline = clock_type::now() + timeout;
  while (asked.any_open() && !stop()) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - clock_type::now());
    if (left.count() <= 0) break;
    asked.wait(std::min(left, step));
  }
  return std::move(asked).answers();
}
