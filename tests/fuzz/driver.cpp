// Stands in for libFuzzer, which GCC does not have: mutates the files of a corpus for some seconds, from a seed that it
// prints, and tries each. Knows nothing of coverage, so it finds less; what it finds, it finds again by its seed.
//
//   NAME [-max_total_time=SECONDS] [-seed=NUMBER] [-dict=FILE] DIRECTORY...   mutates what is in the directories
//   NAME FILE...                                                              tries these files, each once
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size);
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments);

namespace {

namespace fs = std::filesystem;

// libFuzzer's own limit for a corpus of small files.
constexpr std::size_t longest_input = 4096;

struct command_line {
  int seconds = 5;
  unsigned seed = std::random_device{}();
  std::vector<std::string> words;  // of the dictionary
  std::vector<std::string> seeds;  // of the directories
  std::vector<std::string> files;  // to be tried as they are
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// A word of libFuzzer's dictionary: "\xc0\x0c", with \\ and \" for themselves. Empty when the line holds none.
std::string word_of(const std::string& line) {
  const auto first = line.find('"');
  const auto last = line.rfind('"');
  if (line.starts_with('#') || first == last) return {};
  std::string word;
  for (auto i = first + 1; i < last; ++i) {
    if (line[i] != '\\') {
      word += line[i];
    } else if (line[i + 1] == 'x') {
      word += static_cast<char>(std::stoi(line.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else {
      word += line[++i];
    }
  }
  return word;
}

std::vector<std::string> words_of(const fs::path& dictionary) {
  std::vector<std::string> all;
  std::ifstream file(dictionary);
  for (std::string line; std::getline(file, line);)
    if (auto word = word_of(line); !word.empty()) all.push_back(std::move(word));
  if (all.empty()) {
    std::fprintf(stderr, "%s holds no words\n", dictionary.c_str());
    std::exit(1);
  }
  return all;
}

command_line read(int count, char** arguments) {
  command_line all;
  for (int i = 1; i < count; ++i) {
    const std::string each = arguments[i];
    const auto value = each.substr(each.find('=') + 1);
    if (each.starts_with("-max_total_time=")) all.seconds = std::stoi(value);
    else if (each.starts_with("-seed=")) all.seed = static_cast<unsigned>(std::stoul(value));
    else if (each.starts_with("-dict=")) all.words = words_of(value);
    else if (each.starts_with('-')) continue;  // one of libFuzzer's others
    else if (!fs::is_directory(each)) all.files.push_back(text_of(each));
    else
      for (const auto& file : fs::directory_iterator(each)) all.seeds.push_back(text_of(file));
  }
  std::ranges::sort(all.seeds);  // a seed means the same on every file system
  if (all.seeds.empty() && all.files.empty()) {
    std::fprintf(stderr, "there is no input in what was named\n");
    std::exit(2);
  }
  return all;
}

std::string mutated(std::string input, const std::string& other, const std::vector<std::string>& words,
                    std::mt19937& random) {
  for (auto changes = random() % 8 + 1; changes > 0 && !input.empty(); --changes) {
    const auto place = random() % input.size();
    switch (random() % 6) {
      case 0: input[place] = static_cast<char>(random()); break;
      case 1:
        if (!words.empty()) input.insert(place, words[random() % words.size()]);
        break;
      case 2:
        if (words.empty()) break;
        if (const auto& word = words[random() % words.size()]; true) input.replace(place, word.size(), word);
        break;
      case 3: input.erase(place, random() % 16); break;
      case 4: input.insert(place, other, 0, other.empty() ? 0 : random() % other.size()); break;
      default: input.resize(place); break;
    }
  }
  if (input.size() > longest_input) input.resize(longest_input);
  return input;
}

void attempt(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const unsigned char*>(input.data()), input.size());
}

}  // namespace

int main(int count, char** arguments) {
  LLVMFuzzerInitialize(&count, &arguments);
  const auto all = read(count, arguments);
  for (const auto& each : all.files) attempt(each);
  if (all.seeds.empty()) return 0;
  std::printf("seed %u\n", all.seed);
  std::fflush(stdout);
  for (const auto& each : all.seeds) attempt(each);
  std::mt19937 random(all.seed);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(all.seconds);
  unsigned long runs = 0;
  for (; std::chrono::steady_clock::now() < end; ++runs) {
    const auto& first = all.seeds[random() % all.seeds.size()];
    const auto& second = all.seeds[random() % all.seeds.size()];
    attempt(mutated(first, second, all.words, random));
  }
  std::printf("%lu inputs, no fault\n", runs);
  return 0;
}
