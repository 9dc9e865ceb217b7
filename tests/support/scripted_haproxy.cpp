#include "support/scripted_haproxy.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <mutex>
#include <sstream>
#include <thread>
#include <utility>

namespace drcon::test {

namespace asio = boost::asio;

namespace {

constexpr auto when_done = asio::as_tuple(asio::use_awaitable);
using words = std::vector<std::string>;

words words_of(const std::string& line) {
  std::istringstream from(line);
  words all;
  for (std::string each; from >> each;) all.push_back(each);
  return all;
}

std::pair<std::string, std::string> halves(const std::string& text, char divider) {
  const auto at = text.find(divider);
  return {text.substr(0, at), at == std::string::npos ? std::string() : text.substr(at + 1)};
}

struct one_server {
  std::string address;
  std::string port;
  std::string weight = "1";
  int admin = 1;  // begins in maintenance
};

struct one_backend {
  bool is_published = false;
  std::string guid;
  std::map<std::string, one_server> servers;
};

// What one process knows.
struct process_state {
  std::map<std::string, one_backend> backends;
  std::map<int, std::vector<std::pair<std::string, std::string>>> versions;  // of the map
  int current = 0;
  int next = 0;
};

}  // namespace

struct scripted_haproxy::server {
  using protocol = asio::local::stream_protocol;

  server(const std::filesystem::path& socket, std::string map, std::set<std::string> backends)
      : path(socket.string()),
        map_name(std::move(map)),
        configured(std::move(backends)),
        acceptor(context, protocol::endpoint(socket)) {
    begin();
    asio::co_spawn(context, accept(), asio::detached);
    thread = std::thread([this] { context.run(); });
  }
  ~server() {
    context.stop();
    thread.join();
  }

  void begin() {
    ++pid;
    now = {};
    for (const auto& each : configured) now.backends[each].is_published = true;
  }

  asio::awaitable<void> accept() {
    for (;;) {
      auto [error, client] = co_await acceptor.async_accept(when_done);
      if (error) co_return;
      asio::co_spawn(context, converse(std::move(client)), asio::detached);
    }
  }

  asio::awaitable<void> converse(protocol::socket client) {
    std::string buffer;
    for (;;) {
      auto [unread, size] = co_await asio::async_read_until(client, asio::dynamic_buffer(buffer), '\n', when_done);
      if (unread) co_return;
      const auto line = buffer.substr(0, size - 1);
      buffer.erase(0, size);
      const auto text = answer(line);
      const auto framed = text + (text.empty() ? "" : "\n") + "\n> ";
      auto [unwritten, written] = co_await asio::async_write(client, asio::buffer(framed), when_done);
      if (unwritten) co_return;
    }
  }

  std::string answer(const std::string& line) {
    const std::lock_guard lock(mutex);
    if (line == "prompt") return {};
    if (!line.starts_with("show ") && !line.starts_with("dump ")) changes.push_back(line);
    for (const auto& [start, refusal] : refusals)
      if (line.starts_with(start)) return refusal;
    const auto all = words_of(line);
    if (all[0] == "show" || all[0] == "dump") return shown(line, all);
    if (all.size() > 1 && all[1] == "map") return of_map(all);
    if (all.size() > 2 && all[1] == "backend") return of_backend(all);
    if (all.size() > 2 && all[1] == "server") return of_server(all);
    return "Unknown command: '" + all[0] + "'";
  }

  std::string shown(const std::string& line, const words& all) const {
    if (line == "show info")
      return "Name: HAProxy\nVersion: " + version + "\nPid: " + std::to_string(pid) +
             "\nnode: here\nStopping: 0\nStart_time_sec: 1\n";
    if (line == "show cli sockets") return "# socket lvl processes\nunix@" + path + " admin all\n";
    if (line == "show backend") {
      std::string text = "# name\n";
      for (const auto& [name, each] : now.backends) text += name + "\n";
      return text;
    }
    if (line == "dump stats-file") {
      std::string text = "#fe guid,stot,\ndrcon:of-a-frontend,0,\n\n#be guid,stot,\n";
      for (const auto& [name, each] : now.backends)
        if (!each.guid.empty()) text += each.guid + ",0,\n";
      return text;
    }
    if (all[1] == "map") {
      if (all[2] != map_name) return "Unknown map identifier. Please use #<id> or <file>.\n";
      std::string text;
      if (const auto entries = now.versions.find(now.current); entries != now.versions.end())
        for (const auto& [key, value] : entries->second) text.append("0x55d0c1a2b3c0 " + key + " " + value + "\n");
      return text;
    }
    return all[2] == "conn" ? "# bkname/svname used_cur\n" : servers_state(all.size() > 3 ? all[3] : "");
  }

  std::string servers_state(const std::string& only) const {
    if (!only.empty() && !now.backends.contains(only)) return "Can't find backend.\n";
    std::string text =
        "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_port\n";
    for (const auto& [backend, each] : now.backends)
      for (const auto& [name, one] : each.servers)
        if (only.empty() || only == backend)
          text.append("1 " + backend + " 1 " + name + " " + one.address + " 2 " + std::to_string(one.admin) + " " +
                      one.weight + " " + one.port + "\n");
    return text;
  }

  std::string of_map(const words& all) {
    const auto& name = all[0] == "prepare" ? all[2] : all[3];
    if (name != map_name) return "Unknown map identifier. Please use #<id> or <file>.\n";
    if (all[0] == "prepare") return "New version created: " + std::to_string(++now.next) + "\n";
    const auto version_of_map = std::stoi(all[2].substr(1));
    if (version_of_map > now.next) return "Version number out of range.\n";
    if (all[0] == "add") now.versions[version_of_map].emplace_back(all[4], all[5]);
    else now.current = version_of_map;
    return {};
  }

  std::string of_backend(const words& all) {
    if (!version.starts_with("3.4")) return "Unknown command: '" + all[0] + "'\n";
    const auto& name = all[2];
    const auto found = now.backends.find(name);
    if (all[0] == "add") {
      if (found != now.backends.end())
        return "Error during backend creation : name is already used by other proxy 'backend " + name + "'.\n";
      if (all[4] != "of-drcon") return "Cannot find default proxy '" + all[4] + "'.\n";
      now.backends[name].guid = all[6];
      return "New backend registered.\n";
    }
    if (found == now.backends.end()) return "No such backend.\n";
    if (all[0] == "publish") found->second.is_published = true;
    if (all[0] == "publish") return "Backend published.\n";
    if (all[0] == "unpublish") found->second.is_published = false;
    if (all[0] == "unpublish") return "Backend unpublished.\n";
    if (found->second.is_published) return "Backend must be unpublished prior to its deletion.\n";
    if (!found->second.servers.empty()) return "Only a backend without server can be deleted.\n";
    now.backends.erase(found);
    return "backend '" + name + "' has no server available!\nServer deleted.\nBackend deleted.\n";
  }

  std::string of_server(const words& all) {
    const auto [backend, name] = halves(all[2], '/');
    const auto found = now.backends.find(backend);
    if (found == now.backends.end()) return "No such backend.\n";
    auto& servers = found->second.servers;
    if (all[0] == "add") {
      const auto [address, port] = halves(all[3], ':');
      servers[name] = {.address = address, .port = port, .weight = all[5], .admin = 1};
      return "New server registered.\n";
    }
    if (!servers.contains(name)) return "No such server.\n";
    if (all[0] == "del") {
      servers.erase(name);
      return "Server deleted.\n";
    }
    if (all[3] == "weight") servers[name].weight = all[4];
    if (all[3] == "state") servers[name].admin = all[4] == "ready" ? 0 : all[4] == "drain" ? 8 : 1;
    return {};
  }

  const std::string path;
  const std::string map_name;
  const std::set<std::string> configured;

  mutable std::mutex mutex;  // guards what follows, up to the context
  std::string version = "3.4.7-1";
  int pid = 100;
  process_state now;
  std::map<std::string, std::string> refusals;
  std::vector<std::string> changes;

  asio::io_context context{1};
  protocol::acceptor acceptor;
  std::thread thread;
};

scripted_haproxy::scripted_haproxy(std::string map, std::set<std::string> backends)
    : server_(std::make_unique<server>(directory_ / "stats.sock", std::move(map), std::move(backends))) {}

scripted_haproxy::~scripted_haproxy() = default;

std::string scripted_haproxy::options() const {
  return "socket = \"" + (directory_ / "stats.sock").string() + "\"\nwatch = \"20ms\"\n";
}

void scripted_haproxy::be_version(const std::string& version) {
  const std::lock_guard lock(server_->mutex);
  server_->version = version;
}

void scripted_haproxy::restart() {
  const std::lock_guard lock(server_->mutex);
  server_->begin();
}

void scripted_haproxy::refuse(const std::string& start, const std::string& answer) {
  const std::lock_guard lock(server_->mutex);
  if (answer.empty()) server_->refusals.erase(start);
  else server_->refusals[start] = answer + "\n";
}

std::string scripted_haproxy::command(const std::string& line) { return server_->answer(line); }

std::vector<std::string> scripted_haproxy::changes() const {
  const std::lock_guard lock(server_->mutex);
  return server_->changes;
}

std::set<std::string> scripted_haproxy::backends() const {
  const std::lock_guard lock(server_->mutex);
  std::set<std::string> names;
  for (const auto& [name, each] : server_->now.backends) names.insert(name);
  return names;
}

std::set<std::string> scripted_haproxy::published() const {
  const std::lock_guard lock(server_->mutex);
  std::set<std::string> names;
  for (const auto& [name, each] : server_->now.backends)
    if (each.is_published) names.insert(name);
  return names;
}

std::set<std::string> scripted_haproxy::servers(const std::string& backend) const {
  const std::lock_guard lock(server_->mutex);
  std::set<std::string> names;
  if (const auto found = server_->now.backends.find(backend); found != server_->now.backends.end())
    for (const auto& [name, each] : found->second.servers) names.insert(name);
  return names;
}

std::map<std::string, std::string> scripted_haproxy::map() const {
  const std::lock_guard lock(server_->mutex);
  std::map<std::string, std::string> all;
  if (const auto now = server_->now.versions.find(server_->now.current); now != server_->now.versions.end())
    all.insert(now->second.begin(), now->second.end());
  return all;
}

}  // namespace drcon::test
