// A file that a sink writes: what it holds now, and how to take back a change that is not confirmed yet.
//
// Thread rule: owned by its user's thread; blocks it for file access.
#pragma once

#include "common/atomic_file.hpp"
#include "common/target_lock.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace drcon::common {

/// What shows that a file was replaced or written to.
struct file_stamp {
  bool exists = false;
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t seconds = 0;  ///< of its last modification
  long nanoseconds = 0;

  bool operator==(const file_stamp&) const = default;
};

/// Of what is there now. All that cannot be looked at has the same stamp.
file_stamp stamp_of(const std::string& path);

class managed_file {
public:
  managed_file(std::string path, file_attributes attributes);

  /// Makes sure that nobody else writes this file while this object lives; `owner` names the sink for those who are
  /// kept out. Why that is not so, or empty. To be called before each change: it costs little when the lock is held
  /// already. With `backup` of PATH.bak as well, which settle() replaces. `left_behind` as file_lock has it.
  std::string lock(const std::string& owner, bool backup = false, unfinished_files* left_behind = nullptr);

  /// Reads the file. What went wrong, or empty; then live() is known.
  std::string look();

  /// Finds what an earlier run left: a change that a crash cut short, which is still to be confirmed or to be taken
  /// back, and a reload that is owed.
  void find_unfinished();

  /// Writes a new file beside it, to be checked before it is put in place.
  candidate_file prepare(const std::string& bytes) const { return {place_, bytes, attributes_}; }

  /// Puts what was prepared from `bytes` in place, with what was there before kept aside until settle(). What went
  /// wrong, or empty.
  std::string put(candidate_file& prepared, const std::string& bytes);
  /// Removes the file, with what was there kept aside until settle(). What went wrong, or empty.
  std::string take_away();
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

  /// Notes, on the disk too, that nobody knows which content the program that reads this file has loaded: it is to be
  /// reloaded, though the file may be as desired. What went wrong with the note on the disk, or empty.
  std::string owe_reload();

  /// The program was reloaded with success.
  void reloaded();

  /// A reload is owed, by this run or an earlier one.
  bool owes_reload() const { return owes_reload_; }

  /// There was a file before the change that is not yet confirmed.
  bool replaces() const { return changing_ && previous_.has_value(); }

  /// The bytes as last seen; nothing: there is no file.
  const std::optional<std::string>& live() const { return live_; }

  /// Whether the file still holds live(). Costs a stat(2), and reads the file only when that shows a change: cheap
  /// enough to be asked each second.
  bool is_untouched();

  const std::string& path() const { return path_; }

  /// Where a sink may keep something of its own beside the file, hidden like the rest: `.NAME` with that ending. Only
  /// while it holds the lock. After look().
  file_place beside(const std::string& ending) const { return named_.beside("." + named_.name() + ending); }

private:
  void find_place();
  // Beside the path as it was given, hidden and without the usual ending, so that no include pattern takes them for a
  // configuration.
  file_place aside() const { return named_.beside("." + named_.name() + ".previous"); }
  file_place emptiness() const { return named_.beside("." + named_.name() + ".was-empty"); }
  file_place owed() const { return named_.beside("." + named_.name() + ".reload-owed"); }
  file_place previous_version() const { return named_.beside(named_.name() + ".bak"); }
  std::string keep_aside();
  bool put_back_aside() const;

  std::string path_;
  file_attributes attributes_;
  file_place place_;  // of the file itself, behind any links
  file_place named_;  // of the path as it was given
  file_lock lock_;
  file_lock backup_lock_;
  std::optional<std::string> live_;
  std::optional<std::string> previous_;  // what was there before the change under way; nothing: no file
  std::optional<file_stamp> untouched_;  // of the file when it was last seen to hold live_
  bool changing_ = false;
  bool owes_reload_ = false;
};

}  // namespace drcon::common
