#include "file/changes.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace drcon::file {
namespace {

using clock = std::chrono::steady_clock;

// A directory that is not there cannot be watched: it is looked for at this interval.
constexpr auto look_again = std::chrono::milliseconds(500);

constexpr unsigned into_place = IN_CLOSE_WRITE | IN_MOVED_TO;
constexpr unsigned directory_gone = IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr unsigned events =
    into_place | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

std::string directory_of(const std::string& path) {
  const auto directory = std::filesystem::path(path).parent_path().string();
  return directory.empty() ? "." : directory;
}

}  // namespace

file_changes::file_changes(const std::string& path)
    : path_(path),
      directory_(directory_of(path)),
      name_(std::filesystem::path(path).filename().string()),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  // Without inotify there is still the poll interval; without the event a stop would have to wait for it.
  if (wake_ < 0) {
    const std::system_error error(errno, std::system_category(), "cannot watch " + path);
    if (inotify_ >= 0) ::close(inotify_);
    throw error;
  }
  look();
}

file_changes::~file_changes() {
  if (inotify_ >= 0) ::close(inotify_);
  ::close(wake_);
}

// True when it is another directory than before: what happened there until now went unseen.
bool file_changes::look() {
  if (inotify_ < 0) return false;
  // For a directory that is watched already the same number comes back.
  const auto now = ::inotify_add_watch(inotify_, directory_.c_str(), events);
  if (now == watched_) return false;
  if (watched_ >= 0) ::inotify_rm_watch(inotify_, watched_);
  watched_ = now;
  return watched_ >= 0;
}

news file_changes::wait(const std::stop_token& stop, std::chrono::nanoseconds at_most) {
  const std::stop_callback wake(stop, [this] { ::eventfd_write(wake_, 1); });
  if (look()) return news::perhaps;
  if (watched_ < 0) at_most = std::min<std::chrono::nanoseconds>(at_most, look_again);
  const auto end = clock::now() + at_most;
  while (!stop.stop_requested() && await(end - clock::now()))
    if (const auto what = read_events(); what != news::none) return what;
  return news::none;
}

// False when the time is up.
bool file_changes::await(std::chrono::nanoseconds at_most) const {
  std::array<pollfd, 2> files{pollfd{inotify_, POLLIN, 0}, pollfd{wake_, POLLIN, 0}};
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(at_most).count();
  return ::poll(files.data(), files.size(), static_cast<int>(std::clamp<std::int64_t>(milliseconds, 0, 3'600'000))) > 0;
}

// What the events say of the file, the last one counting; those of other files in the directory say nothing. Unless
// the file is a symbolic link: then it may lead through them, as in a Kubernetes volume, where "..data" is swapped.
news file_changes::read_events() {
  std::error_code ignored;
  const bool is_link = std::filesystem::is_symlink(path_, ignored);
  auto found = news::none;
  alignas(inotify_event) std::array<char, 8192> buffer{};
  for (;;) {
    const auto length = ::read(inotify_, buffer.data(), buffer.size());
    if (length <= 0) return found;
    for (ssize_t offset = 0; offset < length;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + offset);
      offset += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      const bool is_ours = event->len > 0 && std::string_view(event->name) == name_;
      if ((event->mask & IN_Q_OVERFLOW) != 0) {
        found = news::perhaps;
      } else if ((event->mask & directory_gone) != 0) {
        if (event->wd != watched_) continue;  // the last event of a watch that was given up before
        ::inotify_rm_watch(inotify_, watched_);
        watched_ = -1;
        found = news::perhaps;
      } else if (is_ours || is_link) {
        const auto whole = is_ours ? into_place : IN_MOVED_TO;
        found = (event->mask & whole) != 0 ? news::whole : news::perhaps;
      }
    }
  }
}

}  // namespace drcon::file
