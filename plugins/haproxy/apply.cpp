#include "haproxy/apply.hpp"

#include "common/atomic_file.hpp"
#include "haproxy/answers.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <utility>

namespace drcon::haproxy {
namespace {

// How often drains are looked at. An answer costs HAProxy some microseconds.
constexpr auto drain_poll = std::chrono::milliseconds(100);

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

}  // namespace

applier::applier(apply_settings options, context host)
    : options_(std::move(options)), host_(host), locks_(options_.socket, options_.plan.prefix) {}

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
  // In two containers two processes may have the same pid, start and host name, but hardly the same sockets.
  std::string why;
  const auto sockets = cli.run({"show cli sockets"}, why);
  if (!sockets) return why;
  unique_ = info.node + "\n" + info.identity.pid + "\n" + info.identity.start + "\n" + sockets->front();
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
  if (auto why = cli.open(); !why.empty()) return retry(std::move(why));
  return bring_about(cli);
}

// Each backend is judged for itself: one that refuses what is desired holds up no other.
outcome applier::bring_about(target& cli) {
  std::string why;
  auto now = look(cli, why);
  if (!now) return retry(why);
  if (now->info.stopping) return retry("this HAProxy process is ending; its successor takes over");
  if (why = meet(cli, now->info); !why.empty()) return retry(why);
  if (options_.plan.mode == mode::dynamic && version_of(now->info.version) < std::pair(2, 6))
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
  for (const auto& backend : managed_)
    if (is_to_be_set(backend, live))
      if (auto why = locks_.take(backend, unique_); !why.empty()) foreign_.emplace(backend, std::move(why));
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
      return is_ours(one.first, options_.plan) && one.second.state() == server_state::ready && one.second.weight > 0;
    }));
    loss.refused = desired->second.refused;
    loss.desired =
        loss.refused + static_cast<std::size_t>(std::ranges::count_if(
                           desired->second.servers, [](const auto& one) { return one.second.in_service(); }));
    if (loss.keeps_last()) kept.emplace(backend, loss);
  }
  return kept;
}

std::vector<std::string> applier::missing_backends(const live_state& live) const {
  std::vector<std::string> missing;
  for (const auto& [name, desired] : *desired_)
    if (!live.backends.contains(name) && !desired.servers.empty()) missing.push_back(name);
  return missing;
}

// Whether HAProxy has a backend of any service.
bool applier::any_present(const live_state& live) const {
  return std::ranges::any_of(*desired_, [&](const auto& each) { return live.backends.contains(each.first); });
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

// The services of a backend.
std::set<std::string> applier::services_of(const std::string& backend) const {
  std::set<std::string> services;
  if (const auto found = desired_->find(backend); found != desired_->end())
    for (const auto& [key, server] : found->second.servers) services.insert(server.service);
  return services;
}

std::vector<std::string> applier::remarks_on(const std::string& backend, const backend_plan& plan) {
  std::vector<std::string> remarks;
  short_of_slots_ |= !plan.left_out.empty();
  // Those that get a slot as soon as it has drained are not left out: nothing could take that back at that moment.
  const auto draining = static_cast<std::size_t>(
      std::ranges::count_if(departures_, [&](const auto& each) { return backend_part(each.first) == backend; }));
  const auto waiting = std::min(draining, plan.left_out.size());
  if (waiting > 0)
    remarks.push_back("backend " + backend + ": " + std::to_string(waiting) + " of its endpoints " +
                      (waiting == 1 ? "waits" : "wait") + " for slots that are draining");
  if (waiting < plan.left_out.size())
    remarks.push_back("backend " + backend + " has " + std::to_string(plan.slots) + " slots and needs " +
                      std::to_string(plan.slots + plan.left_out.size() - waiting) +
                      ": raise the count of its server-template");
  for (auto i = waiting; i < plan.left_out.size(); ++i) {
    const auto& server = desired_->at(backend).servers.at(plan.left_out[i]);
    host_.refused(server.service, server.endpoint, "backend " + backend + " has no slot left");
  }
  for (const auto& server : plan.by_hand)
    remarks.push_back(backend + "/" + server + " was taken out of service by hand and stays so (manual = \"respect\")");
  return remarks;
}

// Requests for these services go to servers that are gone, as far as the registry knows.
void applier::report_kept(const attempt& current) {
  for (const auto& [backend, each] : *desired_)
    if (!each.servers.empty() || !had_.contains(backend)) had_[backend] = each.services;
  std::erase_if(had_, [&](const auto& each) {
    const auto servers = current.live.servers.find(each.first);
    return servers == current.live.servers.end() || !any_in_use(servers->second, options_.plan);
  });
  std::size_t count = 0;
  for (const auto& [backend, loss] : current.kept) count += desired_->at(backend).services.size();
  for (const auto& [backend, services] : had_) {
    const auto found = desired_->find(backend);
    if (!options_.keep_empty || (found != desired_->end() && !found->second.servers.empty())) continue;
    count += services.size();
    for (const auto& service : services)
      host_.refused(service, {}, "service " + service + " has no usable endpoints; its last servers are kept");
  }
  host_.gauge("kept_services", "Services without usable endpoints whose last servers are kept.",
              static_cast<double>(count));
}

outcome applier::conclude(const attempt& current) {
  show(current.plans);
  report_kept(current);
  recheck_ = false;
  compared_ = clock::now();
  short_of_slots_ = false;
  std::vector<std::string> remarks;
  if (!state_file_fault_.empty()) remarks.push_back(state_file_fault_);
  for (const auto& [backend, each] : current.plans)
    for (auto& remark : remarks_on(backend, each)) remarks.push_back(std::move(remark));
  for (const auto& [backend, loss] : current.kept)
    remarks.push_back(common::kept_because_of("backend " + backend, loss));
  std::vector<std::string> faults;
  for (const auto& [backend, why] : current.refusals) {
    faults.push_back("backend " + backend + " keeps its servers: " + why);
    for (const auto& service : services_of(backend)) host_.refused(service, {}, why);
  }
  if (const auto missing = missing_backends(current.live); !missing.empty()) {
    // One service that HAProxy has no backend of must not hold up the others; none at all is the wrong HAProxy.
    (any_present(current.live) ? remarks : faults)
        .push_back("HAProxy's configuration has no backend " + joined(missing) + "; it takes one and a reload");
    for (const auto& backend : missing)
      for (const auto& service : services_of(backend))
        host_.refused(service, {}, "HAProxy's configuration has no backend " + backend);
  }
  if (!faults.empty()) {
    const bool any_applied =
        std::ranges::any_of(current.plans, [&](const auto& each) { return !current.refusals.contains(each.first); });
    return retry(joined(faults) + (any_applied ? ". Everything else is applied" : ""));
  }
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
  std::string why;
  try {
    target cli(options_.socket, options_.timeout);
    why = watch(cli);
  } catch (const std::exception& error) {  // no descriptor is left, for example
    why = error.what();
  }
  if (!why.empty()) {
    host_.status_away(why);
    recheck_ = true;  // otherwise nothing would say that all is well again before the next change
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
  if (info.identity == process_ && !state_file_fault_.empty()) {
    write_state_file(cli);
    if (state_file_fault_.empty()) recheck_ = true;  // otherwise the status would not say that all is well again
  }
  const bool compare = clock::now() - compared_ >= options_.compare;
  if (info.identity == process_ && !recheck_ && !compare) return {};
  const auto how = bring_about(cli);
  return how.result == DRCON_OK ? std::string() : how.why;
}

// A reloaded HAProxy reads it, so that its slots hold the present servers from the first moment on.
void applier::write_state_file(target& cli) {
  if (options_.state_file.empty()) return;
  auto fault = fault_of_state_file(cli);
  if (!fault.empty()) fault.insert(0, "the server-state file is not written: ");
  if (!fault.empty() && fault != state_file_fault_) host_.warn(fault);
  state_file_fault_ = std::move(fault);
}

// Writes it; what went wrong, or empty. Another HAProxy that read this one's servers would start with the wrong ones.
std::string applier::fault_of_state_file(target& cli) {
  const common::file_place place(options_.state_file);
  if (!place.fault().empty()) return place.fault();
  if (auto why = state_file_lock_.take(place, std::string(host_.name())); !why.empty()) return why;
  std::string why;
  const auto answers = cli.run({"show servers state"}, why);
  return answers ? common::replace_file(place, answers->front() + "\n") : why;
}

}  // namespace drcon::haproxy
