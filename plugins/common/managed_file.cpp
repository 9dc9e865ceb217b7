#include "common/managed_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

namespace drcon::common {

managed_file::managed_file(std::string path, file_attributes attributes)
    : path_(std::move(path)), attributes_(attributes) {}

std::string managed_file::aside() const {
  const std::filesystem::path file(path_);
  // Hidden and without the usual ending, so that no include pattern takes it for a configuration.
  return (file.parent_path() / ("." + file.filename().string() + ".previous")).string();
}

std::string managed_file::look() {
  std::string why;
  live_ = read_file(path_, why);
  return why;
}

void managed_file::find_unfinished() {
  std::string ignored;
  previous_ = read_file(aside(), ignored);
  changing_ = previous_.has_value();
  if (previous_ == "") previous_.reset();  // write() leaves an empty one where there was no file
}

std::string managed_file::put(candidate_file& prepared, const std::string& bytes) {
  if (!changing_) {
    previous_ = live_;
    changing_ = true;
    // A second name for the old file costs nothing; only where links are not possible it is copied. Where there was
    // no file an empty one says so, so that a crash before the new one has been judged can be undone too.
    ::unlink(aside().c_str());
    const bool linked =
        previous_ && ::linkat(AT_FDCWD, path_.c_str(), AT_FDCWD, aside().c_str(), AT_SYMLINK_FOLLOW) == 0;
    if (!linked)
      if (auto why = replace_file(aside(), previous_.value_or(std::string())); !why.empty()) return why;
  }
  if (auto why = prepared.place(); !why.empty()) return why;
  live_ = bytes;
  return {};
}

std::string managed_file::write(const std::string& bytes) {
  auto prepared = prepare(bytes);
  return prepared.fault().empty() ? put(prepared, bytes) : prepared.fault();
}

void managed_file::make_durable() const { sync_directory_of(path_); }

std::string managed_file::restore() {
  if (previous_) {
    if (auto fault = replace_file(path_, *previous_, attributes_); !fault.empty()) return fault;
  } else {
    ::unlink(path_.c_str());
    make_durable();
  }
  live_ = previous_;
  settle();
  return {};
}

void managed_file::settle(bool backup) {
  if (backup && previous_) ::rename(aside().c_str(), (path_ + ".bak").c_str());
  else ::unlink(aside().c_str());
  changing_ = false;
}

}  // namespace drcon::common
