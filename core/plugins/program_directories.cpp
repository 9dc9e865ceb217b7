#include "plugins/program_directories.hpp"

#include "base/build_facts.hpp"

#include <system_error>

namespace drcon::plugins {

namespace fs = std::filesystem;

std::vector<fs::path> places_of(const std::string& below) {
  std::vector<fs::path> places;
  std::error_code error;
  const auto program = fs::read_symlink("/proc/self/exe", error);
  if (!error) places.push_back(program.parent_path().parent_path() / below);
  if (auto installed = fs::path(build::prefix) / below; places.empty() || places.front() != installed)
    places.push_back(std::move(installed));
  return places;
}

fs::path bundled_directory() {
  const auto installed = places_of(build::plugin_directory);
  std::error_code error;
  for (const auto& beside : {installed.front(), places_of("lib/drcon/plugins").front()})
    if (fs::is_directory(beside, error)) return beside;
  return installed.back();
}

std::vector<fs::path> third_party_directories() {
  // A program that is not installed, as in a test, must not load what is installed for another one.
  std::vector<fs::path> there;
  if (bundled_directory() != fs::path(build::prefix) / build::plugin_directory) return there;
  std::error_code error;
  for (const auto* each : {"/usr/local/lib/drcon/plugins", "/etc/drcon/plugins.d"})
    // One that is there and cannot be searched belongs to them: the registry says why it is not.
    if (fs::exists(each, error) || error) there.emplace_back(each);
  return there;
}

}  // namespace drcon::plugins
