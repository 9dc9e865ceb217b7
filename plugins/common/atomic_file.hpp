// Replaces a file wholly or not at all, even across a crash.
//
// Thread rule: any; one writer a file.
#pragma once

#include "common/file_place.hpp"

#include <sys/types.h>

#include <optional>
#include <string>

namespace drcon::common {

/// The whole of a regular file. Nothing when it cannot be read, with `why` set unless it is simply not there.
std::optional<std::string> read_file(const std::string& path, std::string& why);

/// The same of a file that we write: no link is followed at its end, and what is no regular file is not read, since the
/// owner of the directory may have put anything there, a pipe that never ends included.
std::optional<std::string> read_file(const file_place& place, std::string& why);

/// Owner, group and mode of a file.
struct file_attributes {
  mode_t new_mode = 0644;      ///< of a file that is new; an existing one keeps its own
  std::optional<mode_t> mode;  ///< of any
  std::optional<uid_t> owner;  ///< likewise; an existing file keeps its own, if we have the right to give it away
  std::optional<gid_t> group;
};

/// A complete new file beside the one that it is to replace. It is removed unless it is put in place.
class candidate_file {
public:
  /// Writes it and makes it durable (fsync). See fault().
  candidate_file(const file_place& place, const std::string& text, const file_attributes& attributes);
  ~candidate_file();
  candidate_file(candidate_file&& other) noexcept;
  candidate_file& operator=(candidate_file&&) = delete;

  /// What went wrong when it was made, or empty.
  const std::string& fault() const { return fault_; }
  /// Its path.
  std::string name() const { return place_.beside(name_).path(); }
  /// Puts it in place by rename: after a power failure the old or the new content is there, whole; that it is the new
  /// one takes file_place::sync_directory. What went wrong, or empty.
  std::string place();

private:
  file_place place_;
  std::string name_;  // in the directory of place_; empty: there is none any more
  std::string fault_;
};

/// Makes a candidate, puts it in place, and makes that durable: after a power failure the new content is there. Empty
/// when done, else what went wrong; then nothing has changed.
std::string replace_file(const file_place& place, const std::string& text, const file_attributes& attributes = {});
/// The same; a symbolic link is followed, and its target replaced.
std::string replace_file(const std::string& path, const std::string& text, const file_attributes& attributes = {});

}  // namespace drcon::common
