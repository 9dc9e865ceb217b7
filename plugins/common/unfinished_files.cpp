#include "common/unfinished_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

namespace drcon::common {
namespace {

constexpr std::size_t random_digits = 8;

// ".NAME.0123abcd": the name, or nothing where a candidate_file never has such a name.
std::string_view target_of(std::string_view name) {
  if (name.size() < random_digits + 3 || name.front() != '.' || name[name.size() - random_digits - 1] != '.') return {};
  const auto random = name.substr(name.size() - random_digits);
  if (random.find_first_not_of("0123456789abcdef") != std::string_view::npos) return {};
  return name.substr(1, name.size() - random_digits - 2);
}

// ".NAME.kept" and its kin: what a sink keeps beside its target is under that target's lock.
bool is_kept_beside(std::string_view name, std::string_view target) {
  if (!name.starts_with('.') || !name.substr(1).starts_with(target)) return false;
  const auto ending = name.substr(1 + target.size());
  return ending.size() > 1 && ending.front() == '.' &&
         ending.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", 1) == std::string_view::npos;
}

// It was given to the owner of its target before it was complete. Whoever else may write to the directory may have put
// anything there.
bool is_of_a_writer(const struct stat& found, const file_place& target) {
  if (!S_ISREG(found.st_mode)) return false;
  if (found.st_uid == ::geteuid()) return true;
  struct stat there {};
  return ::fstatat(target.directory(), target.name().c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(there.st_mode) && there.st_uid == found.st_uid;
}

void remove_one(const std::string& name, const file_place& target) {
  struct stat found {};
  if (::fstatat(target.directory(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && is_of_a_writer(found, target))
    ::unlinkat(target.directory(), name.c_str(), 0);
}

}  // namespace

unfinished_files::by_target unfinished_files::list(int directory) {
  by_target all;
  const int again = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  auto* const listing = again < 0 ? nullptr : ::fdopendir(again);
  if (listing == nullptr) {  // it may be one that can be searched and not be read: what is left stays then
    if (again >= 0) ::close(again);
    return all;
  }
  while (const auto* const each = ::readdir(listing))
    if (const auto target = target_of(each->d_name); !target.empty()) all.emplace(target, each->d_name);
  ::closedir(listing);
  return all;
}

void unfinished_files::remove(const file_place& target) {
  struct stat directory {};
  if (!target.fault().empty() || ::fstat(target.directory(), &directory) != 0) return;
  const auto [known, is_new] = directories_.try_emplace({directory.st_dev, directory.st_ino});
  if (is_new) known->second = list(target.directory());
  std::erase_if(known->second, [&](const auto& each) {
    if (each.first != target.name() && !is_kept_beside(each.first, target.name())) return false;
    remove_one(each.second, target);
    return true;
  });
}

}  // namespace drcon::common
