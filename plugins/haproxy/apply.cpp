#include "haproxy/apply.hpp"

#include "haproxy/answers.hpp"

#include <algorithm>
#include <utility>

namespace drcon::haproxy {

std::vector<std::string> prefixes_of(const plan_rules& rules) {
  std::vector<std::string> all{rules.prefix};
  if (!rules.backup_prefix.empty()) all.push_back(rules.backup_prefix);
  return all;
}

bool can_add_servers(const std::string& version) { return is_at_least(version, 2, 6); }

std::string unique_of(const process_info& info, const std::string& sockets) {
  return info.node + "\n" + info.identity.pid + "\n" + info.identity.start + "\n" + sockets;
}

applier::applier(apply_settings options, context host)
    : options_(std::move(options)),
      host_(host),
      patience_(options_.watch, std::max(options_.watch, options_.compare)),
      locks_(options_.socket, prefixes_of(options_.plan)),
      config_file_(options_.config_file, std::string(host.name())),
      made_(options_.backends, options_.socket, std::string(host.name()) + "\n" + options_.plan.prefix, host) {}

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
  made_.meet(unique_);
  served_.clear();
  departures_.clear();
  return {};
}

std::optional<process_info> applier::look_at_process(target& cli, std::string& why) {
  const auto answers = cli.run({"show info"}, why);
  if (!answers) return {};
  return read_info(answers->front());
}

// What these backends have by now. What is not as expected, or empty.
std::string applier::look_at(target& cli, const backend_names& backends, live_state& live) {
  std::vector<std::string> commands;
  for (const auto& each : backends)
    if (live.backends.contains(each)) commands.push_back("show servers state " + each);
  std::string why;
  const auto answers = cli.run(commands, why);
  if (!answers) return why;
  for (const auto& each : backends) {
    live.servers.erase(each);
    live.with_down.erase(each);
  }
  for (const auto& each : *answers)
    if (why = read_servers(each, live); !why.empty()) return why;
  return {};
}

outcome applier::apply(const desired_backends& desired, const backend_names* changed) {
  const bool is_first = std::exchange(desired_, &desired) == nullptr;
  if (!changed || is_first) {
    for (const auto& [name, each] : desired) managed_.insert(name);
    return bring_about();
  }
  for (const auto& name : *changed)
    if (desired.contains(name)) managed_.insert(name);
  return bring_about(changed);
}

outcome applier::bring_about(const backend_names* changed) {
  target cli(options_.socket, options_.timeout);
  if (auto why = cli.open(); !why.empty()) {
    write_config_file(nullptr);  // HAProxy may not have been started yet, and starts with it
    return retry(std::move(why));
  }
  return changed && may_do_a_part(*changed) ? bring_about_part(cli, *changed) : bring_about(cli);
}

// Asking for very many backends one by one costs more than asking for all.
bool applier::may_do_a_part(const backend_names& changed) const {
  constexpr std::size_t few = 64;
  return settled_ && !recheck_ && (changed.size() <= few || changed.size() * 2 <= settled_->live.backends.size());
}

// The other backends are taken to be as they were when all were compared last, at most `compare` ago.
outcome applier::bring_about_part(target& cli, const backend_names& changed) {
  std::string why;
  const auto info = look_at_process(cli, why);
  if (!info) return retry(why);
  if (!(info->identity == process_) || info->stopping) return bring_about(cli);
  auto current = std::move(*settled_);
  settled_.reset();
  current.among = changed;
  current.is_of_all = false;
  // What was last seen of them is of before their departures: planned from that, a server that drcon has taken out of
  // service would look as if somebody had done it by hand.
  if (why = look_at(cli, changed, current.live); !why.empty()) return retry(why);
  return go_on(cli, std::move(current));
}

// Each backend is judged for itself: one that refuses what is desired holds up no other.
outcome applier::bring_about(target& cli) {
  settled_.reset();
  std::string why;
  auto now = look(cli, why);
  if (!now) return retry(why);
  if (now->info.stopping) return retry("this HAProxy process is ending; its successor takes over");
  if (why = meet(cli, now->info); !why.empty()) return retry(why);
  if (options_.plan.mode == mode::dynamic && !can_add_servers(now->info.version))
    return rejected("HAProxy " + now->info.version + " cannot add servers at run time, 2.6 can; use mode = \"slots\"");
  if (why = made_.look(cli, now->info.version); !why.empty()) return retry(why);
  managed_.insert(made_.names().begin(), made_.names().end());  // also those whose services have gone meanwhile
  foreign_.clear();
  locks_.keep_only([this](const std::string& backend) { return managed_.contains(backend); });
  return go_on(cli, {.among = managed_,
                     .is_of_all = true,
                     .live = std::move(now->state),
                     .plans = {},
                     .refusals = {},
                     .unmade = {},
                     .kept = {}});
}

// Its backends were looked at just now.
outcome applier::go_on(target& cli, attempt current) {
  forget_unused_backends(current);
  if (const auto why = make_missing(cli, current); !why.empty()) return retry(why);
  take_locks(current);
  for (const auto& [backend, why] : foreign_) {
    const auto open = plan_of(backend, current.live);
    if (!open.growth.empty() || !open.leaving.empty()) current.refusals.emplace(backend, why);
  }
  plan(current);
  current.kept = unbearable_losses(current);
  const bool changes =
      std::ranges::any_of(current.own_plans(), [](const auto& each) { return !each.second.growth.empty(); });
  if (changes)
    if (const auto why = grow(cli, current); !why.empty()) return retry(why);
  if (const auto why = open_backends(cli, current); !why.empty()) return retry(why);
  if (const auto why = begin_departures(cli, current); !why.empty()) return retry(why);
  remember(current);
  if (changes || !state_file_fault_.empty()) write_state_file(cli);
  auto answer = conclude(current);
  if (current.is_of_all) compared_ = clock::now();  // else nothing was looked at of the others
  const bool is_well = answer.result == DRCON_OK && current.refusals.empty() && current.kept.empty() &&
                       foreign_.empty() && state_file_fault_.empty() && !short_of_slots_;
  if (is_well) settled_ = std::move(current);
  return answer;
}

// Reads back what there is now, and plans what is still missing. What went wrong, or empty.
std::string applier::look_again(target& cli, attempt& current) const {
  std::string why;
  if (current.is_of_all) {
    auto now = look(cli, why);
    if (!now) return why;
    current.live = std::move(now->state);
  } else if (why = look_at(cli, current.among, current.live); !why.empty()) {
    return why;
  }
  plan(current);
  for (const auto& [backend, each] : current.own_plans()) {
    if (each.growth.empty()) current.refusals.erase(backend);
    else current.refusals.emplace(backend, "HAProxy took '" + each.growth.front() + "' without effect");
  }
  return {};
}

// Brings what is desired into service, and reads back whether it is. What went wrong with the connection, or empty;
// what a backend refuses is noted in `current`.
std::string applier::grow(target& cli, attempt& current) {
  std::vector<std::string> commands;
  std::vector<std::string> backends;  // of each command
  for (const auto& [backend, each] : current.own_plans()) {
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
  return look_again(cli, current);
}

// What a registry names once must not stay for ever: only the backends that HAProxy has, and that have servers of ours
// in use, are still to be emptied when their services have vanished.
void applier::forget_unused_backends(const attempt& current) {
  for (const auto& name : current.among) {
    if (desired_->contains(name) || made_.contains(name)) continue;
    if (options_.keep_empty || !any_in_use(current.live.servers_of(name), options_.plan)) managed_.erase(name);
  }
}

// Whether there is anything to do in a backend that is, or was, desired.
bool applier::is_to_be_set(const std::string& backend, const live_state& live) const {
  const auto found = desired_->find(backend);
  const bool empty = found == desired_->end() || found->second.servers.empty();
  return live.backends.contains(backend) && !(empty && keeps_empty(backend));
}

// What another sink sets is not touched, and is well as long as it is as desired here, too.
void applier::take_locks(const attempt& current) {
  for (const auto& backend : current.among) {
    if (!managed_.contains(backend) || !is_to_be_set(backend, current.live)) continue;
    const auto others = prefixes_with_slots_of(current.live.servers_of(backend), options_.plan);
    if (auto why = locks_.take(backend, unique_, others); !why.empty()) foreign_.emplace(backend, std::move(why));
  }
}

backend_plan applier::plan_of(const std::string& backend, const live_state& live) const {
  static const desired_backend nothing;
  // One that this run has brought into service was taken out by somebody else; and so was one that has a weight, since
  // drcon takes that away first.
  const auto by_hand = [this](const std::string& server, const live_server& now, bool moved) {
    if (!options_.respect_manual || now.state() == server_state::ready) return false;
    return served_.contains(server) || (!moved && now.is_out_by_order() && now.weight > 0);
  };
  const auto found = desired_->find(backend);
  return plan_backend(backend, found == desired_->end() ? nothing : found->second, live.servers_of(backend),
                      options_.plan, by_hand);
}

void applier::plan(attempt& current) const {
  for (const auto& name : current.among) {
    const bool is_planned = managed_.contains(name) && is_to_be_set(name, current.live) && !foreign_.contains(name);
    if (is_planned) current.plans.insert_or_assign(name, plan_of(name, current.live));
    else current.plans.erase(name);
  }
}

// Before anything is added, so that what is measured is what was served.
std::map<std::string, common::refused_loss> applier::unbearable_losses(const attempt& current) const {
  std::map<std::string, common::refused_loss> kept;
  for (const auto& [backend, each] : current.own_plans()) {
    const auto desired = desired_->find(backend);
    if (desired == desired_->end()) continue;
    common::refused_loss loss;
    loss.served =
        static_cast<std::size_t>(std::ranges::count_if(current.live.servers_of(backend), [&](const auto& one) {
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
  for (const auto& [backend, each] : current.own_plans()) {
    const auto start = backend + "/";
    auto known = served_.lower_bound(start);
    while (known != served_.end() && known->starts_with(start)) known = served_.erase(known);
    const auto& servers = current.live.servers_of(backend);
    for (const auto& [key, server] : each.by_key) {
      if (desired_->at(backend).servers.at(key).state != server_state::ready) continue;
      const auto live = servers.find(server);
      const bool serves = live != servers.end() && live->second.state() == server_state::ready;
      if (serves || each.by_hand.contains(server)) served_.insert(backend + "/" + server);
    }
  }
}

}  // namespace drcon::haproxy
