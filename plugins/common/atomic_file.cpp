#include "common/atomic_file.hpp"

#include "common/write_all.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace drcon::common {
namespace {

std::string describe(const std::string& what, const std::string& path) {
  return what + " " + path + ": " + std::strerror(errno);
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

std::string fill(int file, const std::string& name, const std::string& path, const std::string& text,
                 const file_attributes& with) {
  struct stat old {};
  const bool known = ::stat(path.c_str(), &old) == 0;
  constexpr auto keep = static_cast<uid_t>(-1);
  const auto owner = with.owner.value_or(known ? old.st_uid : keep);
  const auto group = with.group.value_or(known ? old.st_gid : keep);
  // Without the right to give files away the owner stays ours: the content matters more, unless it was asked for.
  const bool must = with.owner || with.group;
  if (::fchown(file, owner, group) != 0 && (must || errno != EPERM)) return describe("cannot set the owner of", name);
  if (::fchmod(file, with.mode.value_or(known ? old.st_mode & 07777U : with.new_mode)) != 0)
    return describe("cannot set the mode of", name);
  if (!write_all(file, text) || ::fsync(file) != 0) return describe("cannot write", name);
  return {};
}

}  // namespace

std::optional<std::string> read_file(const std::string& path, std::string& why) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    if (errno != ENOENT) why = describe("cannot read", path);
    return {};
  }
  std::string text;
  std::array<char, 16384> part{};
  ssize_t length = 0;
  while ((length = ::read(file, part.data(), part.size())) != 0) {
    if (length > 0) text.append(part.data(), static_cast<std::size_t>(length));
    else if (errno != EINTR) break;
  }
  if (length < 0) why = describe("cannot read", path);
  ::close(file);
  if (length < 0) return {};
  return text;
}

candidate_file::candidate_file(const std::string& path, const std::string& text, const file_attributes& attributes)
    : path_(resolved(path)) {
  const auto directory = directory_of(path_);
  auto name = directory + "/." + std::filesystem::path(path_).filename().string() + ".XXXXXX";
  const int file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) {
    fault_ = describe("cannot create a file in", directory);
    return;
  }
  name_ = name;
  fault_ = fill(file, name_, path_, text, attributes);
  ::close(file);
}

candidate_file::~candidate_file() {
  if (!name_.empty()) ::unlink(name_.c_str());
}

candidate_file::candidate_file(candidate_file&& other) noexcept
    : path_(std::move(other.path_)), name_(std::exchange(other.name_, {})), fault_(std::move(other.fault_)) {}

std::string candidate_file::place() {
  if (::rename(name_.c_str(), path_.c_str()) != 0) return describe("cannot put in place", path_);
  name_.clear();
  return {};
}

std::string replace_file(const std::string& path, const std::string& text, const file_attributes& attributes) {
  candidate_file candidate(path, text, attributes);
  if (!candidate.fault().empty()) return candidate.fault();
  auto fault = candidate.place();
  // The rename is in the directory, and a power failure could undo it until that is on the disk as well.
  if (fault.empty()) sync_directory_of(path);
  return fault;
}

void sync_directory_of(const std::string& path) {
  const int file = ::open(directory_of(resolved(path)).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

}  // namespace drcon::common
