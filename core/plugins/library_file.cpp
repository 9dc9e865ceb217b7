#include "plugins/library_file.hpp"

#include "plugins/elf_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace drcon::plugins {
namespace {

namespace fs = std::filesystem;

constexpr mode_t by_others = S_IWGRP | S_IWOTH;

// Whoever owns a directory above the file, or may write to it, can put another file in its place, and with it other
// libraries that this one looks for beside itself. In a sticky directory only an entry's owner can. When all of them
// are root's, nobody else can.
possible_fault fault_of_ancestors(const fs::path& file) {
  for (auto directory = file.parent_path();; directory = directory.parent_path()) {
    struct stat info {};
    const auto name = directory.string();
    if (::lstat(name.c_str(), &info) != 0)
      return library_fault{"is not loaded by root: " + name + " cannot be looked at: " + std::strerror(errno),
                           "see who may enter it"};
    if (info.st_uid != 0)
      return library_fault{
          "is not loaded by root: its directory " + name + " belongs to user " + std::to_string(info.st_uid),
          "put the plugin into a directory that belongs to root, as all above it do"};
    if (!S_ISDIR(info.st_mode) || ((info.st_mode & by_others) != 0 && (info.st_mode & S_ISVTX) == 0))
      return library_fault{"is not loaded by root: others than its owner may write to its directory " + name,
                           "chmod go-w " + name};
    if (directory == directory.parent_path()) return {};
  }
}

}  // namespace

base::result<library_file, library_fault> library_file::open(const fs::path& given) {
  std::error_code error;
  auto name = fs::canonical(given, error);
  if (error)
    return library_fault{"cannot be found: " + error.message(),
                         "see that it is there, and who may enter its directory"};
  constexpr auto no_file = "is not a regular file";
  // A FIFO or a device would block an open, or do what opening it does. Without following a link: a name that was a
  // file when it was made canonical, and is a link now, was changed by somebody in between.
  if (!fs::is_regular_file(name, error)) return library_fault{no_file, "a plugin is one file, NAME.so"};
  const int first = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  // Out of the way of the descriptors that a plugin's process is started with.
  const int descriptor = first < 0 ? first : ::fcntl(first, F_DUPFD_CLOEXEC, 10);
  if (first >= 0) ::close(first);
  if (descriptor < 0)
    return library_fault{std::string("cannot be read: ") + std::strerror(errno), "see who may read it"};
  library_file file(descriptor, std::move(name));
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode))
    return library_fault{no_file, "a plugin is one file, NAME.so"};
  if (auto refused = file.fault_of_permissions()) return *std::move(refused);
  return file;
}

library_file library_file::checked_before(int descriptor, fs::path name) { return {descriptor, std::move(name)}; }

library_file::library_file(library_file&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), kept_(other.kept_), name_(std::move(other.name_)) {}

library_file::~library_file() {
  if (descriptor_ >= 0 && !kept_) ::close(descriptor_);
}

// Permissions that would let another user run code as root.
possible_fault library_file::fault_of_permissions() const {
  if (::geteuid() != 0) return {};
  struct stat info {};
  if (::fstat(descriptor_, &info) != 0)
    return library_fault{std::string("cannot be looked at: ") + std::strerror(errno),
                         "see who may enter its directory"};
  const auto remedy = "chown root: " + name_.string() + " && chmod go-w " + name_.string();
  if (info.st_uid != 0)
    return library_fault{"is not loaded by root: it belongs to user " + std::to_string(info.st_uid), remedy};
  if ((info.st_mode & by_others) != 0)
    return library_fault{"is not loaded by root: others than its owner may write to it", remedy};
  return fault_of_ancestors(name_);
}

std::string library_file::name_for_loader() const {
  // Not /proc/self: debuggers and the symbolizers of sanitizers, which are other processes, are given this name too.
  auto by_descriptor = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(descriptor_);
  if (::access(by_descriptor.c_str(), R_OK) != 0 || looks_beside_itself(descriptor_)) return name_.string();
  return by_descriptor;
}

}  // namespace drcon::plugins
