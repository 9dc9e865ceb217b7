#include "common/target_lock.hpp"

#include "common/errno_text.hpp"
#include "common/file_rights.hpp"
#include "common/write_all.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>
#include <vector>

namespace drcon::common {
namespace {

// Each try is lost only to somebody who releases or takes the lock in the same moment.
constexpr int most_tries = 10;

// Whoever may make files in the directory may take the lock, and nobody else, for a reader could hold it for ever.
void share_as_directory(int file, int directory) {
  struct stat around {};
  if (::fstat(directory, &around) != 0) return;
  // Without the right to give it away it stays ours: others then cannot take it while it is there.
  const bool given =
      ::fchown(file, around.st_uid, around.st_gid) == 0 || ::fchown(file, static_cast<uid_t>(-1), around.st_gid) == 0;
  const mode_t writers = around.st_mode & (S_IWGRP | S_IWOTH);
  ::fchmod(file, given ? 0600 | writers | writers << 1U : 0600);
}

// For reading: one that is open for writing would keep its file system from being remounted read-only.
int open_lock(const file_place& lock) {
  for (int i = 0; i < most_tries; ++i) {
    constexpr int how = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int file = ::openat(lock.directory(), lock.name().c_str(), how);
    if (file >= 0 || errno != ENOENT) return file;
    file = ::openat(lock.directory(), lock.name().c_str(), how | O_CREAT | O_EXCL, 0600);
    if (file >= 0) share_as_directory(file, lock.directory());
    if (file >= 0 || errno != EEXIST) return file;
  }
  return -1;
}

// The first thing that a sink does in its target's directory: so this is where missing rights show.
std::string no_lock(const file_place& lock) {
  const int error = errno;
  auto why = errno_text("cannot open the lock file", lock.path());
  if (error == EACCES || error == EPERM)
    why += "; the user that drcon runs as must be allowed to write in that directory";
  if (error == EACCES || error == EPERM || error == EROFS)
    why += "; of the service this is a matter of a drop-in, such as those in /usr/share/doc/drcon/examples/systemd";
  return why;
}

// Whoever may write to the directory may have put another file there, by a second name: it would be emptied.
bool is_file_of_its_own(int file) {
  struct stat found {};
  return ::fstat(file, &found) == 0 && S_ISREG(found.st_mode) && found.st_nlink == 1;
}

// For the messages of others: it does not matter when the disk is full.
void write_holder(const file_place& lock, const std::string& text) {
  const int file = ::openat(lock.directory(), lock.name().c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return;
  // Another one may have that name by now.
  if (is_file_of_its_own(file) && ::ftruncate(file, 0) == 0) write_all(file, text);
  ::close(file);
}

// "pid 123, sink 'edge'", as the holder wrote it.
std::string holder_of(int file) {
  std::array<char, 200> text{};
  const auto length = ::pread(file, text.data(), text.size(), 0);
  std::string line(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  line = line.substr(0, line.find('\n'));
  std::ranges::replace_if(
      line, [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
  return line.empty() ? "another process" : line;
}

// An abstract name and its length.
struct abstract_name {
  sockaddr_un address{};
  socklen_t size = 0;
};

// Its first byte stays 0. Names after the first are for those who find that one taken by somebody who may not.
abstract_name abstract_name_of(const std::string& name, int attempt) {
  abstract_name made;
  made.address.sun_family = AF_UNIX;
  const auto text = attempt == 0 ? name : name + "#" + std::to_string(attempt + 1);
  const auto length = std::min(text.size(), sizeof made.address.sun_path - 1);
  std::copy_n(text.begin(), length, made.address.sun_path + 1);
  made.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + length);
  return made;
}

// What the kernel knows of who listens on a socket.
struct listener {
  ucred who{};
  std::vector<gid_t> groups;
};

// Nothing when that cannot be asked; then `is_free` says whether nobody listens there.
std::optional<listener> listener_of(const abstract_name& name, bool& is_free) {
  is_free = false;
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (probe < 0) return {};
  std::optional<listener> found;
  if (::connect(probe, reinterpret_cast<const sockaddr*>(&name.address), name.size) != 0) {
    is_free = errno == ECONNREFUSED;
  } else {
    listener other;
    socklen_t size = sizeof other.who;
    if (::getsockopt(probe, SOL_SOCKET, SO_PEERCRED, &other.who, &size) == 0) {
      std::array<gid_t, 1024> groups{};
      size = sizeof groups;
      if (::getsockopt(probe, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0)
        other.groups.assign(groups.begin(), groups.begin() + size / sizeof(gid_t));
      other.groups.push_back(other.who.gid);
      found = std::move(other);
    }
  }
  ::close(probe);
  return found;
}

bool may_write(const listener& who, const struct stat& target) {
  return allows(target, who.who.uid, who.groups, S_IWOTH);
}

// Why whoever listens there keeps others out. Empty when it may not write to `target`, and so keeps nobody out.
std::string why_held(const std::optional<listener>& other, const std::optional<struct stat>& target) {
  if (!other) return "is held by another process";
  if (!target || may_write(*other, *target)) return "is held by pid " + std::to_string(other->who.pid);
  return {};
}

}  // namespace

file_lock::file_lock(file_lock&& other) noexcept
    : place_(std::move(other.place_)), file_(std::exchange(other.file_, -1)) {}

// The lock is worth something only while others find the same file by that name.
bool file_lock::holds(const file_place& lock) const {
  struct stat ours {};
  struct stat named {};
  return file_ >= 0 && ::fstat(file_, &ours) == 0 &&
         ::fstatat(lock.directory(), lock.name().c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

std::string file_lock::take(const file_place& target, const std::string& owner, unfinished_files* left_behind) {
  const auto lock = target.beside("." + target.name() + ".lock");
  if (holds(lock)) return {};
  release();
  for (int i = 0; i < most_tries; ++i) {
    file_ = open_lock(lock);
    if (file_ < 0) return no_lock(lock);
    if (!is_file_of_its_own(file_) && holds(lock)) {
      ::close(std::exchange(file_, -1));
      return "cannot take the lock: " + lock.path() +
             " is no file of its own, but something else or a file with a second name; remove it";
    }
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
      const auto why = errno == EWOULDBLOCK
                           ? target.path() + " is written by " + holder_of(file_) + ", which holds the lock " +
                                 lock.path() + "; this sink writes it once that one has ended"
                           : errno_text("cannot lock", lock.path());
      ::close(std::exchange(file_, -1));
      return why;
    }
    // A holder that has ended removed the name: then this is a lock that nobody else would find.
    if (holds(lock)) {
      place_ = lock;
      write_holder(lock, "pid " + std::to_string(::getpid()) + ", sink '" + owner + "'\n");
      unfinished_files alone;
      (left_behind == nullptr ? alone : *left_behind).remove(target);
      return {};
    }
    ::close(std::exchange(file_, -1));
  }
  return "cannot take the lock " + lock.path() + ": it is replaced again and again";
}

void file_lock::release() {
  if (file_ < 0) return;
  // While it is held nobody else can have taken this name.
  if (holds(*place_)) ::unlinkat(place_->directory(), place_->name().c_str(), 0);
  ::close(std::exchange(file_, -1));
}

name_lock::name_lock(name_lock&& other) noexcept
    : name_(std::move(other.name_)), socket_(std::exchange(other.socket_, -1)) {}

std::string name_lock::take(const std::string& name, const std::optional<struct stat>& target) {
  if (socket_ >= 0 && name == name_) {
    // Those who asked who holds it wait in the queue, which must not become full.
    for (int other = 0; (other = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) ::close(other);
    return {};
  }
  release();
  for (int i = 0; i < most_tries; ++i) {
    const auto tried = abstract_name_of(name, i);
    socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ >= 0 && ::bind(socket_, reinterpret_cast<const sockaddr*>(&tried.address), tried.size) == 0 &&
        ::listen(socket_, 128) == 0) {
      name_ = name;
      return {};
    }
    const int error = socket_ < 0 ? errno : EADDRINUSE;
    release();
    errno = error;
    if (error != EADDRINUSE) return errno_text("cannot take the lock", name);
    bool is_free = false;
    const auto other = listener_of(tried, is_free);
    if (auto why = why_held(other, target); !why.empty()) return why;
  }
  return {};  // all names are taken by some who may not: they cannot keep us out, and nobody can be kept out either
}

std::string name_lock::holder(const std::string& name, const std::optional<struct stat>& target) {
  for (int i = 0; i < most_tries; ++i) {
    bool is_free = false;
    const auto other = listener_of(abstract_name_of(name, i), is_free);
    if (is_free) return {};
    if (auto why = why_held(other, target); !why.empty()) return why;
  }
  return {};
}

void name_lock::release() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  name_.clear();
}

}  // namespace drcon::common
