#include "docker/services.hpp"

#include "common/json_text.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <algorithm>
#include <charconv>
#include <csignal>

namespace drcon::docker {
namespace {

using common::json_text;

int number(const nlohmann::json& attributes, const char* key) {
  const auto found = attributes.find(key);
  int value = 0;
  if (found == attributes.end() || !found->is_string()) return value;
  const auto text = found->get<std::string>();
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool matters(const std::string& type, const std::string& action) {
  static const std::set<std::string> of_container{
      "start",  "die",    "kill",    "pause", "unpause",
      "rename", "update", "destroy", "remove"};  // Podman's word for "destroy"
  if (type == "container") return of_container.contains(action) || action.starts_with("health_status");
  return type == "network" && (action == "connect" || action == "disconnect");
}

}  // namespace

std::optional<event> read_event(const std::string& line) {
  const auto parsed = parsed_json(line);
  if (!parsed.is_object()) return {};
  const auto actor = parsed.value("Actor", nlohmann::json::object());
  if (!actor.is_object()) return {};
  const auto attributes = actor.value("Attributes", nlohmann::json::object());
  if (!attributes.is_object()) return {};
  const auto type = json_text(parsed, "Type");
  event result{.container = type == "network" ? json_text(attributes, "container") : json_text(actor, "ID"),
               .action = json_text(parsed, "Action"),
               .signal = number(attributes, "signal"),
               .exit_code = number(attributes, "exitCode")};
  if (result.container.empty() || !matters(type, result.action)) return {};
  return result;
}

void inventory::recall(const event& what, clock::time_point now) {
  auto& each = all_[what.container];
  if (what.action == "kill") {
    if (each.signals.empty()) each.asked_at = now;
    each.signals.insert(what.signal);
  } else if (what.action == "start") {
    each.signals.clear();
  }
}

bool inventory::take(const event& what, clock::time_point now) {
  if (what.action == "destroy" || what.action == "remove") {
    forget(what.container);
    return false;
  }
  recall(what, now);
  auto& each = all_[what.container];
  ++each.age;
  if (each.last && what.action == "die") {
    each.last->running = false;
    each.last->exit_code = what.exit_code;
  } else if (each.last && (what.action == "pause" || what.action == "unpause")) {
    each.last->paused = what.action == "pause";
  } else if (each.last && what.action.starts_with("health_status: ")) {
    each.last->health = what.action.substr(what.action.find(' ') + 1);
  }
  refresh(what.container, each);
  return what.action != "kill";
}

std::uint64_t inventory::age(const std::string& id) const {
  const auto found = all_.find(id);
  return found == all_.end() ? 0 : found->second.age;
}

void inventory::take(container what) {
  auto& each = all_[what.id];
  const auto id = what.id;
  // Its ports are gone with its end; as long as it is remembered it is known where it was.
  if (!what.running && each.last) {
    what.ports = each.last->ports;
    what.addresses = each.last->addresses;
    what.ipv6_addresses = each.last->ipv6_addresses;
    what.network_mode = each.last->network_mode;
  }
  each.last = std::move(what);
  refresh(id, each);
}

void inventory::forget(const std::string& id) {
  const auto found = all_.find(id);
  if (found == all_.end()) return;
  found->second.last.reset();
  refresh(id, found->second);
  all_.erase(found);
}

std::set<std::string> inventory::known() const {
  std::set<std::string> ids;
  for (const auto& [id, each] : all_) ids.insert(id);
  return ids;
}

bool inventory::is_inspected(const std::string& id) const {
  const auto found = all_.find(id);
  return found != all_.end() && found->second.last;
}

std::vector<endpoint> inventory::endpoints(const std::string& service) const {
  std::map<std::string, endpoint> in_order;
  if (const auto found = services_.find(service); found != services_.end())
    for (const auto& [id, offered] : found->second)
      for (const auto* each : offered) in_order.emplace(each->id, *each);
  std::vector<endpoint> all;
  for (auto& [id, each] : in_order) all.push_back(std::move(each));
  return all;
}

std::set<std::string> inventory::services() const {
  std::set<std::string> names;
  for (const auto& [name, offered] : services_) names.insert(name);
  return names;
}

std::vector<std::pair<std::string, std::string>> inventory::doubles() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [name, offered] : services_) {
    std::set<std::string> seen;
    for (const auto& [id, endpoints] : offered)
      for (const auto* each : endpoints)
        if (!seen.insert(each->id).second) all.emplace_back(name, each->id);
  }
  return all;
}

std::string inventory::fault_of_doubles() const {
  const auto all = doubles();
  if (all.empty()) return {};
  return "service '" + all.front().first + "' has more than one endpoint with the id '" + all.front().second +
         "'; only one of them is used: SERVICE_ID, and host names with identity = \"hostname\", must be unique";
}

std::optional<inventory::clock::time_point> inventory::next_return() const {
  std::optional<clock::time_point> next;
  for (const auto& [id, each] : all_)
    if (each.last && each.last->running && !each.signals.empty() && is_asked_to_stop(each))
      next = std::min(next.value_or(clock::time_point::max()), each.asked_at + stop_wait_);
  return next;
}

void inventory::take_back(clock::time_point now) {
  for (auto& [id, each] : all_) {
    if (!each.last || !each.last->running || !is_asked_to_stop(each) || now < each.asked_at + stop_wait_) continue;
    each.signals.clear();
    refresh(id, each);
  }
}

// SIGHUP to reread a configuration is no request to stop; the container says which signal is.
bool inventory::is_asked_to_stop(const record& of) const {
  const int own = of.last ? of.last->stop_signal : SIGTERM;
  if (of.last && of.last->is_ending) return true;
  return of.signals.contains(SIGKILL) || of.signals.contains(SIGTERM) || of.signals.contains(own);
}

void inventory::refresh(const std::string& id, record& of) {
  auto now = of.last ? judge(*of.last, by_, is_asked_to_stop(of)) : verdict();
  // The reasons are reported by its name, which may be new.
  auto name = of.last ? of.last->name : std::string();
  if (!of.last || now != of.judged || name != of.judged_name) changed_containers_.insert(id);
  of.judged_name = std::move(name);
  if (now.offers == of.judged.offers) {
    now.offers = std::move(of.judged.offers);  // services_ points to these
    of.judged = std::move(now);
    return;
  }
  for (const auto& each : of.judged.offers) {
    changed_.insert(each.service);
    const auto found = services_.find(each.service);
    if (found == services_.end()) continue;  // another offer of this container has taken it out
    found->second.erase(id);
    if (found->second.empty()) services_.erase(found);
  }
  of.judged = std::move(now);
  for (const auto& each : of.judged.offers) {
    changed_.insert(each.service);
    services_[each.service][id].push_back(&each.what);
  }
}

std::map<std::string, std::optional<finding>> inventory::changed_findings() {
  std::map<std::string, std::optional<finding>> all;
  for (const auto& id : std::exchange(changed_containers_, {})) {
    const auto found = all_.find(id);
    if (found == all_.end() || !found->second.last) all.emplace(id, std::nullopt);
    else all.emplace(id, finding{found->second.last->name, found->second.judged});
  }
  return all;
}

}  // namespace drcon::docker
