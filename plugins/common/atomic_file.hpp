// Replaces a file wholly or not at all, even across a crash.
//
// Thread rule: any; one writer a file.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace drcon::common {

/// The whole of a file. Nothing when it cannot be read, with `why` set unless it is simply not there.
std::optional<std::string> read_file(const std::string& path, std::string& why);

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
  /// Writes it and makes it durable (fsync). See fault(). A symbolic link at `path` is followed: its target is
  /// replaced.
  candidate_file(const std::string& path, const std::string& text, const file_attributes& attributes);
  ~candidate_file();
  candidate_file(candidate_file&& other) noexcept;
  candidate_file& operator=(candidate_file&&) = delete;

  /// What went wrong when it was made, or empty.
  const std::string& fault() const { return fault_; }
  const std::string& name() const { return name_; }
  /// Puts it in place by rename: after a power failure the old or the new content is there, whole; that it is the new
  /// one takes sync_directory_of. What went wrong, or empty.
  std::string place();

private:
  std::string path_;
  std::string name_;  // empty: there is none any more
  std::string fault_;
};

/// Makes a candidate, puts it in place, and makes that durable: after a power failure the new content is there. Empty
/// when done, else what went wrong; then nothing has changed.
std::string replace_file(const std::string& path, const std::string& text, const file_attributes& attributes = {});

/// Makes a rename or a removal in the directory of `path` durable. Best effort: some file systems cannot.
void sync_directory_of(const std::string& path);

}  // namespace drcon::common
