#include "cli/renewed_secrets.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

#include <chrono>

namespace drcon::cli {
namespace {

// How long a renewed token may wait. A look is a stat() for each file.
constexpr auto between_looks = std::chrono::seconds(1);

// Replaced, rewritten, or reached through a symbolic link that names another one. Empty when it is not there.
std::string signature_of(const std::string& file) {
  struct stat now {};
  if (::stat(file.c_str(), &now) != 0) return {};
  return fmt::format("{}/{}/{}/{}.{}", now.st_dev, now.st_ino, now.st_size, now.st_mtim.tv_sec, now.st_mtim.tv_nsec);
}

}  // namespace

void renewed_secrets::follow(const std::set<std::string>& files) {
  in_use_.clear();
  changing_.clear();
  for (const auto& each : files) in_use_.emplace(each, signature_of(each));
  if (in_use_.empty()) return timer_.cancel();
  timer_.after(between_looks, [this] { look(); });
}

// A file that is away for now is being replaced, or was lost: what was read of it stays in use.
void renewed_secrets::look() {
  std::string renewed;
  for (auto& [file, used] : in_use_) {
    auto now = signature_of(file);
    if (now == used || now.empty()) {
      changing_.erase(file);
      continue;
    }
    auto& before = changing_[file];
    if (before != now) {
      before = std::move(now);
      continue;
    }
    changing_.erase(file);
    used = std::move(now);
    renewed = file;
  }
  timer_.after(between_looks, [this] { look(); });
  if (!renewed.empty()) renewed_(renewed);
}

}  // namespace drcon::cli
