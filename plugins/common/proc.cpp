#include "common/proc.hpp"

#include "common/atomic_file.hpp"

#include <unistd.h>

#include <ctime>
#include <sstream>
#include <string>

namespace drcon::common {

std::string proc_text(pid_t pid, const std::string& what) {
  std::string fault;
  return read_file("/proc/" + std::to_string(pid) + "/" + what, fault).value_or(std::string());
}

// The name in field 2 may hold spaces and brackets, so counting starts behind it.
unsigned long long start_ticks(pid_t pid) {
  const auto text = proc_text(pid, "stat");
  const auto behind_name = text.rfind(')');
  if (behind_name == std::string::npos) return 0;
  std::istringstream fields(text.substr(behind_name + 1));
  std::string field;
  for (int i = 3; i < 22; ++i) fields >> field;
  unsigned long long ticks = 0;
  fields >> ticks;
  return ticks;
}

std::chrono::milliseconds age_of(pid_t pid) {
  const auto start = start_ticks(pid);
  timespec now{};
  const auto per_second = ::sysconf(_SC_CLK_TCK);
  if (start == 0 || per_second <= 0 || ::clock_gettime(CLOCK_BOOTTIME, &now) != 0) return std::chrono::hours(1);
  return std::chrono::milliseconds(now.tv_sec * 1000 + now.tv_nsec / 1'000'000 -
                                   static_cast<long>(start) * 1000 / per_second);
}

}  // namespace drcon::common
