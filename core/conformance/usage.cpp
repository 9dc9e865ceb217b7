#include "conformance/usage.hpp"

#include <dlfcn.h>
#include <malloc.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

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

std::size_t heap_bytes() {
  using allocated = std::size_t (*)();
  static const auto of_sanitizer =
      reinterpret_cast<allocated>(::dlsym(RTLD_DEFAULT, "__sanitizer_get_current_allocated_bytes"));
  if (of_sanitizer != nullptr) return of_sanitizer();
  const auto heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

}  // namespace drcon::conformance
