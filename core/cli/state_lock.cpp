#include "cli/state_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

namespace drcon::cli {

base::result<state_lock> state_lock::take(const std::filesystem::path& directory) {
  if (directory.empty()) return state_lock(-1);
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const auto path = directory / "lock";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return state_lock(-1);
  state_lock held(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return state_lock(-1);
    std::string pid;
    std::getline(std::ifstream(path), pid);
    return base::failure{"the state directory " + directory.string() + " is in use by another drcon" +
                         (pid.empty() ? "" : ", process " + pid)};
  }
  const auto pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file, 0) == 0) (void)!::write(file, pid.data(), pid.size());  // only the message would lack it
  return held;
}

state_lock::~state_lock() {
  if (file_ >= 0) ::close(file_);
}

state_lock::state_lock(state_lock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

}  // namespace drcon::cli
