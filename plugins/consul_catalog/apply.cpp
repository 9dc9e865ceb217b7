#include "consul_catalog/apply.hpp"

#include "common/consul_rules.hpp"

#include <drcon/url.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

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
bool is_refused(const common::http_answer& answer) {
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
  desired_ = desired_from(desired, options_.desired);
  for (const auto& [which, why] : desired_->refused) host_.refused(which.first, which.second, why);
  for (const auto& [id, each] : desired_->all)
    for (const auto& what : each.left_out)
      host_.warn("service '" + each.service + "', endpoint '" + each.endpoint + "': registered without " + what);
  return match(stop);
}

outcome applier::match(const std::stop_token& stop) {
  std::string why;
  const auto now = look(stop, why);
  if (!now) return retry(why);
  const auto todo = plan(*desired_, *now, options_.desired.owner, options_.adopt);
  if (why = carry_out(todo, stop); !why.empty()) return retry(why);
  next_look_ = clock::now() + options_.verify;
  show(todo.conflicts);
  return ok();
}

std::optional<agent_state> applier::look(const std::stop_token& stop, std::string& why) {
  const auto answers = target_.ask({{.put = false, .target = "/v1/agent/services", .body = {}},
                                    {.put = false, .target = "/v1/agent/checks", .body = {}}},
                                   stop);
  for (const auto& each : answers) {
    if (is_done(each)) continue;
    why = fault_of(each, "the agent's services");
    return {};
  }
  auto found =
      read_agent(json::parse(answers[0].body, nullptr, false), json::parse(answers[1].body, nullptr, false), *desired_);
  if (!found) why = "what answers is no Consul agent";
  return found;
}

// Registers new services before it removes old ones, so that a service never has fewer instances than needed. What went
// wrong, or empty.
std::string applier::carry_out(const steps& what, const std::stop_token& stop) {
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
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (is_done(answers[i])) continue;
    const auto& subject = *subjects[i];
    const auto why = fault_of(answers[i], "registering '" + subject.id + "'");
    if (is_refused(answers[i])) {
      rejected_[subject.id] = subject.digest;
      host_.refused(subject.service, subject.endpoint, why);
    } else if (fault.empty()) {
      fault = why;
    }
  }
  if (!fault.empty()) return fault;

  requests.clear();
  for (const auto* each : what.to_update) requests.push_back(status_request(*each));
  for (const auto& each : what.to_remove) requests.push_back(deregister_request(each));
  for (const auto& each : target_.ask(requests, stop))
    if (!is_done(each) && each.status != 404) return fault_of(each, "changing a registration");
  if (!what.to_register.empty())
    host_.count("registrations_total", "Services registered, or registered again.",
                static_cast<double>(what.to_register.size()));
  if (!what.to_remove.empty())
    host_.count("deregistrations_total", "Services deregistered.", static_cast<double>(what.to_remove.size()));
  return {};
}

target::request applier::register_request(const registration& what) const {
  return {.put = true, .target = "/v1/agent/service/register?replace-existing-checks=true", .body = what.body};
}

target::request applier::status_request(const registration& what) const {
  const json body = {{"Status", what.status}, {"Output", what.note}};
  return {.put = true,
          .target = "/v1/agent/check/update/" + url_encode(own_check(what.id)),
          .body = body.dump(-1, ' ', false, json::error_handler_t::replace)};
}

target::request applier::deregister_request(const std::string& id) const {
  return {.put = true, .target = "/v1/agent/service/deregister/" + url_encode(id), .body = {}};
}

void applier::show(const std::vector<const registration*>& conflicts) const {
  host_.gauge("registered", "Services that are kept registered.",
              static_cast<double>(desired_->all.size() - conflicts.size() - rejected_.size()));
  for (const auto* each : conflicts)
    host_.refused(each->service, each->endpoint,
                  "Consul's agent has a service with the id '" + each->id +
                      "' that is not ours; adopt = true takes it over when no drcon owns it");
  if (!conflicts.empty())
    return host_.status_degraded(std::to_string(conflicts.size()) + " endpoints have ids that others registered, '" +
                                 conflicts.front()->id + "' first");
  if (!rejected_.empty())
    return host_.status_degraded("Consul refuses " + std::to_string(rejected_.size()) + " registrations, '" +
                                 rejected_.begin()->first + "' first");
  host_.status_ok(std::to_string(desired_->all.size()) + " registrations");
}

// How often checks are renewed: in a third of the shortest time within which one runs out.
std::chrono::nanoseconds applier::beat() const {
  auto shortest = std::chrono::nanoseconds::max();
  for (const auto& [id, each] : desired_->all)
    if (each.ttl.count() > 0) shortest = std::min(shortest, each.ttl / 3);
  return shortest;
}

std::string applier::keep_alive(const std::stop_token& stop) {
  std::vector<target::request> requests;
  for (const auto& [id, each] : desired_->all)
    if (each.ttl.count() > 0 && !rejected_.contains(id)) requests.push_back(status_request(each));
  for (const auto& each : target_.ask(requests, stop))
    if (each.fault != common::http_fault::none)
      return each.why;  // a check that is gone is restored at the next comparison
  return {};
}

std::chrono::nanoseconds applier::tend(const std::stop_token& stop) {
  constexpr auto never = std::chrono::nanoseconds::max();
  if (!desired_) return never;
  const auto every = beat();
  if (every != never && clock::now() >= next_beat_) {
    next_beat_ = clock::now() + every;
    if (const auto why = keep_alive(stop); !why.empty()) host_.status_away(why);
  }
  if (clock::now() >= next_look_) {
    next_look_ = clock::now() + options_.verify;
    if (const auto how = match(stop); how.result != DRCON_OK && !stop.stop_requested()) host_.status_away(how.why);
  }
  const auto next = every == never ? next_look_ : std::min(next_look_, next_beat_);
  return std::max<std::chrono::nanoseconds>(next - clock::now(), std::chrono::milliseconds(1));
}

}  // namespace drcon::consul_catalog
