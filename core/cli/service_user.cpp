#include "cli/service_user.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

namespace drcon::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto unit = "drcon.service";

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

// A list is added to by each line, and an empty line empties it.
void add_words(const std::string& value, std::vector<std::string>& to) {
  if (value.empty()) to.clear();
  std::istringstream words(value);
  std::copy(std::istream_iterator<std::string>(words), {}, std::back_inserter(to));
}

void add_words_below(const std::string& directory, const std::string& value, std::vector<std::string>& to) {
  std::istringstream words(value);
  for (std::string each; words >> each;) to.push_back(directory + each);
}

bool is_below(const fs::path& path, const fs::path& directory) {
  const auto relative = path.lexically_relative(directory);
  return !relative.empty() && *relative.begin() != "..";
}

void read_unit(const fs::path& file, service_identity& into) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (equals == std::string::npos || line.starts_with('#') || line.starts_with(';')) continue;
    const auto key = trimmed(line.substr(0, equals));
    const auto value = trimmed(line.substr(equals + 1));
    if (key == "User") into.user = value;
    else if (key == "SupplementaryGroups") add_words(value, into.groups);
    else if (key == "AmbientCapabilities") add_words(value, into.capabilities);
    else if (key == "ProtectSystem") into.protects_system = value;
    else if (key == "ReadWritePaths") add_words(value, into.writable);
    else if (key == "StateDirectory") add_words_below("/var/lib/", value, into.writable);
    else if (key == "RuntimeDirectory") add_words_below("/run/", value, into.writable);
  }
}

// By name, whatever directory they are in: one of the same name in an earlier directory hides the later ones.
std::vector<fs::path> drop_ins(const std::vector<fs::path>& directories) {
  std::vector<fs::path> all;
  for (const auto& each : directories) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(each / (std::string(unit) + ".d"), error)) {
      const auto has_its_name = [&](const fs::path& other) { return other.filename() == entry.path().filename(); };
      if (entry.path().extension() == ".conf" && std::ranges::none_of(all, has_its_name)) all.push_back(entry.path());
    }
  }
  std::ranges::sort(all, {}, [](const fs::path& each) { return each.filename(); });
  return all;
}

// Those that a sink may need: the drop-in for nginx has CAP_KILL. Others are not kept, so that doctor finds too little
// rather than too much.
constexpr std::array known_capabilities{
    std::pair{"CAP_KILL", CAP_KILL}, std::pair{"CAP_DAC_OVERRIDE", CAP_DAC_OVERRIDE},
    std::pair{"CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH}, std::pair{"CAP_NET_BIND_SERVICE", CAP_NET_BIND_SERVICE},
    std::pair{"CAP_SYS_PTRACE", CAP_SYS_PTRACE}};

bool keep_only_capabilities(const std::vector<std::string>& names) {
  std::uint32_t kept = 0;
  for (const auto& [name, number] : known_capabilities)
    if (std::ranges::find(names, name) != names.end()) kept |= 1U << static_cast<unsigned>(number);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> data{};
  data[0] = {.effective = kept, .permitted = kept, .inheritable = 0};
  return ::syscall(SYS_capset, &header, data.data()) == 0;
}

base::failure failed(const std::string& what) { return base::failure{what + ": " + std::strerror(errno)}; }

}  // namespace

const std::vector<fs::path>& unit_directories() {
  static const std::vector<fs::path> all{"/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
                                         "/usr/lib/systemd/system", "/lib/systemd/system"};
  return all;
}

service_identity identity_of_service(const std::vector<fs::path>& directories) {
  service_identity found;
  for (const auto& each : directories) {
    std::error_code error;
    if (!fs::is_regular_file(each / unit, error)) continue;
    read_unit(each / unit, found);
    for (const auto& drop_in : drop_ins(directories)) read_unit(drop_in, found);
    break;
  }
  return found;
}

std::string why_read_only(const service_identity& who, const fs::path& path) {
  std::error_code ignored;
  const auto real = fs::weakly_canonical(path, ignored);
  for (auto each : who.writable) {
    while (each.starts_with('-') || each.starts_with('+')) each.erase(0, 1);
    if (is_below(real, each)) return {};
  }
  const auto& by = who.protects_system;
  const bool protects_programs = by == "yes" || by == "true" || by == "on" || by == "1" || by == "full";
  bool is_protected = by == "strict" && !is_below(real, "/dev") && !is_below(real, "/proc") && !is_below(real, "/sys");
  for (const auto* const each : {"/usr", "/boot"}) is_protected |= protects_programs && is_below(real, each);
  is_protected |= by == "full" && is_below(real, "/etc");
  if (!is_protected) return {};
  return "the unit drcon.service has ProtectSystem=" + by + ", and " + real.parent_path().string() +
         " is none of its ReadWritePaths=";
}

bool is_user(const std::string& name) {
  const auto* const entry = ::getpwnam(name.c_str());  // NOLINT(concurrency-mt-unsafe): the main thread, alone
  return entry != nullptr && entry->pw_uid == ::geteuid();
}

base::result<> become_user(const service_identity& who) {
  const auto* const entry = ::getpwnam(who.user.c_str());  // NOLINT(concurrency-mt-unsafe): the main thread, alone
  if (entry == nullptr) return base::failure{"there is no user '" + who.user + "' on this machine"};
  const auto uid = entry->pw_uid;
  const auto gid = entry->pw_gid;
  int count = 0;
  ::getgrouplist(who.user.c_str(), gid, nullptr, &count);
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgrouplist(who.user.c_str(), gid, groups.data(), &count) < 0) return failed("its groups cannot be read");
  for (const auto& each : who.groups)
    if (const auto* const group = ::getgrnam(each.c_str()))  // NOLINT(concurrency-mt-unsafe): the main thread, alone
      groups.push_back(group->gr_gid);
  if (::setgroups(groups.size(), groups.data()) != 0)
    return base::failure{"only root can look as another user: run it with sudo, or give --user the one that you are"};
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || ::setresgid(gid, gid, gid) != 0 || ::setresuid(uid, uid, uid) != 0)
    return failed("cannot become user '" + who.user + "'");
  if (!keep_only_capabilities(who.capabilities)) return failed("cannot give up the rights of root");
  return {};
}

}  // namespace drcon::cli
