#include "init/write_new.hpp"

#include "common/errno_text.hpp"
#include "common/write_all.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace drcon::init {

std::filesystem::path configuration_there(const std::filesystem::path& file, const std::filesystem::path& directory) {
  std::error_code none;
  if (std::filesystem::exists(std::filesystem::symlink_status(file, none))) return file;
  if (directory.empty()) return {};
  for (const auto& each : std::filesystem::directory_iterator(directory, none))
    if (each.path().extension() == ".toml") return each.path();
  return {};
}

std::optional<std::string> write_new(const std::filesystem::path& file, const std::string& text) {
  // O_EXCL: whoever made the file since it was looked for keeps it, and no link is followed.
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (out < 0) return common::errno_text("cannot make", file.string());
  const bool written = common::write_all(out, text) && ::fsync(out) == 0;
  const auto fault = written ? std::string() : common::errno_text("cannot write", file.string());
  ::close(out);
  if (written) return std::nullopt;
  ::unlink(file.c_str());  // half a configuration is worse than none
  return fault;
}

}  // namespace drcon::init
