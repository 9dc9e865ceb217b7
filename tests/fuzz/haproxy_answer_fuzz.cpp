// Any bytes as what HAProxy answers: to `show info`, `show backend`, `show servers state`, `show servers conn` and to a
// command, with a line "--" between them. From the state a change is planned, as an update would.
#include "fuzz/fuzzer.hpp"
#include "haproxy/answers.hpp"
#include "haproxy/backends.hpp"
#include "haproxy/live_state.hpp"
#include "haproxy/plan.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace drcon::fuzz {
namespace {

using namespace haproxy;

enum part : std::size_t { info, backends, servers, connections, command, parts };

std::array<std::string_view, parts> split(std::string_view input) {
  constexpr std::string_view divider = "--\n";
  std::array<std::string_view, parts> all;
  for (auto& each : all) {
    const auto end = std::min(input.find(divider), input.size());
    each = input.substr(0, end);
    input.remove_prefix(std::min(input.size(), end + divider.size()));
  }
  return all;
}

desired_backend two_servers() {
  desired_backend desired;
  for (const std::uint16_t port : {std::uint16_t{8080}, std::uint16_t{8081}}) {
    desired_server server;
    server.address = "10.0.0.1";
    server.port = port;
    server.weight = port % 256;
    desired.servers.emplace("10.0.0.1:" + std::to_string(port), server);
  }
  return desired;
}

void plan(const live_state& state, mode by) {
  plan_rules rules;
  rules.mode = by;
  rules.prefix = by == mode::slots ? "web" : "drcon-";
  rules.backup_prefix = by == mode::slots ? "spare" : "";
  rules.check = rules.check_first = by == mode::dynamic;
  const auto desired = two_servers();
  for (const auto& [name, live] : state.servers) {
    const auto made = plan_backend(name, desired, live, rules,
                                   [](const std::string&, const live_server& now, bool) { return now.draining(); });
    for (const auto& each : made.growth)
      if (each.find('\n') != std::string::npos) broken("a command is one line", each);
    for (const auto& each : made.leaving)
      if (!live.contains(each) || !is_ours(each, live.at(each), rules))
        broken("only servers that are there, and ours, leave", each);
    if (by == mode::dynamic && made.by_key.size() + made.names_of_others.size() != desired.servers.size())
      broken("each address gets a server");
  }
}

std::string read(const std::array<std::string_view, parts>& all, live_state& state) {
  return read_state(all[backends], all[servers], state);
}

}  // namespace

bool is_sound(std::string_view input) {
  live_state state;
  const auto all = split(input);
  return read(all, state).empty() && !state.servers.empty() && !read_info(all[info]).identity.pid.empty();
}

void try_input(std::string_view input) {
  const auto all = split(input);
  static_cast<void>(read_info(all[info]));
  static_cast<void>(read_connections(all[connections]));
  const std::string answer(all[command]);
  if (refusal_of("del server a/b", answer).find('\n') != std::string::npos) broken("a refusal is one line", answer);
  for (const auto& each : marked_backends(answer, "drcon:"))
    if (!is_haproxy_name(each)) broken("a backend that is to be deleted has a name", each);
  static_cast<void>(read_map(answer));
  if (prepared_version(answer).find('\n') != std::string::npos) broken("a version is of one line", answer);
  live_state state;
  if (!read(all, state).empty()) return;
  plan(state, mode::dynamic);
  plan(state, mode::slots);
}

}  // namespace drcon::fuzz
