#include "template/abilities.hpp"

#include "common/atomic_file.hpp"
#include "common/command.hpp"

#include <drcon/printed.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string_view>

namespace drcon::templates {
namespace {

using templating::file_request;
using templating::network_address;
using templating::program_result;

program_result run_program(std::span<const std::string> words, std::chrono::nanoseconds at_most,
                           const std::stop_token& stop) {
  common::command_surroundings around;
  around.keeps_errors_apart = true;
  auto how = common::run_command({words.begin(), words.end()}, at_most, stop, around);
  program_result result{.output = std::move(how.output), .errors = std::move(how.errors), .why = std::move(how.why)};
  if (result.why.empty() && how.code != 0) result.why = "exit status " + std::to_string(how.code);
  if (result.why.empty()) return result;
  result.output = printed(std::move(result.output));  // both become a part of the reason
  result.errors = printed(std::move(result.errors));
  return result;
}

// Whether the directory lies within one of those, links followed.
bool is_below(const std::filesystem::path& directory, const std::vector<std::string>& directories) {
  std::error_code wrong;
  const auto place = std::filesystem::canonical(directory, wrong);
  if (wrong) return false;
  return std::ranges::any_of(directories, [&](const std::string& each) {
    const auto allowed = std::filesystem::canonical(each, wrong);
    if (wrong) return false;
    const auto [end, other] = std::ranges::mismatch(allowed, place);
    return end == allowed.end();
  });
}

std::optional<std::string> take(const file_request& asked, const abilities& granted, written_files& files) {
  if (asked.path.find('/') != 0 || asked.path.ends_with('/') ||
      !is_below(std::filesystem::path(asked.path).parent_path(), granted.write_below))
    return "open " + asked.path + ": it is not in a directory below one of the option write_below";
  const auto place = files.find(asked.path);
  if (asked.appends && place == files.end())
    return "open " + asked.path +
           ": \"append\" needs a writeToFile of the same file before it, without \"append\": "
           "otherwise the file would grow each time";
  if (asked.appends) {
    place->second.content += asked.content;
    return {};
  }
  files.insert_or_assign(asked.path, written_file{.content = asked.content,
                                                  .mode = asked.mode,
                                                  .user = asked.user,
                                                  .group = asked.group,
                                                  .is_of_data = asked.is_of_data});
  return {};
}

// By its name or its number.
template <typename Id, typename Find>
bool look_up(const std::string& word, std::optional<Id>& id, Find find) {
  if (word.empty()) return true;
  Id number = 0;
  if (const auto [end, wrong] = std::from_chars(word.data(), word.data() + word.size(), number);
      wrong == std::errc() && end == word.data() + word.size()) {
    id = number;
    return true;
  }
  return find(word, id);
}

std::string default_interface() {
  std::ifstream routes("/proc/net/route");
  std::string line;
  while (std::getline(routes, line)) {
    std::istringstream words(line);
    std::string name;
    std::string destination;
    if (words >> name >> destination && destination == "00000000") return name;
  }
  return {};
}

std::string flags_of(unsigned flags) {
  static constexpr std::pair<unsigned, const char*> known[] = {{IFF_UP, "up"},
                                                               {IFF_BROADCAST, "broadcast"},
                                                               {IFF_LOOPBACK, "loopback"},
                                                               {IFF_POINTOPOINT, "pointtopoint"},
                                                               {IFF_MULTICAST, "multicast"},
                                                               {IFF_RUNNING, "running"}};
  std::string result;
  for (const auto& [bit, name] : known)
    if ((flags & bit) != 0) result += (result.empty() ? "" : "|") + std::string(name);
  return result;
}

// The bytes of an address or a mask; empty for other families.
std::span<const unsigned char> bytes_of(const sockaddr* of) {
  if (of == nullptr) return {};
  if (of->sa_family == AF_INET)
    return {reinterpret_cast<const unsigned char*>(&reinterpret_cast<const sockaddr_in*>(of)->sin_addr), 4};
  if (of->sa_family == AF_INET6)
    return {reinterpret_cast<const unsigned char*>(&reinterpret_cast<const sockaddr_in6*>(of)->sin6_addr), 16};
  return {};
}

std::vector<network_address> network() {
  ifaddrs* found = nullptr;
  if (::getifaddrs(&found) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(found, ::freeifaddrs);
  const auto usual = default_interface();
  std::vector<network_address> all;
  for (const auto* each = found; each != nullptr; each = each->ifa_next) {
    const auto address = bytes_of(each->ifa_addr);
    if (address.empty()) continue;
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(each->ifa_addr->sa_family, address.data(), text.data(), text.size());
    unsigned prefix = 0;
    for (const auto byte : bytes_of(each->ifa_netmask)) prefix += static_cast<unsigned>(std::popcount(byte));
    all.push_back({.interface = each->ifa_name,
                   .address = text.data(),
                   .prefix = prefix,
                   .flags = flags_of(each->ifa_flags),
                   .is_default = each->ifa_name == usual});
  }
  return all;
}

std::filesystem::path zone_path(std::string_view name) { return std::filesystem::path("/usr/share/zoneinfo") / name; }

// Where this machine's zone is, as Go looks for it.
std::filesystem::path local_zone_file() {
  const auto* set = std::getenv("TZ");  // NOLINT: nothing sets variables after the start
  if (set == nullptr) return "/etc/localtime";
  std::string_view name(set);
  if (name.starts_with(':')) name.remove_prefix(1);
  return name.empty() ? std::filesystem::path() : zone_path(name);
}

std::optional<std::string> zone_file(std::string_view name) {
  constexpr std::size_t longest = std::size_t{1} << 20U;
  std::ifstream file(name == "Local" ? local_zone_file() : zone_path(name), std::ios::binary);
  std::string bytes(longest, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes.empty() ? std::nullopt : std::optional(std::move(bytes));
}

// Whether the file has the mode and the owner that it is to have.
bool has_attributes(const common::file_place& place, const common::file_attributes& with) {
  struct stat now {};
  return ::fstatat(place.directory(), place.name().c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0 &&
         (now.st_mode & 07777U) == with.mode.value_or(now.st_mode & 07777U) &&
         now.st_uid == with.owner.value_or(now.st_uid) && now.st_gid == with.group.value_or(now.st_gid);
}

}  // namespace

void grant(const abilities& granted, const std::stop_token& stop, written_files& files,
           templating::surroundings& around) {
  around.run_program = [&granted, stop](std::span<const std::string> words) {
    return run_program(words, granted.program_timeout, stop);
  };
  around.write_file = [&granted, &files](const file_request& asked) { return take(asked, granted, files); };
  around.network = network;
  around.zone_file = zone_file;
}

// The directory may belong to somebody else, who may have put anything in the place of the file, and another directory
// in the place of this one since the template was rendered: its path may lead elsewhere by now.
std::string may_write(const std::string& path, const common::file_place& place, const abilities& granted) {
  if (!place.fault().empty()) return place.fault();
  if (is_below("/proc/self/fd/" + std::to_string(place.directory()), granted.write_below)) return {};
  return path + ": its directory is not below one of the option write_below any more";
}

std::string replace(const std::string& path, const common::file_place& place, const written_file& of,
                    const std::optional<std::string>& held) {
  common::file_attributes attributes{.mode = of.mode == 0 ? 0644 : of.mode & 07777U, .owner = {}, .group = {}};
  const auto user = [](const std::string& name, std::optional<uid_t>& id) {
    const auto* known = ::getpwnam(name.c_str());
    if (known != nullptr) id = known->pw_uid;
    return known != nullptr;
  };
  const auto group = [](const std::string& name, std::optional<gid_t>& id) {
    const auto* known = ::getgrnam(name.c_str());
    if (known != nullptr) id = known->gr_gid;
    return known != nullptr;
  };
  if (!look_up(of.user, attributes.owner, user)) return path + ": there is no user '" + of.user + "'";
  if (!look_up(of.group, attributes.group, group)) return path + ": there is no group '" + of.group + "'";
  if (held == of.content && has_attributes(place, attributes)) return {};
  return common::replace_file(place, of.content, attributes);
}

}  // namespace drcon::templates
