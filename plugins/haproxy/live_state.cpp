#include "haproxy/live_state.hpp"

#include <charconv>
#include <utility>
#include <vector>

namespace drcon::haproxy {
namespace {

std::vector<std::string_view> split(std::string_view text, char delimiter) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = text.find(delimiter);
    if (end != 0) parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

template <class Number>
Number number(std::string_view text) {
  Number value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Columns by their name: later versions append some.
class columns {
public:
  explicit columns(std::string_view header) {
    const auto names = split(header, ' ');
    for (std::size_t i = 1; i < names.size(); ++i) at_.emplace(names[i], i - 1);  // names[0] is the '#'
  }
  bool has(std::string_view name) const { return at_.contains(name); }
  std::string_view of(const std::vector<std::string_view>& row, std::string_view name) const {
    const auto found = at_.find(name);
    return found == at_.end() || found->second >= row.size() ? std::string_view() : row[found->second];
  }

private:
  std::map<std::string_view, std::size_t> at_;
};

live_server server_of(const columns& all, const std::vector<std::string_view>& row) {
  constexpr unsigned check_configured = 2;
  constexpr unsigned check_enabled = 4;
  const auto check = number<unsigned>(all.of(row, "srv_check_state"));
  return {.address = std::string(all.of(row, "srv_addr")),
          .port = number<std::uint32_t>(all.of(row, "srv_port")),
          .weight = number<unsigned>(all.of(row, "srv_uweight")),
          .admin = number<unsigned>(all.of(row, "srv_admin_state")),
          .stopped = all.has("srv_op_state") && all.of(row, "srv_op_state") == "0",
          .check_configured = (check & check_configured) != 0,
          .check_enabled = (check & check_enabled) != 0,
          .unchanged_seconds = number<std::uint64_t>(all.of(row, "srv_time_since_last_change"))};
}

}  // namespace

const live_servers& live_state::servers_of(std::string_view backend) const {
  static const live_servers none;
  const auto found = servers.find(backend);
  return found == servers.end() ? none : found->second;
}

const char* to_string(server_state state) {
  switch (state) {
    case server_state::ready: return "ready";
    case server_state::drain: return "drain";
    case server_state::maint: break;
  }
  return "maint";
}

bool is_at_least(const std::string& version, int major, int minor) {
  std::pair<int, int> its;
  const auto* const end = version.data() + version.size();
  const auto dot = std::from_chars(version.data(), end, its.first).ptr;
  if (dot != end) std::from_chars(dot + 1, end, its.second);
  return its >= std::pair(major, minor);
}

process_info read_info(std::string_view answer) {
  process_info info;
  for (const auto line : split(answer, '\n')) {
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    const auto name = line.substr(0, colon);
    const auto value = line.substr(colon + 2);
    if (name == "Pid") info.identity.pid = value;
    else if (name == "Start_time_sec") info.identity.start = value;
    else if (name == "node") info.node = value;
    else if (name == "Version") info.version = value;
    else if (name == "Stopping") info.stopping = value != "0";
  }
  return info;
}

std::string read_state(std::string_view backends, std::string_view servers, live_state& state) {
  for (const auto name : split(backends, '\n'))
    if (!name.starts_with('#')) state.backends.emplace(name);
  return read_servers(servers, state);
}

std::string read_servers(std::string_view servers, live_state& state) {
  const auto lines = split(servers, '\n');
  if (lines.size() < 2 || lines[0] != "1" || !lines[1].starts_with("# "))
    return "HAProxy's 'show servers state' is of a version that drcon does not know: " +
           std::string(servers.substr(0, 100));
  const columns all(lines[1]);
  for (const auto* needed : {"be_name", "srv_name", "srv_addr", "srv_port", "srv_uweight", "srv_admin_state"})
    if (!all.has(needed)) return std::string("HAProxy's 'show servers state' has no column ") + needed;
  live_servers* servers_of = nullptr;
  std::string_view name;
  for (std::size_t i = 2; i < lines.size(); ++i) {
    const auto row = split(lines[i], ' ');
    const auto backend = all.of(row, "be_name");
    // The servers of a backend follow one another.
    if (servers_of == nullptr || backend != name) {
      name = backend;
      servers_of = &state.servers[std::string(backend)];
    }
    const auto added = servers_of->emplace(all.of(row, "srv_name"), server_of(all, row)).first;
    if (added->second.is_down()) state.with_down.emplace(backend);
  }
  return {};
}

std::map<std::string, std::uint64_t> read_connections(std::string_view answer) {
  std::map<std::string, std::uint64_t> used;
  const auto lines = split(answer, '\n');
  if (lines.empty()) return used;
  const columns all(lines[0]);
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto row = split(lines[i], ' ');
    used.emplace(all.of(row, "bkname/svname"), number<std::uint64_t>(all.of(row, "used_cur")));
  }
  return used;
}

}  // namespace drcon::haproxy
