#include "config/file_text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace drcon::config {
namespace {

read_fault unreadable(int error) { return {std::string("cannot be read: ") + std::strerror(error), true}; }

base::result<std::string, read_fault> read_all(int file, std::size_t limit) {
  struct stat about {};
  if (::fstat(file, &about) != 0) return unreadable(errno);
  if (S_ISDIR(about.st_mode)) return read_fault{"is a directory, not a file"};
  if (!S_ISREG(about.st_mode)) return read_fault{"is not a regular file"};
  std::string text;
  std::array<char, 65536> part{};
  while (true) {
    const auto got = ::read(file, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(errno);
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) return read_fault{"is larger than " + std::to_string(limit) + " bytes"};
  }
}

}  // namespace

base::result<std::string, read_fault> read_file_text(const std::filesystem::path& file, std::size_t limit) {
  const auto& name = file.native();
  if (name.find('\0') != std::string::npos) return read_fault{"is no name of a file: it has a NUL byte"};
  const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not block the open
  if (descriptor < 0) return unreadable(errno);
  auto text = read_all(descriptor, limit);
  ::close(descriptor);
  return text;
}

}  // namespace drcon::config
