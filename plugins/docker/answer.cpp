#include "docker/answer.hpp"

#include "common/json_text.hpp"
#include "common/lower.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <string_view>
#include <tuple>
#include <utility>

namespace drcon::docker {
namespace {

using common::json_text;
using nlohmann::json;

// A member of a type that fits, else an empty one: Docker leaves out, or sets to null, what there is none of.
const json& member(const json& of, const char* name, json::value_t type) {
  static const std::map<json::value_t, json> empty{
      {json::value_t::object, json::object()}, {json::value_t::array, json::array()}, {json::value_t::string, ""}};
  if (of.is_object())
    if (const auto found = of.find(name); found != of.end() && found->type() == type) return *found;
  return empty.at(type);
}

const json& object(const json& of, const char* name) { return member(of, name, json::value_t::object); }

bool flag(const json& of, const char* name) {
  const auto found = of.find(name);
  return found != of.end() && found->is_boolean() && found->get<bool>();
}

std::uint16_t port_number(std::string_view text) {
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

void read_settings(const json& config, container& result) {
  for (const auto& each : member(config, "Env", json::value_t::array)) {
    if (!each.is_string()) continue;
    const auto pair = each.get<std::string>();
    const auto equals = pair.find('=');
    if (equals != std::string::npos) take_setting(pair.substr(0, equals), pair.substr(equals + 1), result.settings);
  }
  for (const auto& [key, value] : object(config, "Labels").items()) {
    if (!value.is_string()) continue;
    result.labels.emplace(key, value.get<std::string>());
    take_setting(key, value.get<std::string>(), result.settings);
  }
}

// Of several bindings the first of IPv4: Docker lists one for each family when it binds to all addresses.
void read_binding(const json& bindings, container_port& result) {
  if (!bindings.is_array()) return;
  for (const auto& each : bindings) {
    const auto address = json_text(each, "HostIp");
    const auto port = port_number(json_text(each, "HostPort"));
    const bool better = result.host_port == 0 ||
                        (result.host_address.find(':') != std::string::npos && address.find(':') == std::string::npos);
    if (port != 0 && better) {
      result.host_port = port;
      result.host_address = address;
    }
  }
}

// "8080/tcp", in three places: what is exposed, what was asked to be published, and what is, while it runs.
void read_ports(const json& inspected, container& result) {
  std::map<std::pair<std::uint16_t, bool>, container_port> all;
  const auto take = [&all](const json& ports, bool bound) {
    for (const auto& [key, value] : ports.items()) {
      const auto slash = key.find('/');
      const auto number = port_number(std::string_view(key).substr(0, slash));
      const auto protocol = slash == std::string::npos ? "tcp" : key.substr(slash + 1);
      if (number == 0 || (protocol != "tcp" && protocol != "udp")) continue;
      auto& one = all[{number, protocol == "udp"}];
      one.number = number;
      one.udp = protocol == "udp";
      if (bound) read_binding(value, one);
    }
  };
  take(object(object(inspected, "Config"), "ExposedPorts"), false);
  const auto& published = object(object(inspected, "NetworkSettings"), "Ports");
  take(published, true);
  // A container that has ended has lost its ports; where the host's port was asked for it is still known.
  if (published.empty()) take(object(object(inspected, "HostConfig"), "PortBindings"), true);
  for (auto& [key, port] : all) result.ports.push_back(std::move(port));
}

void read_addresses(const json& networks, container& result) {
  for (const auto& [name, each] : networks.items()) {
    auto address = json_text(each, "IPAddress");
    if (address.empty()) address = json_text(each, "GlobalIPv6Address");
    if (!address.empty()) result.addresses.emplace(name, std::move(address));
  }
}

}  // namespace

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
  read_settings(config, result);
  read_ports(inspected, result);
  read_addresses(object(object(inspected, "NetworkSettings"), "Networks"), result);
  result.network_mode = json_text(object(inspected, "HostConfig"), "NetworkMode");
  if (const auto signal = signal_number(json_text(config, "StopSignal")); signal != 0) result.stop_signal = signal;

  const auto& state = object(inspected, "State");
  result.running = flag(state, "Running") && !flag(state, "Restarting");
  result.paused = flag(state, "Paused");
  result.out_of_memory = flag(state, "OOMKilled");
  if (const auto code = state.find("ExitCode"); code != state.end() && code->is_number_integer())
    result.exit_code = code->get<int>();
  result.health = json_text(object(state, "Health"), "Status");
  if (result.health == "none") result.health.clear();
  return result;
}

}  // namespace drcon::docker
