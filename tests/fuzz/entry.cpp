// From libFuzzer's functions to those of fuzzer.hpp: the corpus must be sound, and no input may take long.
#include "fuzz/fuzzer.hpp"

#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace drcon::fuzz {
namespace {

// Of this thread's own computing, so that a busy machine makes no difference. An input of some kilobytes takes
// milliseconds, even under sanitizers.
constexpr double longest_seconds = 1;

double seconds_computed() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Directories that are called "found" hold what libFuzzer has kept: not sound, but new.
bool is_checked_in(const std::filesystem::path& directory) { return directory.parent_path().filename() == "corpus"; }

}  // namespace

void broken(std::string_view promise, std::string_view details) {
  std::fprintf(stderr, "broken promise: %.*s\n%.*s\n", static_cast<int>(promise.size()), promise.data(),
               static_cast<int>(details.size()), details.data());
  std::abort();
}

}  // namespace drcon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  namespace fuzz = drcon::fuzz;
  // A copy of its own size, so that AddressSanitizer finds what reads beyond it.
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto begin = fuzz::seconds_computed();
  fuzz::try_input(input);
  if (const auto taken = fuzz::seconds_computed() - begin; taken > fuzz::longest_seconds)
    fuzz::broken("no input takes long", std::to_string(taken) + " s for " + std::to_string(size) + " bytes");
  return 0;
}

extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  namespace fs = std::filesystem;
  for (int i = 1; i < *count; ++i) {
    const fs::path directory((*arguments)[i]);
    if (!fs::is_directory(directory) || !drcon::fuzz::is_checked_in(directory)) continue;
    for (const auto& each : fs::directory_iterator(directory)) {
      if (drcon::fuzz::is_sound(drcon::fuzz::text_of(each.path()))) continue;
      std::fprintf(stderr, "%s is not sound to begin with\n", each.path().c_str());
      std::exit(1);
    }
  }
  return 0;
}
