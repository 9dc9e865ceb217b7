// What is reported of an attempt: its outcome, the status, and what is left out.
#include "haproxy/apply.hpp"

#include "common/count_of.hpp"

#include <algorithm>
#include <utility>

namespace drcon::haproxy {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  constexpr std::size_t enough = 5;
  std::string all;
  for (std::size_t i = 0; i < parts.size() && i < enough; ++i) all += (i == 0 ? "" : ", ") + parts[i];
  if (parts.size() > enough) all += " and " + std::to_string(parts.size() - enough) + " more";
  return all;
}

}  // namespace

std::vector<std::string> applier::missing_backends(const live_state& live) const {
  std::vector<std::string> missing;
  for (const auto& [name, desired] : *desired_)
    if (!live.backends.contains(name) && !desired.servers.empty()) missing.push_back(name);
  return missing;
}

void applier::report_missing(const attempt& current, std::vector<std::string>& sentences) const {
  auto missing = missing_backends(current.live);
  for (const auto& backend : missing) {
    const auto unmade = current.unmade.find(backend);
    const bool was_tried = unmade != current.unmade.end();
    if (was_tried) sentences.push_back("backend " + backend + " is not made: " + unmade->second);
    for (const auto& service : services_of(backend))
      host_.refused(service, {}, was_tried ? unmade->second : "HAProxy's configuration has no backend " + backend);
  }
  std::erase_if(missing, [&](const auto& each) { return current.unmade.contains(each); });
  if (!missing.empty())
    sentences.push_back("HAProxy's configuration has no backend " + joined(missing) + "; it takes one and a reload");
}

// Whether HAProxy has a backend of any service.
bool applier::any_present(const live_state& live) const {
  return std::ranges::any_of(*desired_, [&](const auto& each) { return live.backends.contains(each.first); });
}

// The services of a backend.
std::set<std::string> applier::services_of(const std::string& backend) const {
  std::set<std::string> services;
  if (const auto found = desired_->find(backend); found != desired_->end())
    for (const auto& [key, server] : found->second.servers) services.insert(server.service);
  return services;
}

// HAProxy sends nothing to a server that its own check has down, whatever the registry says of it.
void applier::remark_on_checks(const std::string& backend, const backend_plan& plan, const live_servers& live,
                               std::vector<std::string>& remarks) const {
  std::size_t down = 0;
  std::size_t in_service = 0;
  for (const auto& [key, server] : plan.by_key) {
    const auto& desired = desired_->at(backend).servers.at(key);
    const auto found = live.find(server);
    if (!desired.in_service() || plan.by_hand.contains(server) || found == live.end()) continue;
    ++in_service;
    if (!found->second.is_down()) continue;
    ++down;
    host_.refused(desired.service, desired.endpoint,
                  "HAProxy's own check has " + backend + "/" + server + " DOWN; 'show servers state " + backend +
                      "' and HAProxy's log say why");
  }
  if (down > 0)
    remarks.push_back(std::to_string(down) + " of " + common::count_of(in_service, "server") + " of backend " +
                      backend + (down == 1 ? " is" : " are") + " DOWN by HAProxy's own checks");
}

std::vector<std::string> applier::remarks_on(const std::string& backend, const backend_plan& plan,
                                             const live_servers& live) {
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
    remarks.push_back("backend " + backend + " has " + common::count_of(plan.slots, "slot") + " and needs " +
                      std::to_string(plan.slots + plan.left_out.size() - waiting) +
                      ": raise the count of its server-template");
  for (auto i = waiting; i < plan.left_out.size(); ++i) {
    const auto& server = desired_->at(backend).servers.at(plan.left_out[i]);
    host_.refused(server.service, server.endpoint, "backend " + backend + " has no slot left");
  }
  for (const auto& key : plan.names_of_others) {
    const auto& server = desired_->at(backend).servers.at(key);
    const auto why = "HAProxy has a server " + backend + "/" + dynamic_name(server, options_.plan) +
                     " of a sink with another prefix, which begins as this one's does; give one of the two sinks a "
                     "prefix of which none begins with the other";
    host_.refused(server.service, server.endpoint, why);
    remarks.push_back(server.endpoint + " is left out: " + why);
  }
  for (const auto& server : plan.moved)
    remarks.push_back(backend + "/" + server +
                      " is not desired, and has an address that somebody gave it by hand, so that nothing says which "
                      "sink it is of: it stays; 'del server' removes it");
  // A service is not served by what somebody has taken out of service, whoever it was.
  for (const auto& [key, server] : plan.by_key) {
    if (!plan.by_hand.contains(server)) continue;
    const auto& desired = desired_->at(backend).servers.at(key);
    host_.refused(desired.service, desired.endpoint,
                  backend + "/" + server + " was taken out of service by hand in HAProxy; 'set server " + backend +
                      "/" + server + " state ready' brings it back");
  }
  remark_on_checks(backend, plan, live, remarks);
  for (const auto& server : plan.by_hand)
    remarks.push_back(backend + "/" + server + " was taken out of service by hand and stays so (manual = \"respect\")");
  return remarks;
}

// Requests for these services go to servers that are gone, as far as the registry knows.
void applier::report_kept(const attempt& current) {
  for (const auto& backend : current.among) {
    const auto desired = desired_->find(backend);
    if (desired != desired_->end() && (!desired->second.servers.empty() || !had_.contains(backend)))
      had_[backend] = desired->second.services;
  }
  // Backends that are not desired any more are few.
  std::erase_if(had_, [&](const auto& each) {
    if (!current.among.contains(each.first) && managed_.contains(each.first)) return false;
    return !any_in_use(current.live.servers_of(each.first), options_.plan);
  });
  std::size_t count = 0;
  for (const auto& [backend, loss] : current.kept) count += desired_->at(backend).services.size();
  for (const auto& [backend, services] : had_) {
    const auto found = desired_->find(backend);
    if (!keeps_empty(backend) || (found != desired_->end() && !found->second.servers.empty())) continue;
    count += services.size();
    for (const auto& service : services)
      host_.refused(service, {}, "service " + service + " has no usable endpoints; its last servers are kept");
  }
  host_.gauge("kept_services", "Services without usable endpoints whose last servers are kept.",
              static_cast<double>(count));
}

outcome applier::conclude(const attempt& current) {
  show(current);
  unsettled_.clear();
  for (const auto& [backend, why] : current.refusals) unsettled_.insert(backend);
  for (const auto& [backend, loss] : current.kept) unsettled_.insert(backend);
  write_config_file(&current.live);
  report_kept(current);
  recheck_ = false;
  short_of_slots_ = false;
  auto remarks = made_.remarks();
  for (const auto& service : made_.unroutable())
    host_.refused(service, {}, "its name cannot be a key of a map: letters, digits, '_', '.', ':' and '-'");
  for (const auto* fault : {&config_file_fault_, &state_file_fault_})
    if (!fault->empty()) remarks.push_back(*fault);
  for (const auto& [backend, each] : current.plans)
    if (current.live.with_down.contains(backend) || each.is_remarkable())
      for (auto& remark : remarks_on(backend, each, current.live.servers_of(backend)))
        remarks.push_back(std::move(remark));
  for (const auto& [backend, loss] : current.kept)
    remarks.push_back(common::kept_because_of("backend " + backend, loss));
  std::vector<std::string> faults;
  for (const auto& [backend, why] : current.refusals) {
    faults.push_back("backend " + backend + " keeps its servers: " + why);
    for (const auto& service : services_of(backend)) host_.refused(service, {}, why);
  }
  // One service that HAProxy has no backend of must not hold up the others; none at all is the wrong HAProxy.
  report_missing(current, any_present(current.live) ? remarks : faults);
  plan_next_try(current);
  // Anybody who may register a service could otherwise keep the whole sink, and all that waits for it, from being well.
  const bool any_applied =
      std::ranges::any_of(current.plans, [&](const auto& each) { return !current.refusals.contains(each.first); });
  if (!faults.empty() && !any_applied) return retry(joined(faults));
  remarks.insert(remarks.begin(), faults.begin(), faults.end());
  const auto successor = std::exchange(successor_, {});
  if (remarks.empty()) host_.status_ok(successor.empty() ? successor : "all is set again: " + successor);
  else host_.status_degraded(joined(remarks));
  return ok();
}

// What is refused may be taken later: once its holder has ended, or HAProxy has another configuration. The host does
// not hand over again what was answered.
void applier::plan_next_try(const attempt& current) {
  if (current.refusals.empty() && current.unmade.empty()) {
    patience_.reset();
    next_try_ = clock::time_point::max();
  } else {
    next_try_ = clock::now() + patience_.next();
  }
}

void applier::show(const attempt& current) const {
  for (const auto& [backend, each] : current.own_plans()) {
    host_.gauge("servers", "Servers, or slots in use, of a backend.", static_cast<double>(each.by_key.size()),
                {{"backend", backend}});
    if (options_.plan.mode == mode::slots)
      host_.gauge("slots", "Slots of a backend.", static_cast<double>(each.slots), {{"backend", backend}});
  }
  host_.gauge("draining", "Servers on their way out.", static_cast<double>(departures_.size()));
}

}  // namespace drcon::haproxy
