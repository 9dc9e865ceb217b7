#include "docker/answer.hpp"

#include "common/json_text.hpp"
#include "common/lower.hpp"
#include "docker/members.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <string_view>
#include <utility>

namespace drcon::docker {
namespace {

using common::json_text;
using nlohmann::json;

std::uint16_t port_number_or_none(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value <= UINT16_MAX
             ? static_cast<std::uint16_t>(value)
             : std::uint16_t{0};
}

void take_setting(std::string_view key, std::string value, std::map<std::string, std::string>& result) {
  constexpr std::string_view mark = "SERVICE_";
  if (key.starts_with(mark) && key.size() > mark.size())
    result.insert_or_assign(common::lower(std::string(key.substr(mark.size()))), std::move(value));
}

// The first of IPv4 comes first: Docker lists a binding for each family when a port is published on all addresses.
void read_bindings(const json& bindings, container_port& result) {
  if (!bindings.is_array()) return;
  std::vector<port_binding> all;
  for (const auto& each : bindings)
    if (const auto port = port_number_or_none(json_text(each, "HostPort")); port != 0)
      all.push_back({json_text(each, "HostIp"), port});
  if (all.empty()) return;
  // Not of std::ranges: clang 14, which compiles the fuzzer, cannot instantiate what that returns.
  std::stable_partition(all.begin(), all.end(),
                        [](const auto& each) { return each.address.find(':') == std::string::npos; });
  result.host_address = all.front().address;
  result.host_port = all.front().port;
  result.more_bindings.assign(std::next(all.begin()), all.end());
}

// "8080/tcp", in three places: what is exposed, what was asked to be published, and what is, while it runs.
void read_ports(const json& inspected, container& result) {
  std::map<std::pair<std::uint16_t, bool>, container_port> all;
  enum class kind : std::uint8_t { exposed, bound, requested };
  const auto take = [&all, &result](const json& ports, kind of) {
    for (const auto& [key, value] : ports.items()) {
      const auto slash = key.find('/');
      const auto number = port_number_or_none(std::string_view(key).substr(0, slash));
      const auto protocol = slash == std::string::npos ? "tcp" : key.substr(slash + 1);
      if (number != 0 && protocol != "tcp" && protocol != "udp") result.other_ports.insert(key);
      if (number == 0 || (protocol != "tcp" && protocol != "udp")) continue;
      auto& one = all[{number, protocol == "udp"}];
      one.number = number;
      one.udp = protocol == "udp";
      if (of == kind::requested) one.is_requested = true;
      if (of != kind::exposed && one.host_port == 0) read_bindings(value, one);
    }
  };
  take(object(object(inspected, "Config"), "ExposedPorts"), kind::exposed);
  const auto& published = object(object(inspected, "NetworkSettings"), "Ports");
  take(published, kind::bound);
  for (const auto& [key, value] : object(object(inspected, "HostConfig"), "PortBindings").items()) {
    // A container that has ended has lost its ports; where the host's port was asked for it is still known.
    json one;
    one[key] = published.empty() ? value : json();
    take(one, kind::requested);
  }
  for (auto& [key, port] : all) result.ports.push_back(std::move(port));
}

void read_addresses(const json& networks, container& result) {
  for (const auto& [name, each] : networks.items()) {
    auto address = json_text(each, "IPAddress");
    auto second = json_text(each, "GlobalIPv6Address");
    if (address.empty()) std::swap(address, second);
    if (!second.empty()) result.ipv6_addresses.emplace(name, std::move(second));
    if (!address.empty()) result.addresses.emplace(name, std::move(address));
  }
}

}  // namespace

void read_settings(const json& environment, const json& labels, container& result) {
  for (const auto& each : environment) {
    if (!each.is_string()) continue;
    const auto pair = each.get<std::string>();
    const auto equals = pair.find('=');
    if (equals != std::string::npos) take_setting(pair.substr(0, equals), pair.substr(equals + 1), result.settings);
  }
  for (const auto& [key, value] : labels.items()) {
    if (!value.is_string()) continue;
    result.labels.insert_or_assign(key, value.get<std::string>());
    take_setting(key, value.get<std::string>(), result.settings);
  }
}

int signal_number(const std::string& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  const auto name = text.starts_with("SIG") ? text.substr(3) : text;
  static const std::map<std::string, int> known{
      {"HUP", SIGHUP},   {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ABRT", SIGABRT},   {"KILL", SIGKILL},
      {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"TERM", SIGTERM}, {"WINCH", SIGWINCH}, {"PWR", SIGPWR}};
  const auto found = known.find(name);
  return found == known.end() ? 0 : found->second;
}

std::optional<container> read_container(const json& inspected) {
  if (!inspected.is_object() || json_text(inspected, "Id").empty() || !inspected.contains("State")) return {};
  container result;
  result.id = json_text(inspected, "Id");
  result.name = json_text(inspected, "Name");
  if (result.name.starts_with('/')) result.name.erase(0, 1);
  const auto& config = object(inspected, "Config");
  result.image = json_text(config, "Image");
  result.hostname = json_text(config, "Hostname");
  read_settings(array(config, "Env"), object(config, "Labels"), result);
  read_ports(inspected, result);
  read_addresses(object(object(inspected, "NetworkSettings"), "Networks"), result);
  result.network_mode = json_text(object(inspected, "HostConfig"), "NetworkMode");
  if (const auto signal = signal_number(json_text(config, "StopSignal")); signal != 0) result.stop_signal = signal;

  const auto& state = object(inspected, "State");
  result.running = flag(state, "Running") && !flag(state, "Restarting");
  result.paused = flag(state, "Paused");
  result.out_of_memory = flag(state, "OOMKilled");
  result.exit_code = static_cast<int>(integer(state, "ExitCode").value_or(0));
  result.health = json_text(object(state, "Health"), "Status");
  if (result.health == "none") result.health.clear();
  return result;
}

}  // namespace drcon::docker
