// Files that templates write besides their target, by writeToFile: one owner for each, compared like the target, and
// gone when no rendering writes them any more.
//
// Which ones are ours, and what we wrote, is in a hidden file beside the target, `.NAME.written`, so that a restart
// knows it. What is there and not ours is neither replaced nor removed: a name of the registry may stand in the path.
// Thread rule: owned by its user's thread, which it blocks.
#pragma once

#include "common/managed_file.hpp"
#include "common/target_lock.hpp"
#include "template/abilities.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::templates {

/// A file of another owner, and its lock, as they were seen: when one of them changes, the file may be free.
using sightings = std::map<std::string, common::file_stamp>;
sightings see(const std::string& path);

class side_files {
public:
  /// Of the file beside the target.
  static constexpr auto ending = ".written";

  /// Reads which files are ours. To be called once, before the others.
  void read(const common::file_place& list);

  struct left_out {
    std::string path;
    std::string why;
    sightings seen;  ///< before it was looked at
  };
  struct outcome {
    std::string failed;  ///< what went wrong, or empty
    std::vector<left_out> others;
    bool have_changed = false;  ///< one was written or removed: what reads them has to load them
  };
  /// Writes those that are not so already. Files of another owner are left out.
  outcome write(const written_files& all, const abilities& granted, const std::string& sink);
  /// Removes those of ours that are not among these. What was edited since we wrote it stays, and is reported.
  outcome keep_only(const written_files& all, const abilities& granted, const std::string& sink);

  /// Whether all are as they were written. Cheap.
  bool are_as_left();

  /// What is there of each, for a preview: of those that are desired, and of ours that would go.
  struct shown {
    std::string path;
    std::string bytes;
    std::string live;
  };
  std::vector<shown> preview(const written_files& all) const;

private:
  struct one {
    common::file_lock lock;
    std::string digest;                      // of what we wrote
    bool is_written = false;                 // in this run
    std::optional<common::file_stamp> seen;  // when it last held what we wrote
  };
  std::string write_one(const std::string& path, const written_file& of, const abilities& granted,
                        const std::string& sink, outcome& result);
  std::string store();

  std::optional<common::file_place> list_;
  std::string stored_;
  std::map<std::string, one> files_;
  common::unfinished_files left_behind_;
};

}  // namespace drcon::templates
