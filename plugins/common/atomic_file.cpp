#include "common/atomic_file.hpp"

#include "common/errno_text.hpp"
#include "common/kind_of_file.hpp"
#include "common/write_all.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace drcon::common {
namespace {

std::string fill(int file, const std::string& name, const file_place& place, const std::string& text,
                 const file_attributes& with) {
  struct stat old {};
  const bool known =
      ::fstatat(place.directory(), place.name().c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(old.st_mode);
  constexpr auto keep = static_cast<uid_t>(-1);
  const auto owner = with.owner.value_or(known ? old.st_uid : keep);
  const auto group = with.group.value_or(known ? old.st_gid : keep);
  // Without the right to give files away the owner stays ours: the content matters more, unless it was asked for.
  const bool must = with.owner || with.group;
  if (::fchown(file, owner, group) != 0 && (must || errno != EPERM)) return errno_text("cannot set the owner of", name);
  if (::fchmod(file, with.mode.value_or(known ? old.st_mode & 07777U : with.new_mode)) != 0)
    return errno_text("cannot set the mode of", name);
  if (!write_all(file, text) || ::fsync(file) != 0) return errno_text("cannot write", name);
  return {};
}

std::optional<std::string> read_all(int file, const std::string& path, std::string& why) {
  std::string text;
  std::array<char, 16384> part{};
  ssize_t length = 0;
  while ((length = ::read(file, part.data(), part.size())) != 0) {
    if (length > 0) text.append(part.data(), static_cast<std::size_t>(length));
    else if (errno != EINTR) break;
  }
  if (length < 0) why = errno_text("cannot read", path);
  ::close(file);
  if (length < 0) return {};
  return text;
}

// A new file, readable by its owner alone, with a name that nobody can foresee.
int make_file(const file_place& place, std::string& name) {
  constexpr int most_tries = 100;
  int file = -1;
  for (int i = 0; i < most_tries; ++i) {
    std::uint32_t random = 0;
    if (::getrandom(&random, sizeof random, 0) != sizeof random) return -1;
    std::array<char, 9> hex{};
    std::snprintf(hex.data(), hex.size(), "%08x", random);
    name = "." + place.name() + "." + hex.data();
    file = ::openat(place.directory(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file >= 0 || errno != EEXIST) break;
  }
  return file;
}

}  // namespace

std::optional<std::string> read_file(const std::string& path, std::string& why) {
  // Not to wait for the other end of a pipe, and not to read from a device that has no end.
  const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  struct stat info {};
  if (file >= 0 && ::fstat(file, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
    ::close(file);
    why = "cannot read " + path + ": it is " + kind_of_other_file(info.st_mode);
    return {};
  }
  if (file >= 0) return read_all(file, path, why);
  if (errno != ENOENT) why = errno_text("cannot read", path);
  return {};
}

std::optional<std::string> read_file(const file_place& place, std::string& why) {
  if (!place.fault().empty()) {
    why = place.fault();
    return {};
  }
  // Not to wait for the other end of a pipe.
  const int file = ::openat(place.directory(), place.name().c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) {
    if (errno != ENOENT) why = errno_text("cannot read", place.path());
    return {};
  }
  struct stat info {};
  if (::fstat(file, &info) == 0 && S_ISREG(info.st_mode)) return read_all(file, place.path(), why);
  ::close(file);
  why = "cannot read " + place.path() + ": it is " + kind_of_other_file(info.st_mode);
  return {};
}

candidate_file::candidate_file(const file_place& place, const std::string& text, const file_attributes& attributes)
    : place_(place), fault_(place.fault()) {
  if (!fault_.empty()) return;
  std::string name;
  const int file = make_file(place_, name);
  if (file < 0) {
    fault_ = errno_text("cannot create a file beside", place_.path());
    return;
  }
  name_ = name;
  fault_ = fill(file, this->name(), place_, text, attributes);
  ::close(file);
}

candidate_file::~candidate_file() {
  if (!name_.empty()) ::unlinkat(place_.directory(), name_.c_str(), 0);
}

candidate_file::candidate_file(candidate_file&& other) noexcept
    : place_(std::move(other.place_)), name_(std::exchange(other.name_, {})), fault_(std::move(other.fault_)) {}

std::string candidate_file::place() {
  if (::renameat(place_.directory(), name_.c_str(), place_.directory(), place_.name().c_str()) != 0)
    return errno_text("cannot put in place", place_.path());
  name_.clear();
  return {};
}

std::string replace_file(const file_place& place, const std::string& text, const file_attributes& attributes) {
  candidate_file candidate(place, text, attributes);
  if (!candidate.fault().empty()) return candidate.fault();
  auto fault = candidate.place();
  // The rename is in the directory, and a power failure could undo it until that is on the disk as well.
  if (fault.empty()) place.sync_directory();
  return fault;
}

std::string replace_file(const std::string& path, const std::string& text, const file_attributes& attributes) {
  return replace_file(file_place(path), text, attributes);
}

}  // namespace drcon::common
