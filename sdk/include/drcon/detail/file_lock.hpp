// drcon/detail/file_lock.hpp: who holds flock(2) on a file, by the kernel's list of locks.
//
// A try to lock would make whoever tries at that moment wait, or give up: nothing is taken here.
// Thread rule: any.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace drcon::detail {

/// The numbers of a file's device: "fe:00" in the kernel's list of locks.
struct device_numbers {
  unsigned int major = 0;
  unsigned int minor = 0;
};

/// The device of a mount, by the number that statx(2) gives; nothing when it is not in sight. For a subvolume of btrfs
/// stat(2) answers with another device, which the list of locks does not have.
inline std::optional<device_numbers> device_of_mount(std::uint64_t mount) {
  std::ifstream all("/proc/self/mountinfo");
  for (std::string line; std::getline(all, line);) {
    std::istringstream fields(line);
    std::uint64_t id = 0;
    std::uint64_t parent = 0;
    device_numbers device;
    char colon = 0;
    if (fields >> id >> parent >> device.major >> colon >> device.minor && id == mount) return device;
  }
  return {};
}

/// "fe:00:5391903", as the kernel's list of locks names the file `name` in an open directory, which may be AT_FDCWD.
/// Empty when there is none. A link is not followed.
inline std::string place_in_locks(int directory, const std::string& name) {
  struct statx found {};
  if (::statx(directory, name.c_str(), AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_MNT_ID, &found) != 0) return {};
  device_numbers device{found.stx_dev_major, found.stx_dev_minor};
  if ((found.stx_mask & STATX_MNT_ID) != 0) device = device_of_mount(found.stx_mnt_id).value_or(device);
  char numbers[32];
  std::snprintf(numbers, sizeof numbers, "%02x:%02x:", device.major, device.minor);
  return numbers + std::to_string(found.stx_ino);
}

/// The process that holds flock(2) on that file; nothing when none does, or when there is no such file.
inline std::optional<pid_t> lock_holder(int directory, const std::string& name) {
  const auto wanted = place_in_locks(directory, name);
  if (wanted.empty()) return {};
  std::ifstream all("/proc/locks");
  for (std::string line; std::getline(all, line);) {
    std::istringstream fields(line);
    std::string number;
    std::string kind;
    std::string how;
    std::string access;
    pid_t pid = 0;
    std::string place;
    if (fields >> number >> kind >> how >> access >> pid >> place && kind == "FLOCK" && place == wanted) return pid;
  }
  return {};
}

}  // namespace drcon::detail
