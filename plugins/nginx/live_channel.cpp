#include "nginx/live_channel.hpp"

#include "common/http_client.hpp"
#include "common/short_text.hpp"

#include <chrono>
#include <sstream>
#include <utility>

namespace drcon::nginx {
namespace {

// It is on this machine, and needs milliseconds. A worker that does not answer for so long is stopped.
constexpr auto patience = std::chrono::seconds(2);

common::http_server server_at(const std::string& socket) {
  common::http_server server;
  server.path = socket;
  server.host = "drcon";
  return server;
}

common::http_answer get(const std::string& socket, const char* target) {
  return common::get_once(server_at(socket), {}, target, patience);
}

std::optional<live_state> read_state(const std::string& text) {
  live_state result;
  int protocol = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key;
    words >> key;
    if (key == "drcon") words >> protocol;
    else if (key == "version") words >> result.version;
    else if (key == "capacity") words >> result.capacity;
    else if (key == "free") words >> result.free;
    else if (key == "worker") {
      pid_t pid = 0;
      std::uint64_t version = 0;
      if (words >> pid >> version) result.workers[pid] = version;
    }
  }
  if (protocol != live_protocol) return {};
  return result;
}

live_channel::answer judged(const common::http_answer& found) {
  if (found.fault != common::http_fault::none)
    return {.status = 0, .is_silent = found.fault == common::http_fault::timeout, .why = found.why, .state = {}};
  if (found.status != 200) return {.status = found.status, .why = common::first_line(found.body), .state = {}};
  auto state = read_state(found.body);
  if (!state)
    return {.status = 501, .why = "the drcon.lua that nginx runs is of another version of drcon", .state = {}};
  return {.status = 200, .why = {}, .state = std::move(state)};
}

}  // namespace

live_channel::answer live_channel::put(std::string set) const {
  return judged(common::put_once(server_at(socket_), {}, "/peers", std::move(set), patience));
}

live_channel::answer live_channel::state() const { return judged(get(socket_, "/state")); }

std::optional<std::vector<peer_counts>> live_channel::statistics() const {
  const auto found = get(socket_, "/statistics");
  if (found.status != 200) return {};
  std::vector<peer_counts> all;
  pid_t worker = 0;
  std::istringstream lines(found.body);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    peer_counts one;
    words >> one.service;
    if (one.service == "worker" && line.find(' ') == line.rfind(' ')) words >> worker;
    else if (words >> one.address >> one.requests >> one.failures >> one.active) {
      one.worker = worker;
      all.push_back(std::move(one));
    }
  }
  return all;
}

}  // namespace drcon::nginx
