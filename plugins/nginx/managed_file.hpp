// The file that the sink writes: what it holds now, and the way back from a change that is not yet confirmed.
//
// Thread rule: owned by its user's thread; blocks it for file access.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace drcon::nginx {

class managed_file {
public:
  managed_file(std::string path, mode_t mode);

  /// Reads what is there. What went wrong, or empty; then live() is known.
  std::string look();

  /// Finds what a change that a crash cut short has left: it is still to be confirmed, and may have to be taken back.
  void find_unfinished();

  /// Puts `bytes` in place, with what was there before kept aside until settle(). What went wrong, or empty.
  std::string write(const std::string& bytes);

  /// Makes the last write survive a power failure as well: until then the old or the new content may come back, each
  /// whole.
  void make_durable() const;

  /// What was there before the change. What went wrong, or empty; then the change is over.
  std::string restore();

  /// The change is over: what was kept for taking it back goes.
  void settle();

  /// A change was written and not yet confirmed.
  bool changing() const { return changing_; }

  /// The bytes as last seen; nothing: there is no file.
  const std::optional<std::string>& live() const { return live_; }

  const std::string& path() const { return path_; }

private:
  std::string aside() const;

  std::string path_;
  mode_t mode_;
  std::optional<std::string> live_;
  std::optional<std::string> previous_;  // what was there before the change under way; nothing: no file
  bool changing_ = false;
};

}  // namespace drcon::nginx
