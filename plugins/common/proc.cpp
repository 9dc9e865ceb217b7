#include "common/proc.hpp"

#include "common/atomic_file.hpp"

#include <unistd.h>

#include <ctime>
#include <sstream>
#include <string>

namespace drcon::common {
namespace {

// A field of /proc/PID/stat behind the second. That is the name, which may hold spaces and brackets, so counting starts
// behind it.
template <class Number>
std::optional<Number> stat_field(pid_t pid, int field) {
  const auto text = proc_text(pid, "stat");
  const auto behind_name = text.rfind(')');
  if (behind_name == std::string::npos) return {};
  std::istringstream fields(text.substr(behind_name + 1));
  std::string skipped;
  for (int i = 3; i < field; ++i) fields >> skipped;
  Number value{};
  if (!(fields >> value)) return {};
  return value;
}

}  // namespace

std::string proc_text(pid_t pid, const std::string& what) {
  std::string fault;
  return read_file("/proc/" + std::to_string(pid) + "/" + what, fault).value_or(std::string());
}

unsigned long long start_ticks(pid_t pid) { return stat_field<unsigned long long>(pid, 22).value_or(0); }

std::optional<pid_t> parent_of(pid_t pid) { return stat_field<pid_t>(pid, 4); }

std::chrono::milliseconds age_of(pid_t pid) {
  const auto start = start_ticks(pid);
  timespec now{};
  const auto per_second = ::sysconf(_SC_CLK_TCK);
  if (start == 0 || per_second <= 0 || ::clock_gettime(CLOCK_BOOTTIME, &now) != 0) return std::chrono::hours(1);
  return std::chrono::milliseconds(now.tv_sec * 1000 + now.tv_nsec / 1'000'000 -
                                   static_cast<long>(start) * 1000 / per_second);
}

}  // namespace drcon::common
