#include "consul_catalog/apply.hpp"

#include "common/consul_rules.hpp"

#include <drcon/url.hpp>

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace drcon::consul_catalog {
namespace {

using nlohmann::json;

std::string fault_of(const common::http_answer& answer, const std::string& what) {
  return what + ": " + common::consul::fault_of(answer, "service:write and node:read").value();
}

bool is_done(const common::http_answer& answer) {
  return answer.fault == common::http_fault::none && answer.status == 200;
}

// The agent will never accept this registration: the fault is in its text, not in the agent's state. Some such faults
// come with status 500 (Consul 1.8.7).
bool refuses_this_one(const common::http_answer& answer) {
  if (answer.fault != common::http_fault::none) return false;
  if (answer.status == 400) return true;
  if (answer.status != 500) return false;
  return answer.body.find("cripts are disabled") != std::string::npos ||
         answer.body.find("Invalid") != std::string::npos || answer.body.find("invalid") != std::string::npos;
}

}  // namespace

applier::applier(apply_settings options, context host)
    : options_(std::move(options)), host_(host), target_(options_.target) {}

outcome applier::apply(const snapshot_view& desired, const std::stop_token& stop) {
  rejected_.clear();
  stuck_.clear();
  desired_ = desired_from(desired, options_.desired);
  std::erase_if(taken_, [this](const auto& each) { return !desired_->all.contains(each.first); });
  for (const auto& each : desired_->refused) host_.refused(each.service, each.endpoint, each.why);
  log_what_is_missing();
  return match(stop);
}

outcome applier::match(const std::stop_token& stop) {
  std::string why;
  const auto now = look(target_, *desired_, stop, why);
  if (!now) return retry(why);
  why = reason_to_keep_away(*now);
  foreign_.look(*now, *desired_, options_.desired, lease_.has_seen_another());
  if (keeps_away_ = !why.empty(); keeps_away_) {
    marked_.clear();
    next_look_ = clock::now() + std::min<std::chrono::nanoseconds>(options_.verify, lease::renewed_every);
    return retry(why);
  }
  auto todo = plan(*desired_, *now, options_.desired.owner, adoptable(*now));
  leave_what_is_foreign(todo, *now);
  note_what_is_taken_over(todo, *now);
  add_stale_marks(*now, todo);
  choose_marked(todo);
  if (why = carry_out(todo, *now, stop); !why.empty()) return retry(why);
  next_look_ = clock::now() + options_.verify;
  if (waits_for_an_owner(todo, *now)) next_look_ = std::min(next_look_, clock::now() + lease::renewed_every);
  show(todo.conflicts);
  return ok();
}

// A mark counts where one needs the right to write what we register, or where somebody registers the same as we do.
std::string applier::reason_to_keep_away(const agent_state& now) {
  std::vector<lease_mark> marks;
  std::vector<lease_mark> bystanders;
  for (const auto& [id, each] : now.services) {
    if (each.owner != options_.desired.owner) continue;
    auto mark = read_mark(each.output);
    if (!mark) continue;
    mark->id = id;
    const auto found = desired_->all.find(id);
    const bool counts = is_contested_ || (found != desired_->all.end() && found->second.service == each.service);
    (counts ? marks : bystanders).push_back(*std::move(mark));
  }
  auto why = lease_.judge(marks, clock::now(), bystanders);
  is_contested_ = is_contested_ && lease_.may_be_another();
  return why;
}

void applier::leave_what_is_foreign(steps& todo, const agent_state& now) {
  std::erase_if(todo.to_remove, [this](const std::string& id) {
    return foreign_.all().contains(id) || (lease_.may_be_another() && !foreign_.was_wanted(id));
  });
  is_contested_ = is_contested_ || (lease_.may_be_another() && is_contested(todo, now));
}

// What we have registered is there in another form: without another sink somebody has edited it by hand.
bool applier::is_contested(const steps& todo, const agent_state& now) const {
  return std::ranges::any_of(todo.to_register, [&](const registration* each) {
    const auto taken = taken_.find(each->id);
    return taken != taken_.end() && taken->second == each->digest && now.services.contains(each->id);
  });
}

// The mark of a sink that is gone would make the next one wait.
void applier::add_stale_marks(const agent_state& now, steps& todo) const {
  for (const auto& [id, each] : desired_->all) {
    const auto found = now.services.find(id);
    if (found == now.services.end() || found->second.owner != options_.desired.owner) continue;
    const auto mark = read_mark(found->second.output);
    if (mark && mark->holder != lease_.holder() && std::ranges::count(todo.to_update, &each) == 0)
      todo.to_update.push_back(&each);
  }
}

// The first registration that is ours.
void applier::choose_marked(const steps& todo) {
  const auto is_ours = [&](const auto& one) {
    return !rejected_.contains(one.first) && std::ranges::count(todo.conflicts, &one.second) == 0;
  };
  const auto found = std::ranges::find_if(desired_->all, is_ours);
  const auto chosen = found == desired_->all.end() ? std::string() : found->first;
  if (std::exchange(marked_, chosen) != chosen) next_mark_ = clock::now();
}

std::optional<agent_state> applier::look(target& agent, const registrations& desired, const std::stop_token& stop,
                                         std::string& why) {
  const auto answers = agent.ask({{.put = false, .target = "/v1/agent/services", .body = {}},
                                  {.put = false, .target = "/v1/agent/checks", .body = {}}},
                                 stop);
  for (const auto& each : answers) {
    if (is_done(each)) continue;
    why = fault_of(each, "the agent's services");
    return {};
  }
  auto found = read_agent(parsed_json(answers[0].body), parsed_json(answers[1].body), desired);
  if (!found) why = "what answers is no Consul agent";
  return found;
}

// Registers new services before it removes old ones, so that a service never has fewer instances than needed. One
// registration that fails holds up nothing but the removals of its own service. What went wrong, or empty.
std::string applier::carry_out(const steps& what, const agent_state& now, const std::stop_token& stop) {
  std::set<std::string> held_up;
  auto fault = register_services(what, held_up, stop);
  kept_ = unbearable_losses(*desired_, now, options_.desired.owner, not_taken(what));
  std::set<std::string> kept;
  for (const auto& id : what.to_remove)
    if (const auto& service = now.services.at(id).service; held_up.contains(service) || kept_.contains(service))
      kept.insert(id);
  const auto other = update_and_remove(what, now, kept, stop);
  return fault.empty() ? other : fault;
}

// The registrations that the agent has not, and will not take while nothing changes.
std::set<std::string> applier::not_taken(const steps& what) const {
  std::set<std::string> ids;
  for (const auto* each : what.conflicts) ids.insert(each->id);
  for (const auto* each : what.to_register)
    if (rejected_.contains(each->id)) ids.insert(each->id);
  return ids;
}

// `held_up` gets the services that lack a registration which the agent may take later.
std::string applier::register_services(const steps& what, std::set<std::string>& held_up, const std::stop_token& stop) {
  std::vector<target::request> requests;
  std::vector<const registration*> subjects;
  for (const auto* each : what.to_register) {
    const auto known = rejected_.find(each->id);
    if (known != rejected_.end() && known->second == each->digest) continue;
    requests.push_back(register_request(*each));
    subjects.push_back(each);
  }
  const auto answers = target_.ask(requests, stop);
  std::string fault;
  std::size_t done = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& subject = *subjects[i];
    if (is_done(answers[i])) {
      ++done;
      taken_[subject.id] = subject.digest;
      continue;
    }
    const auto why = fault_of(answers[i], "registering '" + subject.id + "'");
    if (refuses_this_one(answers[i])) {
      rejected_[subject.id] = subject.digest;
      host_.refused(subject.service, subject.endpoint, why);
      continue;
    }
    held_up.insert(subject.service);
    if (fault.empty()) fault = why;
  }
  if (done > 0)
    host_.count("registrations_total", "Services registered, or registered again.", static_cast<double>(done));
  return fault;
}

std::string applier::update_and_remove(const steps& what, const agent_state& now, const std::set<std::string>& kept,
                                       const std::stop_token& stop) {
  std::erase_if(stuck_, [&what](const auto& each) { return std::ranges::count(what.to_remove, each.first) == 0; });
  std::vector<target::request> requests;
  std::vector<std::string> removed;  // the ids of the first requests
  for (const auto& id : what.to_remove) {
    if (kept.contains(id) || stuck_.contains(id)) continue;
    requests.push_back(deregister_request(id));
    removed.push_back(id);
  }
  for (const auto* each : what.to_update) requests.push_back(status_request(*each));
  const auto answers = target_.ask(requests, stop);
  std::string fault;
  std::size_t done = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& answer = answers[i];
    const bool is_removal = i < removed.size();
    if (is_done(answer) || answer.status == 404) {
      done += is_removal ? 1 : 0;
      continue;
    }
    const auto why = fault_of(answer, "changing a registration");
    // A token may get the right to it; no other refusal changes, as of an id that no path can hold.
    if (is_removal && common::consul::is_refusal(answer) && answer.status != 403)
      stuck_[removed[i]] = {now.services.at(removed[i]).service, why};
    else if (fault.empty()) fault = why;
  }
  if (done > 0) host_.count("deregistrations_total", "Services deregistered.", static_cast<double>(done));
  return fault;
}

target::request applier::register_request(const registration& what) const {
  return {.put = true, .target = "/v1/agent/service/register?replace-existing-checks=true", .body = what.body};
}

target::request applier::status_request(const registration& what) const {
  const json body = {{"Status", what.status},
                     {"Output", what.id == marked_ ? what.note + " " + lease_.mark() : what.note}};
  return {.put = true,
          .target = "/v1/agent/check/update/" + url_encode(own_check(what.id)),
          .body = body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

target::request applier::deregister_request(const std::string& id) const {
  return {.put = true, .target = "/v1/agent/service/deregister/" + url_encode(id), .body = {}};
}

}  // namespace drcon::consul_catalog
