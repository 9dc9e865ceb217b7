#include "conformance/usage.hpp"

#include <dlfcn.h>
#include <malloc.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace drcon::conformance {

namespace fs = std::filesystem;

std::vector<std::string> thread_names() {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator each("/proc/self/task", error), end; each != end; each.increment(error)) {
    std::ifstream in(each->path() / "comm");
    std::string name;
    if (std::getline(in, name)) names.push_back(name);
  }
  return names;
}

std::size_t thread_count() { return thread_names().size(); }

std::map<int, std::string> descriptors() {
  std::map<int, std::string> all;
  std::error_code error;
  for (fs::directory_iterator each("/proc/self/fd", error), end; each != end; each.increment(error)) {
    const auto target = fs::read_symlink(each->path(), error);
    if (!error && !target.string().starts_with("/proc/self/fd") && !target.string().ends_with("/fd"))
      all.emplace(std::stoi(each->path().filename().string()), target.string());
  }
  return all;
}

namespace {

using allocated = std::size_t (*)();

// Null where there is no sanitizer.
allocated sanitizer() {
  static const auto found =
      reinterpret_cast<allocated>(::dlsym(RTLD_DEFAULT, "__sanitizer_get_current_allocated_bytes"));
  return found;
}

std::chrono::nanoseconds processor_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

// Jobs of this process that can run and have no processor: on a busy machine they wait, and do not hang.
bool waits_for_processor() {
  std::error_code error;
  for (fs::directory_iterator each("/proc/self/task", error), end; each != end; each.increment(error)) {
    std::ifstream in(each->path() / "stat");
    std::string text;
    if (!std::getline(in, text) || std::stoi(each->path().filename().string()) == ::gettid()) continue;
    const auto name_end = text.rfind(')');
    if (name_end != std::string::npos && name_end + 2 < text.size() && text[name_end + 2] == 'R') return true;
  }
  return false;
}

}  // namespace

busy_patience::busy_patience(std::chrono::milliseconds at_most)
    : at_most_(at_most * (sanitizer() != nullptr ? 10 : 1)),
      looked_at_(clock::now()),
      began_used_(processor_time()),
      used_(began_used_) {}

bool busy_patience::is_over() {
  const auto now = clock::now();
  const auto used = processor_time();
  const auto passed = now - looked_at_;
  const auto worked = used - used_;
  if (worked * 10 < passed && !waits_for_processor()) idle_ += passed;
  looked_at_ = now;
  used_ = used;
  return idle_ >= at_most_ || used - began_used_ >= at_most_;
}

std::size_t heap_bytes() {
  if (const auto of_sanitizer = sanitizer()) return of_sanitizer();
  const auto heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

}  // namespace drcon::conformance
