// drcon, its plugins and its tools where every user may run them: what a build leaves below somebody's home may be
// closed to others.
#pragma once

#include "support/temp_dir.hpp"

#include <filesystem>
#include <string>

namespace drcon::test {

class public_drcon {
public:
  public_drcon() {
    namespace fs = std::filesystem;
    fs::create_directories(files_ / "lib/drcon");
    fs::create_directory(files_ / "bin");
    fs::copy_file(DRCON_BINARY, binary());
    fs::copy(DRCON_TEST_PLUGINS, files_ / "lib/drcon/plugins");
    fs::create_directory(files_ / "libexec");
    fs::copy(fs::path(DRCON_BINARY).parent_path().parent_path() / "libexec/drcon", files_ / "libexec/drcon");
    for (const auto& each : fs::recursive_directory_iterator(files_.path()))
      fs::permissions(each.path(), fs::perms::others_read | fs::perms::others_exec, fs::perm_options::add);
  }
  std::string binary() const { return (files_ / "bin/drcon").string(); }

private:
  temp_dir files_;
};

}  // namespace drcon::test
