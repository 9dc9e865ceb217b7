// A file that a sink writes: what it holds now, and how to take back a change that is not confirmed yet.
//
// Thread rule: owned by its user's thread; blocks it for file access.
#pragma once

#include "common/atomic_file.hpp"

#include <optional>
#include <string>

namespace drcon::common {

class managed_file {
public:
  managed_file(std::string path, file_attributes attributes);

  /// Reads the file. What went wrong, or empty; then live() is known.
  std::string look();

  /// Finds a change that a crash cut short: it is still to be confirmed, or to be taken back.
  void find_unfinished();

  /// Writes a new file beside it, to be checked before it is put in place.
  candidate_file prepare(const std::string& bytes) const { return {path_, bytes, attributes_}; }

  /// Puts what was prepared from `bytes` in place, with what was there before kept aside until settle(). What went
  /// wrong, or empty.
  std::string put(candidate_file& prepared, const std::string& bytes);
  /// prepare and put.
  std::string write(const std::string& bytes);

  /// Makes the last write survive a power failure as well: until then the old or the new content may come back, each
  /// whole.
  void make_durable() const;

  /// Puts the content from before the change back. What went wrong, or empty; then the change is over.
  std::string restore();

  /// The change is over: what was kept for taking it back goes, or, with `backup`, becomes PATH.bak.
  void settle(bool backup = false);

  /// A change was written and not yet confirmed.
  bool changing() const { return changing_; }

  /// The bytes as last seen; nothing: there is no file.
  const std::optional<std::string>& live() const { return live_; }

  const std::string& path() const { return path_; }

private:
  std::string aside() const;

  std::string path_;
  file_attributes attributes_;
  std::optional<std::string> live_;
  std::optional<std::string> previous_;  // what was there before the change under way; nothing: no file
  bool changing_ = false;
};

}  // namespace drcon::common
