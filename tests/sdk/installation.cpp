#include "sdk/installation.hpp"

#include <cstdlib>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace drcon::test {

namespace fs = std::filesystem;

installation::installation() {
  const auto done = run({"cmake", "--install", DRCON_BUILD_TREE, "--prefix", prefix().string()});
  if (done.code != 0) throw std::runtime_error("cmake --install: " + done.out + done.err);
}

fs::path installation::libraries() const { return prefix() / DRCON_LIBRARY_DIRECTORY; }

std::set<std::string> installation::files(const fs::path& below) const { return files_below(prefix() / below); }

run_result installation::drcon(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), program());
  return run(arguments);
}

std::vector<std::string> installation::environment() const {
  return {"CMAKE_PREFIX_PATH=" + prefix().string(), "PKG_CONFIG_PATH=" + (libraries() / "pkgconfig").string(),
          "PATH=" + (prefix() / "bin").string() + ":" + std::getenv("PATH"), "CMAKE_GENERATOR=Ninja"};
}

std::vector<std::string> installation::pkg_config(const std::string& question) const {
  const auto answer = run({"pkg-config", question, "drcon-sdk"}, environment());
  if (answer.code != 0) throw std::runtime_error("pkg-config: " + answer.err);
  std::istringstream words(answer.out);
  return std::vector<std::string>(std::istream_iterator<std::string>(words), {});
}

std::set<std::string> files_below(const fs::path& directory) {
  std::set<std::string> all;
  for (const auto& each : fs::recursive_directory_iterator(directory))
    if (each.is_regular_file()) all.insert(each.path().lexically_relative(directory).string());
  return all;
}

}  // namespace drcon::test
