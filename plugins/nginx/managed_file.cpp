#include "nginx/managed_file.hpp"

#include "common/atomic_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

namespace drcon::nginx {

managed_file::managed_file(std::string path, mode_t mode) : path_(std::move(path)), mode_(mode) {}

std::string managed_file::aside() const {
  const std::filesystem::path file(path_);
  // Hidden and without the usual ending, so that no include pattern takes it for a configuration.
  return (file.parent_path() / ("." + file.filename().string() + ".previous")).string();
}

std::string managed_file::look() {
  std::string why;
  live_ = common::read_file(path_, why);
  return why;
}

void managed_file::find_unfinished() {
  std::string ignored;
  previous_ = common::read_file(aside(), ignored);
  changing_ = previous_.has_value();
  if (previous_ == "") previous_.reset();  // write() leaves an empty one where there was no file
}

std::string managed_file::write(const std::string& bytes) {
  if (!changing_) {
    previous_ = live_;
    changing_ = true;
    // A second name for the old file costs nothing; only where links are not possible it is copied. Where there was
    // no file an empty one says so, so that a crash before nginx has judged the new one can be undone too.
    ::unlink(aside().c_str());
    const bool linked =
        previous_ && ::linkat(AT_FDCWD, path_.c_str(), AT_FDCWD, aside().c_str(), AT_SYMLINK_FOLLOW) == 0;
    if (!linked)
      if (auto why = common::replace_file(aside(), previous_.value_or(std::string())); !why.empty()) return why;
  }
  if (auto why = common::replace_file(path_, bytes, mode_); !why.empty()) return why;
  live_ = bytes;
  return {};
}

void managed_file::make_durable() const { common::sync_directory_of(path_); }

std::string managed_file::restore() {
  if (previous_) {
    if (auto fault = common::replace_file(path_, *previous_, mode_); !fault.empty()) return fault;
  } else {
    ::unlink(path_.c_str());
  }
  make_durable();
  live_ = previous_;
  settle();
  return {};
}

void managed_file::settle() {
  ::unlink(aside().c_str());
  changing_ = false;
}

}  // namespace drcon::nginx
