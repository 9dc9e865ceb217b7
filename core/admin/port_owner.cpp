#include "admin/port_owner.hpp"

#include "config/text.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace drcon::admin {
namespace {

namespace fs = std::filesystem;

constexpr auto unnamed = "another process";

// As /proc/self/fd shows the sockets that listen on the port: "socket:[4711]".
void add_listeners(const char* table, std::uint16_t port, std::set<std::string>& sockets) {
  constexpr auto listens = "0A";
  std::ifstream lines(table);
  std::string line;
  std::getline(lines, line);  // the heading
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string number;
    std::string local;
    std::string remote;
    std::string state;
    std::string inode;
    words >> number >> local >> remote >> state;
    for (int skipped = 0; skipped < 6; ++skipped) words >> inode;
    unsigned found = 0;
    const auto colon = local.rfind(':') + 1;
    std::from_chars(local.data() + colon, local.data() + local.size(), found, 16);
    if (state == listens && found == port) sockets.insert("socket:[" + inode + "]");
  }
}

bool holds_any(const fs::path& process, const std::set<std::string>& sockets) {
  std::error_code error;
  for (fs::directory_iterator each(process / "fd", error), end; !error && each != end; each.increment(error)) {
    std::error_code gone;
    if (sockets.contains(fs::read_symlink(each->path(), gone).string())) return true;
  }
  return false;
}

}  // namespace

std::string named_process(int pid) {
  if (pid <= 0) return unnamed;
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return "process " + std::to_string(pid) + (name.empty() ? "" : " (" + config::printable(name) + ")");
}

std::string owner_of_port(std::uint16_t port) {
  std::set<std::string> sockets;
  for (const auto* table : {"/proc/net/tcp", "/proc/net/tcp6"}) add_listeners(table, port, sockets);
  if (sockets.empty()) return unnamed;
  std::error_code error;
  for (fs::directory_iterator each("/proc", error), end; !error && each != end; each.increment(error)) {
    const auto name = each->path().filename().string();
    const bool is_process = std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
    if (is_process && holds_any(each->path(), sockets)) return named_process(std::stoi(name));
  }
  return unnamed;
}

}  // namespace drcon::admin
