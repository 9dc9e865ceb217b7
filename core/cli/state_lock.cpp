#include "cli/state_lock.hpp"

#include "base/guarded_file.hpp"
#include "log/log.hpp"

#include <drcon/detail/file_lock.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

namespace drcon::cli {

namespace {

namespace fs = std::filesystem;

// Makes the lock file so that the service can open it as well, whoever takes the lock first: `sudo drcon once` may. -1
// with errno set if it is there already, or cannot be made.
int make(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return -1;
  struct stat directory {};
  const bool is_anothers = ::stat(path.parent_path().c_str(), &directory) == 0 && directory.st_uid != ::geteuid();
  // Only root can give the file away. To lock it, it is enough that the owner of the directory can read it.
  if (is_anothers && (::geteuid() != 0 || !base::give_to_owner_of_directory(file, path))) ::fchmod(file, 0644);
  return file;
}

// Opens it as far as it can be opened: a lock needs no permission to write.
int open_there(const fs::path& path) {
  constexpr int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const int file = ::open(path.c_str(), O_RDWR | flags);
  return file >= 0 || (errno != EACCES && errno != EROFS) ? file : ::open(path.c_str(), O_RDONLY | flags);
}

base::failure cannot_open(const fs::path& path, const std::string& why, uid_t owner) {
  return base::failure{"cannot open " + path.string() + ": " + why + "; it belongs to uid " + std::to_string(owner) +
                       ", and this process runs as uid " + std::to_string(::geteuid()) +
                       ": without it nobody knows whether another drcon uses this state directory; remove the file if "
                       "none does"};
}

void write_pid(int file) {
  const auto pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file, 0) == 0) (void)!::write(file, pid.data(), pid.size());  // only the message would lack it
}

std::string read_pid(const fs::path& path) {
  const auto text = base::read_plain_file(path);
  return text ? text->substr(0, text->find('\n')) : std::string();
}

// What whoever held the lock before was writing when it was killed. A pipeline that there is still replaces its own;
// that of one that is gone would stay for ever.
void remove_unfinished(const fs::path& directory) {
  struct stat around {};
  if (::stat(directory.c_str(), &around) != 0) return;
  std::error_code error;
  for (fs::directory_iterator each(directory, error), end; !error && each != end; each.increment(error)) {
    const auto name = each->path().filename().string();
    if (!name.ends_with(".state.new") && !name.ends_with(".paused.new")) continue;
    struct stat found {};
    const bool is_ours = ::lstat(each->path().c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
                         (found.st_uid == ::geteuid() || found.st_uid == around.st_uid);
    if (is_ours) ::unlink(each->path().c_str());
  }
}

}  // namespace

base::result<state_lock> state_lock::take(const fs::path& directory) {
  if (directory.empty()) return state_lock(-1);
  std::error_code error;
  fs::create_directories(directory, error);
  const auto path = directory / "lock";
  int file = make(path);
  const int why_not_made = errno;
  if (file < 0) file = open_there(path);
  const int why_not_opened = errno;
  struct stat there {};
  if (file < 0) {
    if (::lstat(path.c_str(), &there) == 0) {
      const bool is_link = S_ISLNK(there.st_mode);
      return cannot_open(path, is_link ? "it is a link" : std::strerror(why_not_opened), there.st_uid);
    }
    log::warning(base::subject_kind::state, "cannot create {}: {}; the state directory is not locked", path.string(),
                 std::strerror(why_not_made));
    return state_lock(-1);
  }
  state_lock held(file);
  // The owner of the directory may have linked any file of the system, which root must not write.
  if (::fstat(file, &there) != 0 || !S_ISREG(there.st_mode) || there.st_nlink != 1)
    return cannot_open(path, "it is no file of its own", there.st_uid);
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) {
    write_pid(file);
    remove_unfinished(directory);
    return held;
  }
  if (errno != EWOULDBLOCK) {
    log::warning(base::subject_kind::state, "cannot lock {}: {}; the state directory is not locked", path.string(),
                 std::strerror(errno));
    return state_lock(-1);
  }
  const auto pid = read_pid(path);
  return base::failure{"the state directory " + directory.string() + " is in use by another drcon" +
                       (pid.empty() ? "" : ", process " + pid) +
                       ": stop that one, or set another [host] state_directory"};
}

pid_t state_lock::holder(const fs::path& directory) {
  if (directory.empty()) return 0;
  return detail::lock_holder(AT_FDCWD, (directory / "lock").string()).value_or(0);
}

state_lock::~state_lock() {
  if (file_ >= 0) ::close(file_);
}

state_lock::state_lock(state_lock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

}  // namespace drcon::cli
