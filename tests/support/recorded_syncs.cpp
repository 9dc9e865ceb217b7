#include "support/recorded_syncs.hpp"

#include "support/wait.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace {

thread_local std::vector<ino_t>* recording = nullptr;
std::atomic<bool> hangs{false};
std::atomic<int> caught{0};

}  // namespace

extern "C" int fsync(int file) {
  struct stat info {};
  ++caught;
  hangs.wait(true);
  --caught;
  if (recording != nullptr && ::fstat(file, &info) == 0) recording->push_back(info.st_ino);
  return static_cast<int>(::syscall(SYS_fsync, file));
}

namespace drcon::test {

recorded_syncs::recorded_syncs() { recording = &seen_; }
recorded_syncs::~recorded_syncs() { recording = nullptr; }

hung_syncs::hung_syncs() { hangs = true; }
hung_syncs::~hung_syncs() {
  hangs = false;
  hangs.notify_all();
}

bool hung_syncs::has_caught(int threads) const {
  return wait_until([threads] { return caught >= threads; });
}

}  // namespace drcon::test
