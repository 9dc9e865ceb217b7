#include "haproxy/apply.hpp"

#include "haproxy/answers.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace drcon::haproxy {
namespace {

std::pair<int, int> version_of(const std::string& text) {
  int major = 0;
  int minor = 0;
  const auto* const end = text.data() + text.size();
  const auto dot = std::from_chars(text.data(), end, major).ptr;
  if (dot != end) std::from_chars(dot + 1, end, minor);
  return {major, minor};
}

}  // namespace

std::vector<std::string> prefixes_of(const plan_rules& rules) {
  std::vector<std::string> all{rules.prefix};
  if (!rules.backup_prefix.empty()) all.push_back(rules.backup_prefix);
  return all;
}

bool can_add_servers(const std::string& version) { return version_of(version) >= std::pair(2, 6); }

std::string unique_of(const process_info& info, const std::string& sockets) {
  return info.node + "\n" + info.identity.pid + "\n" + info.identity.start + "\n" + sockets;
}

applier::applier(apply_settings options, context host)
    : options_(std::move(options)),
      host_(host),
      locks_(options_.socket, prefixes_of(options_.plan)),
      config_file_(options_.config_file, std::string(host.name())) {}

std::optional<applier::view> applier::look(target& cli, std::string& why) {
  const auto answers = cli.run({"show info", "show backend", "show servers state"}, why);
  if (!answers) return {};
  view now;
  now.info = read_info((*answers)[0]);
  if (now.info.identity.pid.empty()) {
    why = "HAProxy answered 'show info' with: " + first_line((*answers)[0]) + advice_on(first_line((*answers)[0]));
    return {};
  }
  why = read_state((*answers)[1], (*answers)[2], now.state);
  if (!why.empty()) return {};
  return now;
}

// Another process knows nothing of what was set at run time, nor of what somebody did by hand. What went wrong with the
// connection, or empty.
std::string applier::meet(target& cli, const process_info& info) {
  if (info.identity == process_) return {};
  std::string why;
  const auto sockets = cli.run({"show cli sockets"}, why);
  if (!sockets) return why;
  unique_ = unique_of(info, sockets->front());
  if (!process_.pid.empty()) {
    successor_ = "HAProxy was reloaded or restarted (pid " + process_.pid + ", now " + info.identity.pid + ")";
    host_.status_away(successor_ + " and has forgotten what was set; it is set again");
    host_.count("process_changes_total", "How often another HAProxy process answered.");
  }
  process_ = info.identity;
  served_.clear();
  departures_.clear();
  return {};
}

outcome applier::apply(desired_backends desired) {
  desired_ = std::move(desired);
  for (const auto& [name, each] : *desired_) managed_.insert(name);
  return bring_about();
}

outcome applier::bring_about() {
  target cli(options_.socket, options_.timeout);
  if (auto why = cli.open(); !why.empty()) {
    write_config_file({});  // HAProxy may not have been started yet, and starts with it
    return retry(std::move(why));
  }
  return bring_about(cli);
}

// Each backend is judged for itself: one that refuses what is desired holds up no other.
outcome applier::bring_about(target& cli) {
  std::string why;
  auto now = look(cli, why);
  if (!now) return retry(why);
  if (now->info.stopping) return retry("this HAProxy process is ending; its successor takes over");
  if (why = meet(cli, now->info); !why.empty()) return retry(why);
  if (options_.plan.mode == mode::dynamic && !can_add_servers(now->info.version))
    return rejected("HAProxy " + now->info.version + " cannot add servers at run time, 2.6 can; use mode = \"slots\"");
  forget_unused_backends(now->state);
  take_locks(now->state);
  attempt current{.live = std::move(now->state), .plans = {}, .refusals = {}, .kept = {}};
  for (const auto& [backend, why] : foreign_) {
    const auto open = plan_of(backend, current.live);
    if (!open.growth.empty() || !open.leaving.empty()) current.refusals.emplace(backend, why);
  }
  current.plans = plan(current.live);
  current.kept = unbearable_losses(current);
  const bool changes = std::ranges::any_of(current.plans, [](const auto& each) { return !each.second.growth.empty(); });
  if (changes)
    if (why = grow(cli, current); !why.empty()) return retry(why);
  if (why = begin_departures(cli, current); !why.empty()) return retry(why);
  remember(current);
  if (changes || !state_file_fault_.empty()) write_state_file(cli);
  return conclude(current);
}

// Brings what is desired into service, and reads back whether it is. What went wrong with the connection, or empty;
// what a backend refuses is noted in `current`.
std::string applier::grow(target& cli, attempt& current) {
  std::vector<std::string> commands;
  std::vector<std::string> backends;  // of each command
  for (const auto& [backend, each] : current.plans) {
    // Before the commands are sent: when the connection fails, it is not known which of them were carried out, and what
    // drcon itself took out of service would later look as if somebody had done it by hand.
    for (const auto& server : each.taken_out) served_.erase(backend + "/" + server);
    for (const auto& command : each.growth) {
      commands.push_back(command);
      backends.push_back(backend);
    }
  }
  std::string why;
  const auto answers = give(cli, commands, why);
  if (!answers) return why;
  for (std::size_t i = 0; i < commands.size(); ++i)
    if (auto refusal = refusal_of(commands[i], (*answers)[i]); !refusal.empty())
      current.refusals.emplace(backends[i], std::move(refusal));
  auto now = look(cli, why);
  if (!now) return why;
  current.live = std::move(now->state);
  current.plans = plan(current.live);
  for (const auto& [backend, each] : current.plans) {
    if (each.growth.empty()) current.refusals.erase(backend);
    else current.refusals.emplace(backend, "HAProxy took '" + each.growth.front() + "' without effect");
  }
  return {};
}

// What a registry names once must not stay for ever: only the backends that HAProxy has, and that have servers of ours
// in use, are still to be emptied when their services have vanished.
void applier::forget_unused_backends(const live_state& live) {
  std::erase_if(managed_, [&](const std::string& name) {
    if (desired_->contains(name)) return false;
    const auto servers = live.servers.find(name);
    return options_.keep_empty || servers == live.servers.end() || !any_in_use(servers->second, options_.plan);
  });
}

// Whether there is anything to do in a backend that is, or was, desired.
bool applier::is_to_be_set(const std::string& backend, const live_state& live) const {
  const auto found = desired_->find(backend);
  const bool empty = found == desired_->end() || found->second.servers.empty();
  return live.backends.contains(backend) && !(empty && options_.keep_empty);
}

// What another sink sets is not touched, and is well as long as it is as desired here, too.
void applier::take_locks(const live_state& live) {
  foreign_.clear();
  locks_.keep_only([this](const std::string& backend) { return managed_.contains(backend); });
  for (const auto& backend : managed_) {
    if (!is_to_be_set(backend, live)) continue;
    const auto servers = live.servers.find(backend);
    const auto others = servers == live.servers.end() ? std::set<std::string>()
                                                      : prefixes_with_slots_of(servers->second, options_.plan);
    if (auto why = locks_.take(backend, unique_, others); !why.empty()) foreign_.emplace(backend, std::move(why));
  }
}

backend_plan applier::plan_of(const std::string& backend, const live_state& live) const {
  static const desired_backend nothing;
  static const live_servers no_servers;
  // One that this run has brought into service was taken out by somebody else; and so was one that has a weight, since
  // drcon takes that away first.
  const auto by_hand = [this](const std::string& server, const live_server& now, bool moved) {
    if (!options_.respect_manual || now.state() == server_state::ready) return false;
    return served_.contains(server) || (!moved && now.is_out_by_order() && now.weight > 0);
  };
  const auto found = desired_->find(backend);
  const auto servers = live.servers.find(backend);
  return plan_backend(backend, found == desired_->end() ? nothing : found->second,
                      servers == live.servers.end() ? no_servers : servers->second, options_.plan, by_hand);
}

std::map<std::string, backend_plan> applier::plan(const live_state& live) const {
  std::map<std::string, backend_plan> plans;
  for (const auto& name : managed_)
    if (is_to_be_set(name, live) && !foreign_.contains(name)) plans.emplace(name, plan_of(name, live));
  return plans;
}

// Before anything is added, so that what is measured is what was served.
std::map<std::string, common::refused_loss> applier::unbearable_losses(const attempt& current) const {
  std::map<std::string, common::refused_loss> kept;
  for (const auto& [backend, each] : current.plans) {
    const auto desired = desired_->find(backend);
    const auto live = current.live.servers.find(backend);
    if (desired == desired_->end() || live == current.live.servers.end()) continue;
    common::refused_loss loss;
    loss.served = static_cast<std::size_t>(std::ranges::count_if(live->second, [&](const auto& one) {
      return is_ours(one.first, one.second, options_.plan) && one.second.state() == server_state::ready &&
             one.second.weight > 0;
    }));
    loss.refused = desired->second.refused;
    loss.desired =
        loss.refused + static_cast<std::size_t>(std::ranges::count_if(
                           desired->second.servers, [](const auto& one) { return one.second.in_service(); }));
    if (loss.keeps_last()) kept.emplace(backend, loss);
  }
  return kept;
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

// Which servers are in service by our doing. Only these can be taken out of it by somebody else.
void applier::remember(const attempt& current) {
  std::erase_if(served_, [&](const std::string& server) { return current.plans.contains(backend_part(server)); });
  for (const auto& [backend, each] : current.plans) {
    const auto servers = current.live.servers.find(backend);
    if (servers == current.live.servers.end()) continue;
    for (const auto& [key, server] : each.by_key) {
      if (desired_->at(backend).servers.at(key).state != server_state::ready) continue;
      const auto live = servers->second.find(server);
      const bool serves = live != servers->second.end() && live->second.state() == server_state::ready;
      if (serves || each.by_hand.contains(server)) served_.insert(backend + "/" + server);
    }
  }
}

}  // namespace drcon::haproxy
