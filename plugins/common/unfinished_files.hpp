// What writers that were killed have left of their new files: see candidate_file in atomic_file.hpp, whose destructor
// removes them otherwise.
//
// Thread rule: owned by its user's thread.
#pragma once

#include "common/file_place.hpp"

#include <sys/types.h>

#include <map>
#include <string>
#include <utility>

namespace drcon::common {

class unfinished_files {
public:
  /// Removes what was left of a target, and of the files that its sink keeps beside it. The caller holds the lock of
  /// the target, so that nobody is writing one of them. A directory is listed once, when the first of its targets is
  /// asked for: that there are thousands costs no more.
  void remove(const file_place& target);

private:
  using by_target = std::multimap<std::string, std::string>;  // the target's name -> the file's
  static by_target list(int directory);

  std::map<std::pair<dev_t, ino_t>, by_target> directories_;
};

}  // namespace drcon::common
