#include "common/managed_file.hpp"

#include "common/errno_text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace drcon::common {
namespace {

void remove(const file_place& place) {
  if (place.fault().empty()) ::unlinkat(place.directory(), place.name().c_str(), 0);
}

// A copy of a file under another name: with its owner, group and mode, or else for us alone. What the file does not
// show to everybody, its copy must not show either.
std::string copy_file(const file_place& source, const std::string& text, const file_place& copy) {
  struct stat old {};
  if (::fstatat(source.directory(), source.name().c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0 &&
      replace_file(copy, text, {.mode = old.st_mode & 0777U, .owner = old.st_uid, .group = old.st_gid}).empty())
    return {};
  return replace_file(copy, text, {.mode = 0600});
}

}  // namespace

file_stamp stamp_of(const std::string& path) {
  struct stat now {};
  if (::stat(path.c_str(), &now) != 0) return {};
  return {.exists = true,
          .device = now.st_dev,
          .inode = now.st_ino,
          .size = now.st_size,
          .seconds = now.st_mtim.tv_sec,
          .nanoseconds = now.st_mtim.tv_nsec};
}

managed_file::managed_file(std::string path, file_attributes attributes)
    : path_(std::move(path)), attributes_(attributes) {}

// Its directory may have been replaced since the last look.
void managed_file::find_place() {
  place_ = file_place(path_);
  named_ = file_place(path_, file_place::last_link::keep);
}

std::string managed_file::lock(const std::string& owner, bool backup, unfinished_files* left_behind) {
  find_place();
  if (!place_.fault().empty()) return place_.fault();
  if (auto why = lock_.take(place_, owner, left_behind); !why.empty()) return why;
  return backup ? backup_lock_.take(previous_version(), owner) : std::string();
}

std::string managed_file::look() {
  std::string why;
  find_place();
  live_ = read_file(place_, why);
  return why;
}

void managed_file::find_unfinished() {
  std::string ignored;
  previous_ = read_file(aside(), ignored);
  changing_ = previous_.has_value();
  // keep_aside() leaves an empty one where there was no file.
  if (previous_ == "" && !read_file(emptiness(), ignored)) previous_.reset();
  owes_reload_ = read_file(owed(), ignored).has_value();
}

std::string managed_file::owe_reload() {
  owes_reload_ = true;
  return replace_file(owed(), {}, {.mode = 0600});
}

void managed_file::reloaded() {
  if (owes_reload_) remove(owed());
  owes_reload_ = false;
}

// Keeps what is there before a change, so that the change can be undone even when a crash comes before it was judged:
// the old file under another name, or, where there was none, an empty file that says so; and where that old file is
// empty, another one that says so. What went wrong, or empty.
std::string managed_file::keep_aside() {
  remove(aside());
  remove(emptiness());
  if (!previous_) return replace_file(aside(), {}, {.mode = 0600});
  if (previous_->empty())
    if (auto why = replace_file(emptiness(), {}, {.mode = 0600}); !why.empty()) return why;
  // A second name for the old file costs nothing; only where links are not possible it is copied.
  const bool linked =
      ::linkat(place_.directory(), place_.name().c_str(), named_.directory(), aside().name().c_str(), 0) == 0;
  return linked ? std::string() : copy_file(place_, *previous_, aside());
}

std::string managed_file::put(candidate_file& prepared, const std::string& bytes) {
  if (!changing_) {
    previous_ = live_;
    if (auto why = keep_aside(); !why.empty()) return why;
    changing_ = true;
  }
  if (auto why = prepared.place(); !why.empty()) return why;
  live_ = bytes;
  return {};
}

std::string managed_file::take_away() {
  if (!changing_) {
    previous_ = live_;
    if (auto why = keep_aside(); !why.empty()) return why;
    changing_ = true;
  }
  if (::unlinkat(place_.directory(), place_.name().c_str(), 0) != 0 && errno != ENOENT)
    return errno_text("cannot remove", path_);
  live_.reset();
  return {};
}

std::string managed_file::write(const std::string& bytes) {
  auto prepared = prepare(bytes);
  return prepared.fault().empty() ? put(prepared, bytes) : prepared.fault();
}

void managed_file::make_durable() const { place_.sync_directory(); }

bool managed_file::is_untouched() {
  // Before the file is read: a change in between shows the next time.
  const auto now = stamp_of(path_);
  if (untouched_ == now) return true;
  std::string why;
  find_place();
  if (read_file(place_, why) != live_ || !why.empty()) return false;
  untouched_ = now;
  return true;
}

// The old file itself, where it is kept aside: with its owner, group and mode, which a new one would not have where it
// was removed.
bool managed_file::put_back_aside() const {
  std::string ignored;
  if (read_file(aside(), ignored) != previous_) return false;
  if (::renameat(named_.directory(), aside().name().c_str(), place_.directory(), place_.name().c_str()) != 0)
    return false;
  place_.sync_directory();
  return true;
}

std::string managed_file::restore() {
  if (previous_) {
    if (!put_back_aside())
      if (auto fault = replace_file(place_, *previous_, attributes_); !fault.empty()) return fault;
  } else {
    remove(place_);
    make_durable();
  }
  live_ = previous_;
  settle();
  return {};
}

void managed_file::settle(bool backup) {
  if (backup && previous_)
    ::renameat(named_.directory(), aside().name().c_str(), named_.directory(), previous_version().name().c_str());
  remove(aside());
  remove(emptiness());
  changing_ = false;
}

}  // namespace drcon::common
