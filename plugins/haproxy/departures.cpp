#include "common/count_of.hpp"
#include "haproxy/answers.hpp"
#include "haproxy/apply.hpp"

#include <utility>

namespace drcon::haproxy {

// Starts to drain the servers that are not desired any more; tend() removes them. Where a backend lacks something that
// is desired, or too much of it is left out here, nothing is removed: the servers of before go on serving. What went
// wrong with the connection, or empty.
std::string applier::begin_departures(target& cli, attempt& current) {
  std::map<std::string, departure> departures;
  std::vector<std::string> begun;
  std::vector<std::string> commands;
  for (const auto& known : departures_)
    if (!current.among.contains(backend_part(known.first))) departures.insert(known);
  for (const auto& [backend, each] : current.own_plans()) {
    for (const auto& server : each.leaving) {
      const auto name = backend + "/" + server;
      if (const auto known = departures_.find(name); known != departures_.end()) {
        departures.insert(*known);
      } else if (!current.refusals.contains(backend) && !current.kept.contains(backend)) {
        served_.erase(name);
        begun.push_back(name);
        // Without a weight first: drcon itself takes it out of service, and must know that after a restart.
        commands.push_back("set server " + name + " weight 0");
        commands.push_back("set server " + name + " state drain");
      }
    }
  }
  departures_ = std::move(departures);
  std::string why;
  const auto answers = give(cli, commands, why);
  if (!answers) return why;
  for (std::size_t i = 0; i < begun.size(); ++i) {
    const auto drain = 2 * i + 1;
    auto refusal = refusal_of(commands[drain], (*answers)[drain]);
    if (refusal.empty()) departures_.emplace(begun[i], departure{clock::now() + options_.drain_timeout, false});
    else current.refusals.emplace(backend_part(begun[i]), std::move(refusal));
  }
  return {};
}

// Connections in use by each server of the backends that have departures; nothing when the connection failed.
std::optional<std::map<std::string, std::uint64_t>> applier::connections(target& cli) const {
  std::set<std::string> backends;
  for (const auto& [server, each] : departures_) backends.insert(backend_part(server));
  std::vector<std::string> lines;
  for (const auto& name : backends) lines.push_back("show servers conn " + name);
  std::string ignored;
  const auto answers = cli.run(lines, ignored);
  if (!answers) return {};
  std::map<std::string, std::uint64_t> used;
  for (const auto& each : *answers) used.merge(read_connections(each));
  return used;
}

// Removes the servers that have no connection left, or whose time is up. HAProxy refuses to delete a server in use: it
// is then retried at the next call.
void applier::end_departures(target& cli) {
  const auto used = connections(cli);
  if (!used) return;
  std::vector<std::string> lines;
  std::vector<std::pair<std::string, std::size_t>> due;  // server, and the line whose answer shows that it is gone
  for (auto& [server, each] : departures_) {
    const auto found = used->find(server);
    const auto left = found == used->end() ? 0 : found->second;
    const bool late = clock::now() >= each.deadline;
    if (left > 0 && !late) continue;
    if (left > 0 && !std::exchange(each.reported, true))
      host_.warn(server + " still has " + common::count_of(left, "connection") + " after drain_timeout; " +
                 (options_.shutdown_sessions ? "they are cut off" : "it goes when they have ended"));
    lines.push_back("set server " + server + " state maint");
    if (left > 0 && options_.shutdown_sessions) lines.push_back("shutdown sessions server " + server);
    if (options_.plan.mode == mode::dynamic) lines.push_back("del server " + server);
    due.emplace_back(server, lines.size() - 1);
  }
  std::string ignored;
  if (lines.empty()) return;
  const auto answers = give(cli, lines, ignored);
  if (!answers) return;
  for (const auto& [server, line] : due)
    if (const auto answer = first_line((*answers)[line]); is_success(answer) || answer == "No such server.")
      departures_.erase(server);
  host_.gauge("draining", "Servers on their way out.", static_cast<double>(departures_.size()));
  write_state_file(cli);
  if (short_of_slots_) recheck_ = true;
}

}  // namespace drcon::haproxy
