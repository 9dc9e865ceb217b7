// Stands in for libFuzzer, which GCC does not have: mutates inputs of a corpus for some seconds, from a seed that it
// prints, and hands each to LLVMFuzzerTestOneInput, which ends the process on a fault. Meant for the asan preset.
//
// Header only; each fuzzer is a program of its own. Thread rule: one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size);

namespace drcon::fuzz {

using bytes = std::vector<unsigned char>;

/// The files of tests/fuzz/FOLDER. Ends the process when there are none, or when one is not `sound`: mutations of
/// rubbish would find nothing.
template <class Predicate>
std::vector<bytes> read_corpus(const std::string& folder, Predicate sound) {
  std::vector<bytes> all;
  const auto path = std::filesystem::path(DRCON_SOURCE_ROOT) / "tests/fuzz" / folder;
  for (const auto& each : std::filesystem::directory_iterator(path)) {
    std::ifstream file(each.path(), std::ios::binary);
    all.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (sound(all.back())) continue;
    std::fprintf(stderr, "%s is not sound to begin with\n", each.path().c_str());
    std::exit(1);
  }
  if (!all.empty()) return all;
  std::fprintf(stderr, "%s is empty\n", path.c_str());
  std::exit(1);
}

/// A few random changes. `special` makes one that matters in the format under test, at a place within the input.
template <class Special>
bytes mutated(bytes input, const bytes& other, std::mt19937& random, Special special) {
  for (auto changes = random() % 8 + 1; changes > 0 && !input.empty(); --changes) {
    const auto place = random() % input.size();
    const auto there = input.begin() + static_cast<long>(place);
    switch (random() % 5) {
      case 0: *there = static_cast<unsigned char>(random()); break;
      case 1: special(input, place, random); break;
      case 2:
        input.erase(there, input.begin() + static_cast<long>(std::min(input.size(), place + random() % 16)));
        break;
      case 3: {
        const auto length = static_cast<long>(random() % other.size());
        input.insert(there, other.begin(), other.begin() + length);
        break;
      }
      default: input.resize(place); break;
    }
  }
  return input;
}

/// usage: NAME [SECONDS [SEED]]. The exit code for main().
template <class Special>
int run(int argc, char** argv, const std::vector<bytes>& seeds, Special special) {
  const int seconds = argc > 1 ? std::atoi(argv[1]) : 5;
  const auto seed = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : std::random_device{}();
  std::printf("seed %u\n", seed);
  std::fflush(stdout);
  std::mt19937 random(seed);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  unsigned long runs = 0;
  for (; std::chrono::steady_clock::now() < end; ++runs) {
    const auto& first = seeds[random() % seeds.size()];
    const auto& second = seeds[random() % seeds.size()];
    const auto input = mutated(first, second, random, special);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%lu inputs, no fault\n", runs);
  return 0;
}

}  // namespace drcon::fuzz
