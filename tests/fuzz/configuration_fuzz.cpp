// Any text as a configuration file, the whole way from the file to the diagnostics: it loads, or there is an error, and
// each error can be printed.
//
// It may include files of an empty directory only: what other files hold is not the input.
#include "config/configuration.hpp"
#include "fuzz/fuzzer.hpp"
#include "unit/core/config/known_plugins.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace drcon::fuzz {
namespace {

namespace fs = std::filesystem;

// In memory, where there is a file system for that: each input is a file.
class own_directory {
public:
  own_directory() {
    std::error_code none;
    const auto root = fs::is_directory("/dev/shm", none) ? fs::path("/dev/shm") : fs::temp_directory_path();
    path_ = root / ("drcon-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(path_);
  }
  ~own_directory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  own_directory(const own_directory&) = delete;
  own_directory& operator=(const own_directory&) = delete;
  fs::path file() const { return path_ / "drcon.toml"; }

private:
  fs::path path_;
};

bool leaves_the_directory(std::string_view input) {
  return input.find("include") != input.npos && (input.find("..") != input.npos || input.find("\"/") != input.npos ||
                                                 input.find("'/") != input.npos || input.find("u00") != input.npos);
}

bool loads(std::string_view input) {
  static const own_directory directory;
  std::ofstream(directory.file(), std::ios::binary | std::ios::trunc) << input;
  config::diagnostics found;
  const auto loaded = config::load(directory.file(), config::known_plugins(), found);
  if (loaded.has_value() == found.has_errors())
    broken("a configuration is loaded, or an error says why not", found.text());
  for (const auto& each : found.sorted()) {
    if (each.message.empty()) broken("a finding says what it is");
    if (each.message.find('\n') != std::string::npos) broken("a finding is one line", each.message);
  }
  config::diagnostics of_host;
  const auto host = config::load_host(directory.file(), of_host);
  if (loaded && !host) broken("the options of the host are those of the whole", of_host.text());
  if (loaded)
    for (const auto& [name, each] : loaded->sources) static_cast<void>(each.redacted());
  return loaded.has_value();
}

}  // namespace

bool is_sound(std::string_view input) { return loads(input); }

void try_input(std::string_view input) {
  if (!leaves_the_directory(input)) loads(input);
}

}  // namespace drcon::fuzz
