#include "haproxy/desired.hpp"

#include "common/address.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <ranges>

namespace drcon::haproxy {
namespace {

constexpr unsigned heaviest = 256;         // HAProxy's limit
constexpr std::size_t longest_name = 200;  // keeps a command far below HAProxy's buffer

// In hundredths of the registry's unit.
std::uint64_t weight_of(const endpoint_view& source, const desired_rules& rules) {
  const auto whole = std::uint64_t{source.weight()} * 100;
  if (source.health() != health::warning || rules.warning != warning_policy::reduce || whole == 0) return whole;
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::llround(static_cast<double>(whole) * rules.warning_share)));
}

server_state state_of(const endpoint_view& source, const desired_rules& rules) {
  if (source.health() == health::critical || source.health() == health::maintenance) return server_state::maint;
  if (source.weight() == 0) return server_state::drain;
  if (source.health() == health::warning && rules.warning == warning_policy::drain) return server_state::drain;
  return server_state::ready;
}

std::optional<std::string> ip_of(std::string_view text) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(text, error);
  if (error) return {};
  if (address.is_v6() && address.to_v6().scope_id() != 0) return {};  // HAProxy knows no scopes
  return address.to_string();
}

// The smallest whole numbers in the same proportion, at most 256, and never 0 for what had a weight.
void scale(desired_backend& backend, const std::map<std::string, std::uint64_t>& shares) {
  std::uint64_t divisor = 0;
  std::uint64_t most = 0;
  for (const auto& [key, each] : shares) {
    divisor = std::gcd(divisor, each);
    most = std::max(most, each);
  }
  if (divisor == 0) divisor = 1;
  most /= divisor;
  for (auto& [key, server] : backend.servers) {
    auto weight = shares.at(key) / divisor;
    if (most > heaviest && weight > 0) weight = std::max<std::uint64_t>(1, weight * heaviest / most);
    server.weight = static_cast<unsigned>(weight);
  }
}

// The lowest priority of those in service takes the traffic; what comes after it is backup.
void mark_backups(desired_backend& backend, const std::map<std::string, std::uint32_t>& priorities) {
  if (priorities.empty()) return;
  const auto first = std::ranges::min_element(priorities, {}, [](const auto& each) { return each.second; })->second;
  for (auto& [key, server] : backend.servers) server.backup = priorities.at(key) > first;
}

}  // namespace

// One backend, from the services that share it.
class backend_builder {
public:
  explicit backend_builder(const desired_rules& rules) : rules_(rules) {}

  void add(const service_view& service) {
    backend_.services.emplace(service.name());
    for (const auto each : service.endpoints()) add(service, each);
  }

  desired_backend finish() {
    scale(backend_, shares_);
    mark_backups(backend_, priorities_);
    return std::move(backend_);
  }
  std::vector<desired_follower::left_out> take_left_out() { return std::move(left_out_); }

private:
  void add(const service_view& service, const endpoint_view& source) {
    const auto address = ip_of(source.address());
    if (!address)
      return refuse(service, source, "its address is no IP address, and HAProxy resolves no name at run time");
    if (source.port() < 1 || source.port() > 65535)
      return refuse(service, source, "its port is not between 1 and 65535");
    const auto key = common::with_port(*address, source.port());
    const auto [found, is_new] =
        backend_.servers.try_emplace(key, desired_server{.address = *address,
                                                         .port = static_cast<std::uint16_t>(source.port()),
                                                         .weight = 1,
                                                         .state = state_of(source, rules_),
                                                         .backup = false,
                                                         .service = std::string(service.name()),
                                                         .endpoint = std::string(source.id())});
    if (!is_new)  // no loss: the server is there
      return leave_out(service, source, "its address and port are those of " + found->second.endpoint);
    shares_[key] = weight_of(source, rules_);
    priorities_[key] = source.priority();
  }

  void refuse(const service_view& service, const endpoint_view& source, const char* why) {
    leave_out(service, source, why);
    if (state_of(source, rules_) == server_state::ready) ++backend_.refused;
  }
  void leave_out(const service_view& service, const endpoint_view& source, std::string why) {
    left_out_.push_back({std::string(service.name()), std::string(source.id()), std::move(why)});
  }

  const desired_rules& rules_;
  desired_backend backend_;
  std::map<std::string, std::uint64_t> shares_;
  std::map<std::string, std::uint32_t> priorities_;
  std::vector<desired_follower::left_out> left_out_;
};

// ---- from update to update ----

void desired_follower::make(const std::string& backend, const std::vector<service_view>& services) {
  backends_.erase(backend);
  left_out_.erase(backend);
  services_.erase(backend);
  if (services.empty()) return;
  for (const auto& each : services) services_[backend].emplace(each.name());
  if (!is_haproxy_name(backend)) {
    for (const auto& each : services)
      left_out_[backend].push_back(
          {std::string(each.name()),
           {},
           "its name cannot be that of a backend: letters, digits, '_', '.', ':' and '-', at most 200"});
    return;
  }
  backend_builder made(rules_);
  for (const auto& each : services) made.add(each);
  backends_.emplace(backend, made.finish());
  if (auto left_out = made.take_left_out(); !left_out.empty()) left_out_.emplace(backend, std::move(left_out));
}

void desired_follower::make_all(const snapshot_view& wanted) {
  std::map<std::string, std::vector<service_view>> by_backend;
  for (const auto& each : wanted.services())
    if (!each.is_settings()) by_backend[backend_of(each.name(), rules_)].push_back(each);
  auto backends = std::exchange(backends_, {});
  auto left_out = std::exchange(left_out_, {});
  auto services_before = std::exchange(services_, {});
  try {
    for (const auto& [backend, services] : by_backend) make(backend, services);
  } catch (...) {  // half of what is desired must not be taken for all of it between two updates
    backends_ = std::move(backends);
    left_out_ = std::move(left_out);
    services_ = std::move(services_before);
    throw;
  }
}

backend_names desired_follower::make_changed(const update_view& update) {
  const auto all = update.wanted().services();
  const auto find = [&all](std::string_view name) -> std::optional<service_view> {
    const auto places = std::views::iota(std::size_t{0}, all.size());
    const auto found = std::ranges::lower_bound(places, name, {}, [&all](std::size_t at) { return all[at].name(); });
    if (found == places.end() || all[*found].name() != name || all[*found].is_settings()) return {};
    return all[*found];
  };
  std::map<std::string, std::set<std::string>> changed;  // the services of each backend of which one has changed
  for (const auto& each : update.changes()) {
    const std::string service(each.name());
    const auto backend = backend_of(service, rules_);
    const auto known = services_.find(backend);
    if (known != services_.end()) changed[backend].insert(known->second.begin(), known->second.end());
    changed[backend].insert(service);
  }
  backend_names names;
  for (const auto& [backend, services] : changed) {
    std::vector<service_view> present;
    for (const auto& service : services)
      if (const auto found = find(service)) present.push_back(*found);
    make(backend, present);
    names.insert(backend);
  }
  return names;
}

// The host takes what is left out as all that is, each time.
void desired_follower::report_left_out() const {
  for (const auto& [backend, all] : left_out_)
    for (const auto& each : all) host_.refused(each.service, each.endpoint, each.why);
}

void desired_follower::begin_with(const snapshot_view& wanted) {
  make_all(wanted);
  report_left_out();
}

std::optional<backend_names> desired_follower::follow(const update_view& update) {
  std::optional<backend_names> changed;
  const auto applied = std::exchange(applied_, std::nullopt);  // also when an exception comes in between
  const bool is_known = applied && update.has_applied() && update.applied().revision() == *applied;
  if (is_known && !update.reconcile()) changed = make_changed(update);
  else make_all(update.wanted());
  report_left_out();
  return changed;
}

void desired_follower::note_outcome(bool applied, const update_view& update) {
  if (applied) applied_ = update.wanted().revision();
}

std::string backend_of(std::string_view service, const desired_rules& rules) {
  if (const auto own = rules.backends.find(std::string(service)); own != rules.backends.end()) return own->second;
  constexpr std::string_view place = "{service}";
  auto name = rules.backend_pattern;
  if (const auto found = name.find(place); found != std::string::npos) name.replace(found, place.size(), service);
  return name;
}

desired_backends desired_from(const snapshot_view& snapshot, const desired_rules& rules, const context& host) {
  desired_follower all(rules, host);
  all.begin_with(snapshot);
  return all.backends();
}

bool is_haproxy_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == ':' || c == '-';
  });
}

}  // namespace drcon::haproxy
