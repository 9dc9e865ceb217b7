// A directory of the test's own, removed at its end (kept when DRCON_KEEP_TEMP is set), and files in it.
#pragma once

#include <filesystem>
#include <string>

namespace drcon::test {

class temp_dir {
public:
  temp_dir();
  ~temp_dir();
  temp_dir(const temp_dir&) = delete;
  temp_dir& operator=(const temp_dir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& file, const std::string& text);
/// Empty when there is none.
std::string read_file(const std::filesystem::path& file);

}  // namespace drcon::test
