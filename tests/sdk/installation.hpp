// What `cmake --install` makes of this build tree, in a directory of the test's own.
#pragma once

#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <filesystem>
#include <set>
#include <string>
#include <vector>

namespace drcon::test {

class installation {
public:
  installation();

  const std::filesystem::path& prefix() const { return directory_.path(); }
  std::string program() const { return prefix() / "bin/drcon"; }
  /// Below the prefix, where libraries go.
  std::filesystem::path libraries() const;
  /// The regular files below a directory of the prefix, relative to it.
  std::set<std::string> files(const std::filesystem::path& below) const;

  /// Runs the installed program.
  run_result drcon(std::vector<std::string> arguments) const;
  /// Words that pkg-config answers about the installed SDK.
  std::vector<std::string> pkg_config(const std::string& question) const;
  /// What a build needs in its environment to find the SDK.
  std::vector<std::string> environment() const;

private:
  temp_dir directory_;
};

/// The regular files below, relative to it.
std::set<std::string> files_below(const std::filesystem::path& directory);

}  // namespace drcon::test
