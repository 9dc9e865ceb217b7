#include "file/watch.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace drcon::file {
namespace {

// A directory that is not there cannot be watched: it is looked for at this interval.
constexpr auto look_again = std::chrono::milliseconds(500);

constexpr unsigned events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB |
                            IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

watch::watch(const std::string& path)
    : directory_(std::filesystem::path(path).parent_path().string()),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  look();
}

watch::~watch() {
  if (inotify_ >= 0) ::close(inotify_);
  if (wake_ >= 0) ::close(wake_);
}

void watch::look() {
  if (watched_ < 0 && inotify_ >= 0) watched_ = ::inotify_add_watch(inotify_, directory_.c_str(), events);
}

void watch::wait(const std::stop_token& stop, std::chrono::nanoseconds at_most) {
  const std::stop_callback wake(stop, [this] { ::eventfd_write(wake_, 1); });
  const bool was_blind = watched_ < 0;
  look();
  if (was_blind && watched_ >= 0) return;  // what happened before the watch began went unseen
  if (watched_ < 0) at_most = std::min<std::chrono::nanoseconds>(at_most, look_again);
  std::array<pollfd, 2> files{pollfd{inotify_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(at_most).count();
  ::poll(files.data(), files.size(), static_cast<int>(std::clamp<std::int64_t>(milliseconds, 0, 3'600'000)));
  alignas(inotify_event) std::array<char, 8192> buffer{};
  for (;;) {
    const auto length = ::read(inotify_, buffer.data(), buffer.size());
    if (length <= 0) break;
    for (ssize_t at = 0; at < length;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      if ((event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
        if (watched_ >= 0) ::inotify_rm_watch(inotify_, watched_);
        watched_ = -1;
      }
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
}

}  // namespace drcon::file
