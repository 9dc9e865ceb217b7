#include "haproxy/plan.hpp"

#include "common/address.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <utility>

namespace drcon::haproxy {
namespace {

// FNV-1a: short, and the same on every machine. `without_role` knows its form.
std::string short_hash(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  std::array<char, 9> hex{};
  std::snprintf(hex.data(), hex.size(), "%04x", (hash >> 16U) ^ (hash & 0xffffU));
  return hex.data();
}

// A slot of a server-template: its prefix and a number.
constexpr std::string_view backup_mark = "-backup";
constexpr std::size_t hash_length = 4;
constexpr std::string_view hash_digits = "0123456789abcdef";

// The name of a dynamic server without what follows its address and port.
std::string_view without_role(std::string_view name) {
  if (name.ends_with(backup_mark)) name.remove_suffix(backup_mark.size());
  const auto hash = name.rfind('-');
  const bool has_hash = hash != std::string_view::npos && name.size() - hash == hash_length + 1 &&
                        name.find_first_not_of(hash_digits, hash + 1) == std::string_view::npos;
  return has_hash ? name.substr(0, hash) : name;
}

std::string place_of(const std::string& address, std::uint32_t port) { return address + ":" + std::to_string(port); }

// The prefix that a dynamic server was named with; nothing when drcon gave it no name, or somebody gave it another
// address since.
std::optional<std::string_view> prefix_of(std::string_view name, const live_server& now) {
  const auto rest = without_role(name);
  const auto place = place_of(now.address, now.port);
  if (now.address.empty() || !rest.ends_with(place)) return {};
  return rest.substr(0, rest.size() - place.size());
}

// Whether a name could be that of a dynamic server with this prefix, whatever its address is.
bool could_be_of(std::string_view name, const std::string& prefix) {
  const auto rest = without_role(name);
  const auto colon = rest.rfind(':');
  if (!rest.starts_with(prefix) || colon == std::string_view::npos || colon < prefix.size()) return false;
  boost::system::error_code error;
  boost::asio::ip::make_address(rest.substr(prefix.size(), colon - prefix.size()), error);
  return !error;
}

class planner {
public:
  planner(const std::string& backend, const live_servers& live, const plan_rules& rules, const touched_by_hand& by_hand)
      : backend_(backend), live_(live), rules_(rules), by_hand_(by_hand) {}

  backend_plan dynamic(const desired_backend& desired) {
    for (const auto& [key, server] : desired.servers) {
      const auto name = dynamic_name(server, rules_);
      const auto now = live_.find(name);
      if (now != live_.end() && prefix_of(name, now->second).value_or(rules_.prefix) != rules_.prefix) {
        plan_.names_of_others.push_back(key);
        continue;
      }
      plan_.by_key.emplace(key, name);
      if (now == live_.end()) add(name, server);
      else adjust(name, now->second, server);
    }
    leave_the_rest();
    return std::move(plan_);
  }

  backend_plan slots(const desired_backend& desired) {
    assign(desired, false);
    if (!rules_.backup_prefix.empty()) assign(desired, true);
    leave_the_rest();
    return std::move(plan_);
  }

private:
  std::string full(const std::string& server) const { return backend_ + "/" + server; }
  void grow(std::string command) { plan_.growth.push_back(std::move(command)); }

  void add(const std::string& name, const desired_server& desired) {
    const auto server = full(name);
    plan_.taken_out.insert(name);
    grow("add server " + server + " " + common::with_port(desired.address, desired.port) + " weight 0" +
         (desired.backup ? " backup" : "") + rules_.server_options);
    // It begins in maintenance, by our doing. Health goes down before the check begins, for 'state ready' would put it
    // up.
    if (desired.state != server_state::maint) grow("set server " + server + " state " + to_string(desired.state));
    if (rules_.check && rules_.check_first) grow("set server " + server + " health down");
    if (rules_.check) grow("enable health " + server);
    set_weight(server, 0, desired);
  }

  void set_weight(const std::string& server, unsigned now, const desired_server& desired) {
    const auto weight = desired.weight_in_haproxy();
    if (now != weight) grow("set server " + server + " weight " + std::to_string(weight));
  }

  // At any moment at which the connection may break, a server that is out of service by our doing has weight 0: it
  // loses its weight first, and gets it last.
  void adjust(const std::string& name, const live_server& now, const desired_server& desired) {
    const auto server = full(name);
    const bool moved = now.address != desired.address || now.port != desired.port;
    const bool held_by_hand = desired.state == server_state::ready && by_hand_(server, now, moved);
    if (!held_by_hand && (moved || desired.state != server_state::ready)) plan_.taken_out.insert(name);
    auto weight = now.weight;
    if (moved) {
      // What is under way ends at the old address: no new traffic in between.
      if (std::exchange(weight, 0) != 0) grow("set server " + server + " weight 0");
      if (!now.in_maintenance()) grow("set server " + server + " state maint");
      grow("set server " + server + " addr " + desired.address + " port " + std::to_string(desired.port));
    }
    if (held_by_hand) {
      set_weight(server, weight, desired);
      plan_.by_hand.insert(name);
      return;
    }
    if (desired.state != server_state::ready) set_weight(server, std::exchange(weight, 0), desired);
    if (now.check_configured && !now.check_enabled && rules_.mode == mode::dynamic) grow("enable health " + server);
    if (now.state() != desired.state || (moved && desired.state != server_state::maint))
      grow("set server " + server + " state " + to_string(desired.state));
    set_weight(server, weight, desired);
  }

  void leave_the_rest() {
    std::set<std::string_view> used;
    for (const auto& [key, name] : plan_.by_key) used.insert(name);
    for (const auto& [name, now] : live_) {
      if (used.contains(name)) continue;
      if (rules_.mode == mode::dynamic && !prefix_of(name, now) && could_be_of(name, rules_.prefix))
        plan_.moved.push_back(name);
      if (!is_ours(name, now, rules_)) continue;
      const bool is_free = rules_.mode == mode::slots && now.in_maintenance();
      if (!is_free) plan_.leaving.push_back(name);
      // It may have the address of an endpoint that comes back: nobody has taken that one out by hand.
      else if (now.weight != 0) grow("set server " + full(name) + " weight 0");
    }
  }

  // Slots of one server-template: those that hold a desired address keep it; the others get what is left.
  void assign(const desired_backend& desired, bool backups) {
    const auto& prefix = backups ? rules_.backup_prefix : rules_.prefix;
    std::map<std::string, const desired_server*> open;
    for (const auto& [key, server] : desired.servers)
      if (rules_.backup_prefix.empty() || server.backup == backups) open.emplace(key, &server);
    std::vector<std::pair<std::string, const live_server*>> free;
    for (const auto& [name, now] : live_) {
      if (!is_slot(name, prefix)) continue;
      ++plan_.slots;
      const auto found = open.find(common::with_port(now.address, now.port));
      if (found != open.end()) {
        take(name, now, found->first, *found->second);
        open.erase(found);
      } else if (now.in_maintenance()) {
        free.emplace_back(name, &now);
      }
    }
    // What ended longest ago has the fewest connections left over; what is in service goes first.
    std::ranges::stable_sort(free, std::ranges::greater(),
                             [](const auto& each) { return each.second->unchanged_seconds; });
    std::vector<std::pair<std::string, const desired_server*>> order(open.begin(), open.end());
    std::ranges::stable_sort(order, std::ranges::greater(), [](const auto& each) { return each.second->in_service(); });
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto& [key, server] = order[i];
      if (i < free.size()) take(free[i].first, *free[i].second, key, *server);
      else if (server->in_service()) plan_.left_out.push_back(key);  // the others would get no traffic anyway
    }
  }

  void take(const std::string& name, const live_server& now, const std::string& key, const desired_server& desired) {
    plan_.by_key.emplace(key, name);
    adjust(name, now, desired);
  }

  const std::string& backend_;
  const live_servers& live_;
  const plan_rules& rules_;
  const touched_by_hand& by_hand_;
  backend_plan plan_;
};

// Backups without slots of their own wait in drain as long as anything else is in service.
desired_backend with_backups_held_back(desired_backend desired) {
  const bool primary = std::ranges::any_of(
      desired.servers, [](const auto& each) { return !each.second.backup && each.second.in_service(); });
  for (auto& [key, server] : desired.servers)
    if (primary && server.backup && server.state == server_state::ready) server.state = server_state::drain;
  return desired;
}

}  // namespace

bool is_slot(std::string_view name, const std::string& prefix) {
  return name.starts_with(prefix) && name.size() > prefix.size() &&
         name.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

std::string dynamic_name(const desired_server& server, const plan_rules& rules) {
  auto name = rules.prefix + place_of(server.address, server.port);
  if (!rules.server_options.empty()) name += "-" + short_hash(rules.server_options);
  if (server.backup) name += backup_mark;
  return name;
}

bool is_ours(std::string_view name, const live_server& now, const plan_rules& rules) {
  if (rules.mode == mode::dynamic) return prefix_of(name, now) == rules.prefix;
  return is_slot(name, rules.prefix) || (!rules.backup_prefix.empty() && is_slot(name, rules.backup_prefix));
}

std::set<std::string> prefixes_with_slots_of(const live_servers& live, const plan_rules& rules) {
  std::set<std::string> prefixes;
  if (rules.mode != mode::slots) return prefixes;
  for (const auto& [name, now] : live) {
    if (!is_ours(name, now, rules)) continue;
    for (auto end = name.size() - 1; end > 0 && is_slot(name, name.substr(0, end)); --end)
      prefixes.insert(name.substr(0, end));
  }
  prefixes.erase(rules.prefix);
  prefixes.erase(rules.backup_prefix);
  return prefixes;
}

bool any_in_use(const live_servers& servers, const plan_rules& rules) {
  return std::ranges::any_of(servers, [&](const auto& each) {
    return is_ours(each.first, each.second, rules) && (rules.mode == mode::dynamic || !each.second.in_maintenance());
  });
}

backend_plan plan_backend(const std::string& backend, const desired_backend& desired, const live_servers& live,
                          const plan_rules& rules, const touched_by_hand& by_hand) {
  planner planner(backend, live, rules, by_hand);
  if (rules.mode == mode::dynamic) return planner.dynamic(desired);
  return planner.slots(rules.backup_prefix.empty() ? with_backups_held_back(desired) : desired);
}

}  // namespace drcon::haproxy
