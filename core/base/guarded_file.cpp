#include "base/guarded_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace drcon::base {
namespace {

namespace fs = std::filesystem;

constexpr auto no_link = "it is a link, or a file with a second name, in a directory that another user may write";

// A path without a directory is one of the current directory.
fs::path directory_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

// A sticky directory such as /tmp keeps others from removing files, and not from making links.
bool another_may_write(const fs::path& directory) {
  struct stat there {};
  if (::stat(directory.c_str(), &there) != 0) return true;
  return there.st_uid != ::geteuid() || (there.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

}  // namespace

int create_fresh(const fs::path& path) {
  // Whoever puts something there again and again costs an error, and nothing else.
  constexpr int attempts = 3;
  int file = -1;
  for (int i = 0; i < attempts && file < 0; ++i) {
    ::unlink(path.c_str());
    file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0 && errno != EEXIST) break;
  }
  return file;
}

bool give_to_owner_of_directory(int file, const fs::path& path) {
  struct stat directory {};
  if (::geteuid() != 0 || ::stat(directory_of(path).c_str(), &directory) != 0 || directory.st_uid == 0) return true;
  return ::fchown(file, directory.st_uid, directory.st_gid) == 0;
}

result<std::string> read_plain_file(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return failure{errno == ELOOP ? "it is a link" : std::strerror(errno)};
  struct stat there {};
  std::string text;
  std::array<char, 65536> part{};
  ssize_t count = -1;
  const bool is_plain = ::fstat(file, &there) == 0 && S_ISREG(there.st_mode);
  if (is_plain)
    while ((count = ::read(file, part.data(), part.size())) > 0 || (count < 0 && errno == EINTR))
      if (count > 0) text.append(part.data(), static_cast<std::size_t>(count));
  const int error = errno;
  ::close(file);
  if (!is_plain) return failure{"it is no plain file"};
  if (count < 0) return failure{std::strerror(error)};
  return text;
}

result<int> open_to_append(const fs::path& path) {
  const bool guarded = ::geteuid() == 0 && another_may_write(directory_of(path));
  const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | (guarded ? O_NOFOLLOW : 0);
  const int file = ::open(path.c_str(), flags, 0666);
  if (file < 0) return failure{errno == ELOOP && guarded ? no_link : std::strerror(errno)};
  struct stat there {};
  if (!guarded || (::fstat(file, &there) == 0 && there.st_nlink == 1)) return file;
  ::close(file);
  return failure{no_link};
}

}  // namespace drcon::base
