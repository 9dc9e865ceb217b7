// Which files and directories were synced to the disk. Without a power failure nothing else shows whether a change
// would survive one.
//
// Takes the place of the C library's fsync in the programs that use it. Thread rule: records its own thread's calls.
#pragma once

#include <sys/types.h>

#include <vector>

namespace drcon::test {

/// The inodes that fsync was called for while this lives, in order. One at a time.
class recorded_syncs {
public:
  recorded_syncs();
  ~recorded_syncs();
  recorded_syncs(const recorded_syncs&) = delete;
  recorded_syncs& operator=(const recorded_syncs&) = delete;

  const std::vector<ino_t>& seen() const { return seen_; }

private:
  std::vector<ino_t> seen_;
};

}  // namespace drcon::test
