#include "common/atomic_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace drcon::common {
namespace {

std::string fault(const std::string& what, const std::string& path) {
  return what + " " + path + ": " + std::strerror(errno);
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(file, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string directory_of(const std::string& path) {
  auto directory = std::filesystem::path(path).parent_path().string();
  return directory.empty() ? "." : directory;
}

// The file a link points to, so that the link stays a link.
std::string resolved(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_symlink(path, error)) return path;
  const auto target = std::filesystem::weakly_canonical(path, error);
  return error ? path : target.string();
}

std::string fill(int file, const std::string& name, const std::string& path, const std::string& text, mode_t mode) {
  struct stat old {};
  const bool known = ::stat(path.c_str(), &old) == 0;
  if (::fchmod(file, known ? old.st_mode & 07777U : mode) != 0) return fault("cannot set the mode of", name);
  // Without the right to give files away the owner stays ours: the content matters more.
  if (known && ::fchown(file, old.st_uid, old.st_gid) != 0 && errno != EPERM)
    return fault("cannot set the owner of", name);
  if (!write_all(file, text) || ::fsync(file) != 0) return fault("cannot write", name);
  return {};
}

}  // namespace

std::optional<std::string> read_file(const std::string& path, std::string& why) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno != ENOENT) why = fault("cannot read", path);
    return {};
  }
  std::string text;
  std::array<char, 16384> part{};
  ssize_t length = 0;
  while ((length = ::read(file, part.data(), part.size())) != 0) {
    if (length > 0) text.append(part.data(), static_cast<std::size_t>(length));
    else if (errno != EINTR) break;
  }
  if (length < 0) why = fault("cannot read", path);
  ::close(file);
  if (length < 0) return {};
  return text;
}

std::string replace_file(const std::string& given, const std::string& text, mode_t mode) {
  const auto path = resolved(given);
  const auto directory = directory_of(path);
  auto name = directory + "/." + std::filesystem::path(path).filename().string() + ".XXXXXX";
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return fault("cannot create a file in", directory);
  auto why = fill(file, name, path, text, mode);
  ::close(file);
  if (why.empty() && ::rename(name.c_str(), path.c_str()) != 0) why = fault("cannot put in place", path);
  if (!why.empty()) ::unlink(name.c_str());
  return why;
}

void sync_directory_of(const std::string& path) {
  const int file = ::open(directory_of(resolved(path)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace drcon::common
