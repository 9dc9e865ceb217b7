#include "config/file_text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace drcon::config {
namespace {

std::string reason(int error) { return std::string("cannot be read: ") + std::strerror(error); }

std::optional<std::string> read_all(int file, std::size_t limit, std::string& why) {
  struct stat about {};
  if (::fstat(file, &about) != 0) {
    why = reason(errno);
    return {};
  }
  if (!S_ISREG(about.st_mode)) {
    why = S_ISDIR(about.st_mode) ? "is a directory, not a file" : "is not a regular file";
    return {};
  }
  std::string text;
  std::array<char, 65536> part{};
  while (true) {
    const auto got = ::read(file, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      why = reason(errno);
      return {};
    }
    if (got == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) {
      why = "is larger than " + std::to_string(limit) + " bytes";
      return {};
    }
  }
}

}  // namespace

std::optional<std::string> read_file_text(const std::filesystem::path& file, std::size_t limit, std::string& why) {
  const auto& name = file.native();
  if (name.find('\0') != std::string::npos) {
    why = "is no name of a file: it has a NUL byte";
    return {};
  }
  const int descriptor = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not block the open
  if (descriptor < 0) {
    why = reason(errno);
    return {};
  }
  auto text = read_all(descriptor, limit, why);
  ::close(descriptor);
  return text;
}

}  // namespace drcon::config
