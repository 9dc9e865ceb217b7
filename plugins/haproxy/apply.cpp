#include "haproxy/apply.hpp"

#include "common/address.hpp"
#include "common/atomic_file.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace drcon::haproxy {
namespace {

// How often drains are looked at. An answer costs HAProxy some microseconds.
constexpr auto drain_poll = std::chrono::milliseconds(100);

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of("\n ");
  if (first == std::string::npos) return {};
  auto line = text.substr(first, text.find_last_not_of("\n ") + 1 - first);
  return line.substr(0, line.find('\n'));
}

// HAProxy answers with sentences, not codes. The state that is read back decides; this only finds the reason.
bool is_success(const std::string& answer) {
  return answer.empty() || answer == "New server registered." || answer == "Server deleted." ||
         answer.starts_with("IP changed from") || answer.starts_with("no need to change") ||
         answer.starts_with("port changed from");
}

std::string advice_on(const std::string& answer) {
  if (answer.starts_with("Permission denied")) return "; the socket needs 'level admin'";
  if (answer.starts_with("Backend must use a dynamic load balancing"))
    return "; 'balance roundrobin' or 'leastconn' is one, or use mode = \"slots\"";
  return {};
}

std::pair<int, int> version_of(const std::string& text) {
  int major = 0;
  int minor = 0;
  const auto* const end = text.data() + text.size();
  const auto dot = std::from_chars(text.data(), end, major).ptr;
  if (dot != end) std::from_chars(dot + 1, end, minor);
  return {major, minor};
}

std::string joined(const std::vector<std::string>& parts) {
  constexpr std::size_t enough = 5;
  std::string all;
  for (std::size_t i = 0; i < parts.size() && i < enough; ++i) all += (i == 0 ? "" : ", ") + parts[i];
  if (parts.size() > enough) all += " and " + std::to_string(parts.size() - enough) + " more";
  return all;
}

std::string backend_part(const std::string& server) { return server.substr(0, server.rfind('/')); }

}  // namespace

applier::applier(apply_settings options, context host) : options_(std::move(options)), host_(host) {}

std::optional<applier::view> applier::look(target& cli, std::string& why) {
  const auto answers = cli.run({"show info", "show backend", "show servers state"}, why);
  if (!answers) return {};
  view now;
  now.info = read_info((*answers)[0]);
  if (now.info.identity.pid.empty()) {
    why = "HAProxy answered 'show info' with: " + trimmed((*answers)[0]) + advice_on(trimmed((*answers)[0]));
    return {};
  }
  why = read_state((*answers)[1], (*answers)[2], now.state);
  if (!why.empty()) return {};
  return now;
}

// Another process knows nothing of what was set at run time, nor of what somebody did by hand.
void applier::meet(const process_info& info) {
  if (info.identity == process_) return;
  if (!process_.pid.empty()) {
    successor_ = "HAProxy was reloaded or restarted (pid " + process_.pid + ", now " + info.identity.pid + ")";
    host_.status_away(successor_ + " and has forgotten what was set; it is set again");
    host_.count("process_changes_total", "How often another HAProxy process answered.");
  }
  process_ = info.identity;
  served_.clear();
  departures_.clear();
}

outcome applier::apply(desired_backends desired) {
  desired_ = std::move(desired);
  for (const auto& [name, each] : *desired_) managed_.insert(name);
  return bring_about();
}

outcome applier::bring_about() {
  target cli(options_.socket, options_.timeout);
  if (auto why = cli.open(); !why.empty()) return retry(std::move(why));
  return bring_about(cli);
}

outcome applier::bring_about(target& cli) {
  std::string why;
  auto now = look(cli, why);
  if (!now) return retry(why);
  if (now->info.stopping) return retry("this HAProxy process is ending; its successor takes over");
  meet(now->info);
  if (options_.plan.mode == mode::dynamic && version_of(now->info.version) < std::pair(2, 6))
    return rejected("HAProxy " + now->info.version + " cannot add servers at run time, 2.6 can; use mode = \"slots\"");
  auto plans = plan(now->state);
  std::vector<std::string> growth;
  for (const auto& [name, each] : plans) growth.insert(growth.end(), each.growth.begin(), each.growth.end());
  if (!growth.empty()) {
    const auto refusal = carry_out(cli, growth, why);
    if (!why.empty()) return retry(why);
    now = look(cli, why);
    if (!now) return retry(why);
    plans = plan(now->state);
    for (const auto& [name, each] : plans) {
      if (each.growth.empty()) continue;
      // Nothing is removed while something desired is missing: the servers of before go on serving.
      return retry(refusal.empty() ? "HAProxy took '" + each.growth.front() + "' without effect" : refusal);
    }
  }
  if (why = begin_departures(cli, plans); !why.empty()) return retry(why);
  remember(plans);
  if (!growth.empty()) write_state_file(cli);
  return conclude(*now, plans);
}

std::map<std::string, backend_plan> applier::plan(const live_state& live) const {
  static const desired_backend nothing;
  static const live_servers no_servers;
  const auto by_hand = [this](const std::string& server, const live_server& now) {
    return options_.respect_manual && served_.contains(server) && (now.in_maintenance() || now.draining());
  };
  std::map<std::string, backend_plan> plans;
  for (const auto& name : managed_) {
    if (!live.backends.contains(name)) continue;
    const auto found = desired_->find(name);
    const auto& desired = found == desired_->end() ? nothing : found->second;
    if (desired.servers.empty() && options_.keep_empty) continue;
    const auto servers = live.servers.find(name);
    plans.emplace(name, plan_backend(name, desired, servers == live.servers.end() ? no_servers : servers->second,
                                     options_.plan, by_hand));
  }
  return plans;
}

std::vector<std::string> applier::missing_backends(const live_state& live) const {
  std::vector<std::string> missing;
  for (const auto& [name, desired] : *desired_)
    if (!live.backends.contains(name) && !desired.servers.empty()) missing.push_back(name);
  return missing;
}

// The answers; nothing when the connection failed, with `why`.
std::optional<std::vector<std::string>> applier::give(target& cli, const std::vector<std::string>& commands,
                                                      std::string& why) const {
  if (commands.empty()) return std::vector<std::string>();
  auto answers = cli.run(commands, why);
  if (answers) host_.count("commands_total", "Commands given to HAProxy.", static_cast<double>(commands.size()));
  if (answers && host_.log_enabled(DRCON_LOG_DEBUG))
    for (std::size_t i = 0; i < commands.size(); ++i)
      host_.debug(commands[i] + " -> " + ((*answers)[i].empty() ? "done" : (*answers)[i]));
  return answers;
}

// The first thing that HAProxy refused, or empty. `why` when the connection failed.
std::string applier::carry_out(target& cli, const std::vector<std::string>& commands, std::string& why) const {
  const auto answers = give(cli, commands, why);
  if (!answers) return {};
  for (std::size_t i = 0; i < commands.size(); ++i)
    if (const auto answer = trimmed((*answers)[i]); !is_success(answer))
      return "HAProxy refuses '" + commands[i] + "': " + answer + advice_on(answer);
  return {};
}

// Starts to drain the servers that are not desired any more; tend() removes them. What went wrong, or empty.
std::string applier::begin_departures(target& cli, const std::map<std::string, backend_plan>& plans) {
  std::map<std::string, departure> departures;
  std::vector<std::string> lines;
  for (const auto& [backend, each] : plans) {
    for (const auto& server : each.leaving) {
      const auto name = backend + "/" + server;
      const auto known = departures_.find(name);
      if (known == departures_.end()) lines.push_back("set server " + name + " state drain");
      departures.emplace(
          name, known == departures_.end() ? departure{clock::now() + options_.drain_timeout, false} : known->second);
    }
  }
  departures_ = std::move(departures);
  std::string why;
  const auto refusal = carry_out(cli, lines, why);
  return why.empty() ? refusal : why;
}

void applier::remember(const std::map<std::string, backend_plan>& plans) {
  served_.clear();
  for (const auto& [backend, each] : plans)
    for (const auto& [key, server] : each.by_key)
      if (desired_->at(backend).servers.at(key).state == server_state::ready) served_.insert(backend + "/" + server);
}

outcome applier::conclude(const view& now, const std::map<std::string, backend_plan>& plans) {
  show(plans);
  recheck_ = false;
  short_of_slots_ = false;
  std::vector<std::string> remarks;
  for (const auto& [backend, each] : plans) {
    if (!each.left_out.empty()) {
      short_of_slots_ = true;
      const auto needed = each.slots + each.left_out.size();
      remarks.push_back("backend " + backend + " has " + std::to_string(each.slots) + " slots and needs " +
                        std::to_string(needed) + ": raise the count of its server-template");
      for (const auto& key : each.left_out) {
        const auto& server = desired_->at(backend).servers.at(key);
        host_.refused(server.service, server.endpoint, "backend " + backend + " has no slot left");
      }
    }
    for (const auto& server : each.by_hand)
      remarks.push_back(backend + "/" + server +
                        " was taken out of service by hand and stays so (manual = \"respect\")");
  }
  if (const auto missing = missing_backends(now.state); !missing.empty())
    return retry("HAProxy's configuration has no backend " + joined(missing) +
                 "; it takes one and a reload. Everything else is applied");
  const auto successor = std::exchange(successor_, {});
  if (remarks.empty()) host_.status_ok(successor.empty() ? successor : "all is set again: " + successor);
  else host_.status_degraded(joined(remarks));
  return ok();
}

void applier::show(const std::map<std::string, backend_plan>& plans) const {
  for (const auto& [backend, each] : plans) {
    host_.gauge("servers", "Servers, or slots in use, of a backend.", static_cast<double>(each.by_key.size()),
                {{"backend", backend}});
    if (options_.plan.mode == mode::slots)
      host_.gauge("slots", "Slots of a backend.", static_cast<double>(each.slots), {{"backend", backend}});
  }
  host_.gauge("draining", "Servers on their way out.", static_cast<double>(departures_.size()));
}

std::chrono::nanoseconds applier::tend() {
  if (!desired_) return options_.watch;
  target cli(options_.socket, options_.timeout);
  if (const auto why = watch(cli); !why.empty()) {
    host_.status_away(why);
    recheck_ = true;
    return options_.watch;
  }
  return departures_.empty() ? options_.watch : std::min<std::chrono::nanoseconds>(drain_poll, options_.watch);
}

// What keeps HAProxy from being in step, or empty.
std::string applier::watch(target& cli) {
  if (auto why = cli.open(); !why.empty()) return why;
  std::string why;
  const auto answers = cli.run({"show info"}, why);
  if (!answers) return why;
  const auto info = read_info(answers->front());
  if (info.stopping) return "this HAProxy process is ending; its successor takes over";
  if (!departures_.empty() && info.identity == process_) end_departures(cli);
  if (info.identity == process_ && !recheck_) return {};
  const auto how = bring_about(cli);
  return how.result == DRCON_OK ? std::string() : how.why;
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
  std::vector<std::pair<std::string, std::size_t>> due;  // server, and the line whose answer tells that it is gone
  for (auto& [server, each] : departures_) {
    const auto found = used->find(server);
    const auto left = found == used->end() ? 0 : found->second;
    const bool late = clock::now() >= each.deadline;
    if (left > 0 && !late) continue;
    if (left > 0 && !std::exchange(each.reported, true))
      host_.warn(server + " still has " + std::to_string(left) + " connections after drain_timeout; " +
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
    if (const auto answer = trimmed((*answers)[line]); is_success(answer) || answer == "No such server.")
      departures_.erase(server);
  host_.gauge("draining", "Servers on their way out.", static_cast<double>(departures_.size()));
  write_state_file(cli);
  if (short_of_slots_) recheck_ = true;
}

// A reloaded HAProxy reads it, so that its slots hold the present servers from the first moment on.
void applier::write_state_file(target& cli) {
  if (options_.state_file.empty()) return;
  std::string why;
  const auto answers = cli.run({"show servers state"}, why);
  if (answers) why = common::replace_file(options_.state_file, answers->front() + "\n");
  if (!why.empty()) host_.warn("the server-state file is not written: " + why);
}

std::pair<std::string, std::optional<std::string>> applier::preview(const desired_backends& desired) const {
  const auto line = [](unsigned weight, server_state state) {
    return " weight " + std::to_string(weight) +
           (state == server_state::ready ? std::string() : std::string(" ") + to_string(state)) + "\n";
  };
  std::string next;
  for (const auto& [backend, each] : desired)
    for (const auto& [key, server] : each.servers) next += backend + " " + key + line(server.weight, server.state);
  target cli(options_.socket, options_.timeout);
  std::string why = cli.open();
  const auto now = why.empty() ? look(cli, why) : std::nullopt;
  if (!now) return {next, std::nullopt};
  std::map<std::string, std::string> lines;  // sorted as the desired ones are
  for (const auto& [backend, each] : desired) {
    const auto servers = now->state.servers.find(backend);
    if (servers == now->state.servers.end()) continue;
    for (const auto& [name, server] : servers->second) {
      if (!is_ours(name, options_.plan)) continue;
      if (options_.plan.mode == mode::slots && server.in_maintenance()) continue;
      lines[backend + " " + common::with_port(server.address, server.port)] = line(server.weight, server.state());
    }
  }
  std::string live;
  for (const auto& [start, end] : lines) live += start + end;
  return {next, live};
}

}  // namespace drcon::haproxy
