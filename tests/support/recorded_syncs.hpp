// Which files and directories were synced to the disk, and a disk that does not answer. Without a power failure nothing
// else shows whether a change would survive one.
//
// Takes the place of the C library's fsync in the programs that use it. Thread rule: recorded_syncs records its own
// thread's calls; hung_syncs is about those of all threads.
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

/// While it lives, no call of fsync returns. One at a time.
class hung_syncs {
public:
  hung_syncs();
  ~hung_syncs();
  hung_syncs(const hung_syncs&) = delete;
  hung_syncs& operator=(const hung_syncs&) = delete;

  /// So many threads are within fsync, or are soon.
  bool has_caught(int threads) const;
};

}  // namespace drcon::test
