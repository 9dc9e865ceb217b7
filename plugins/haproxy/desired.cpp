#include "haproxy/desired.hpp"

#include "common/address.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

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

class builder {
public:
  builder(const desired_rules& rules, const context& host) : rules_(rules), host_(host) {}

  void add(const service_view& service) {
    const auto name = backend_of(service.name(), rules_);
    if (!is_haproxy_name(name)) {
      host_.refused(service.name(), {},
                    "its name cannot be that of a backend: letters, digits, '_', '.', ':' and '-', at most 200");
      return;
    }
    auto& result = all_[name];
    result.backend.services.emplace(service.name());
    for (const auto each : service.endpoints()) add(service, each, result);
  }

  std::map<std::string, desired_backend> finish() {
    std::map<std::string, desired_backend> made;
    for (auto& [name, each] : all_) {
      scale(each.backend, each.shares);
      mark_backups(each.backend, each.priorities);
      made.emplace(name, std::move(each.backend));
    }
    return made;
  }

private:
  struct draft {
    desired_backend backend;
    std::map<std::string, std::uint64_t> shares;
    std::map<std::string, std::uint32_t> priorities;
  };

  void add(const service_view& service, const endpoint_view& source, draft& result) {
    const auto address = ip_of(source.address());
    if (!address)
      return refuse(service, source, result, "its address is no IP address, and HAProxy resolves no name at run time");
    if (source.port() < 1 || source.port() > 65535)
      return refuse(service, source, result, "its port is not between 1 and 65535");
    const auto key = common::with_port(*address, source.port());
    const auto [found, is_new] =
        result.backend.servers.try_emplace(key, desired_server{.address = *address,
                                                               .port = static_cast<std::uint16_t>(source.port()),
                                                               .weight = 1,
                                                               .state = state_of(source, rules_),
                                                               .backup = false,
                                                               .service = std::string(service.name()),
                                                               .endpoint = std::string(source.id())});
    if (!is_new)  // no loss: the server is there
      return host_.refused(service.name(), source.id(), "its address and port are those of " + found->second.endpoint);
    result.shares[key] = weight_of(source, rules_);
    result.priorities[key] = source.priority();
  }

  void refuse(const service_view& service, const endpoint_view& source, draft& result, const char* why) const {
    host_.refused(service.name(), source.id(), why);
    if (state_of(source, rules_) == server_state::ready) ++result.backend.refused;
  }

  const desired_rules& rules_;
  const context& host_;
  std::map<std::string, draft> all_;
};

}  // namespace

std::string backend_of(std::string_view service, const desired_rules& rules) {
  if (const auto own = rules.backends.find(std::string(service)); own != rules.backends.end()) return own->second;
  constexpr std::string_view place = "{service}";
  auto name = rules.backend_pattern;
  if (const auto found = name.find(place); found != std::string::npos) name.replace(found, place.size(), service);
  return name;
}

std::map<std::string, desired_backend> desired_from(const snapshot_view& snapshot, const desired_rules& rules,
                                                    const context& host) {
  builder all(rules, host);
  for (const auto& service : snapshot.services())
    if (!service.is_settings()) all.add(service);
  return all.finish();
}

bool is_haproxy_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == ':' || c == '-';
  });
}

}  // namespace drcon::haproxy
