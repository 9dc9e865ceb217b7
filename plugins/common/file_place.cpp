#include "common/file_place.hpp"

#include "common/errno_text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <deque>

namespace drcon::common {
namespace {

constexpr int most_links = 40;  // as the kernel

std::shared_ptr<const int> held(int descriptor) {
  if (descriptor < 0) return {};
  return {new int(descriptor), [](const int* each) {
            ::close(*each);
            delete each;
          }};
}

// Puts the parts of a path before those that are still to be walked.
void put_before(std::deque<std::string>& rest, const std::string& path) {
  std::deque<std::string> parts;
  for (std::size_t begin = 0; begin < path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    if (auto part = path.substr(begin, end - begin); !part.empty() && part != ".") parts.push_back(std::move(part));
    begin = end + 1;
  }
  rest.insert(rest.begin(), parts.begin(), parts.end());
}

bool is_roots_or_ours(const struct stat& what) { return what.st_uid == 0 || what.st_uid == ::geteuid(); }

// Whether nobody but root can have made this link. In a directory with the sticky bit, such as /tmp, nobody can replace
// what belongs to somebody else.
bool may_follow(int directory, const struct stat& link) {
  if (::geteuid() != 0) return true;
  struct stat around {};
  if (::fstat(directory, &around) != 0 || !is_roots_or_ours(around) || !is_roots_or_ours(link)) return false;
  return (around.st_mode & (S_IWGRP | S_IWOTH)) == 0 || (around.st_mode & S_ISVTX) != 0;
}

// The path of a directory in another one, whose path has no links.
std::string inside(const std::string& directory, const std::string& part) {
  if (part != ".." || directory.empty() || directory.ends_with("../")) return directory + part + "/";
  return directory == "/" ? directory : directory.substr(0, directory.rfind('/', directory.size() - 2) + 1);
}

}  // namespace

file_place::file_place(const std::string& path, last_link end) {
  const auto open_directory = [this](int where, const char* name, int more) {
    directory_ = held(::openat(where, name, O_PATH | O_DIRECTORY | O_CLOEXEC | more));
    return directory_ != nullptr;
  };
  std::deque<std::string> rest;
  put_before(rest, path);
  directory_path_ = path.starts_with('/') ? "/" : "";
  if (!open_directory(AT_FDCWD, path.starts_with('/') ? "/" : ".", 0)) {
    fault_ = errno_text("cannot open the directory of", path);
    return;
  }
  for (int links = 0; !rest.empty();) {
    const auto part = std::move(rest.front());
    rest.pop_front();
    const auto so_far = directory_path_ + part;
    struct stat found {};
    const bool is_there = ::fstatat(*directory_, part.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
    if (!is_there && (errno != ENOENT || !rest.empty())) {
      fault_ = errno_text("cannot open", so_far);
      return;
    }
    const bool is_kept = rest.empty() && end == last_link::keep;
    if (is_there && S_ISLNK(found.st_mode) && !is_kept) {
      std::array<char, PATH_MAX> text{};
      const auto length = ::readlinkat(*directory_, part.c_str(), text.data(), text.size());
      if (length < 0 || ++links > most_links) {
        if (length >= 0) errno = ELOOP;
        fault_ = errno_text("cannot follow the link", so_far);
        return;
      }
      if (!may_follow(*directory_, found)) {
        fault_ = so_far +
                 " is a symbolic link that somebody other than root can have made, and root does not follow it, since "
                 "it could lead to any file; name the file itself, or let root alone own the link and its directory";
        return;
      }
      const std::string target(text.data(), static_cast<std::size_t>(length));
      put_before(rest, target);
      if (target.starts_with('/')) {
        directory_path_ = "/";
        open_directory(AT_FDCWD, "/", 0);
      }
      continue;
    }
    if (rest.empty() && part != "..") {
      name_ = part;
      return;
    }
    if (!open_directory(*directory_, part.c_str(), O_NOFOLLOW)) {
      fault_ = errno_text("cannot open", so_far);
      return;
    }
    directory_path_ = inside(directory_path_, part);
  }
  fault_ = path + " names a directory, not a file";
}

int file_place::directory() const { return *directory_; }

std::string file_place::path() const { return directory_path_ + name_; }

file_place file_place::beside(const std::string& name) const {
  file_place other;
  other.directory_ = directory_;
  other.directory_path_ = directory_path_;
  other.name_ = name;
  other.fault_ = fault_;
  return other;
}

void file_place::sync_directory() const {
  if (!directory_) return;
  const int directory = ::openat(*directory_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;
  ::fsync(directory);
  ::close(directory);
}

}  // namespace drcon::common
