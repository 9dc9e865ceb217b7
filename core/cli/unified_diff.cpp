#include "cli/unified_diff.hpp"

#include "base/write_all.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace drcon::cli {
namespace {

// A text as a file that has no name, so that nothing is left behind.
class memory_file {
public:
  explicit memory_file(const std::string& text) : file_(::memfd_create("drcon", 0)) {
    if (file_ < 0) throw std::runtime_error("cannot make a file in memory");
    if (!base::write_all(file_, text)) throw std::runtime_error("cannot write to a file in memory");
  }
  ~memory_file() { ::close(file_); }
  memory_file(const memory_file&) = delete;
  memory_file& operator=(const memory_file&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

private:
  int file_;
};

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string unified_diff(const std::string& name, const std::string& before, const std::string& after) {
  const memory_file left(before);
  const memory_file right(after);
  const auto command = "diff -u --label " + quoted(name + " (now)") + " --label " + quoted(name + " (desired)") + " " +
                       left.path() + " " + right.path();
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
  if (!pipe) throw std::runtime_error("cannot run diff");
  std::string text;
  std::array<char, 4096> part{};
  while (const auto length = std::fread(part.data(), 1, part.size(), pipe.get())) text.append(part.data(), length);
  return text;
}

}  // namespace drcon::cli
