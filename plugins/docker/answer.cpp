#include "docker/container.hpp"

#include "common/json_text.hpp"

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
    if (const auto at = of.find(name); at != of.end() && at->type() == type) return *at;
  return empty.at(type);
}

const json& object(const json& of, const char* name) { return member(of, name, json::value_t::object); }

bool flag(const json& of, const char* name) {
  const auto at = of.find(name);
  return at != of.end() && at->is_boolean() && at->get<bool>();
}

std::uint16_t port_number(std::string_view from) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(from.data(), from.data() + from.size(), value);
  return error == std::errc() && end == from.data() + from.size() && value <= UINT16_MAX
             ? static_cast<std::uint16_t>(value)
             : std::uint16_t{0};
}

std::string lower(std::string from) {
  std::ranges::transform(from, from.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return from;
}

void take_setting(std::string_view key, std::string value, std::map<std::string, std::string>& to) {
  constexpr std::string_view mark = "SERVICE_";
  if (key.starts_with(mark) && key.size() > mark.size())
    to.insert_or_assign(lower(std::string(key.substr(mark.size()))), std::move(value));
}

void read_settings(const json& config, container& to) {
  for (const auto& each : member(config, "Env", json::value_t::array)) {
    if (!each.is_string()) continue;
    const auto pair = each.get<std::string>();
    const auto equals = pair.find('=');
    if (equals != std::string::npos) take_setting(pair.substr(0, equals), pair.substr(equals + 1), to.settings);
  }
  for (const auto& [key, value] : object(config, "Labels").items()) {
    if (!value.is_string()) continue;
    to.labels.emplace(key, value.get<std::string>());
    take_setting(key, value.get<std::string>(), to.settings);
  }
}

// Of several bindings the first of IPv4: Docker lists one for each family when it binds to all addresses.
void read_binding(const json& bindings, container_port& to) {
  if (!bindings.is_array()) return;
  for (const auto& each : bindings) {
    const auto address = json_text(each, "HostIp");
    const auto port = port_number(json_text(each, "HostPort"));
    const bool better =
        to.host_port == 0 || (to.host_address.find(':') != std::string::npos && address.find(':') == std::string::npos);
    if (port != 0 && better) {
      to.host_port = port;
      to.host_address = address;
    }
  }
}

// "8080/tcp", in three places: what is exposed, what was asked to be published, and what is, while it runs.
void read_ports(const json& inspected, container& to) {
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
  for (auto& [key, port] : all) to.ports.push_back(std::move(port));
}

void read_addresses(const json& networks, container& to) {
  for (const auto& [name, each] : networks.items()) {
    auto address = json_text(each, "IPAddress");
    if (address.empty()) address = json_text(each, "GlobalIPv6Address");
    if (!address.empty()) to.addresses.emplace(name, std::move(address));
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
  const auto at = known.find(name);
  return at == known.end() ? 0 : at->second;
}

std::optional<container> read_container(const json& inspected) {
  if (!inspected.is_object() || json_text(inspected, "Id").empty() || !inspected.contains("State")) return {};
  container to;
  to.id = json_text(inspected, "Id");
  to.name = json_text(inspected, "Name");
  if (to.name.starts_with('/')) to.name.erase(0, 1);
  const auto& config = object(inspected, "Config");
  to.image = json_text(config, "Image");
  read_settings(config, to);
  read_ports(inspected, to);
  read_addresses(object(object(inspected, "NetworkSettings"), "Networks"), to);
  to.network_mode = json_text(object(inspected, "HostConfig"), "NetworkMode");
  if (const auto signal = signal_number(json_text(config, "StopSignal")); signal != 0) to.stop_signal = signal;

  const auto& state = object(inspected, "State");
  to.running = flag(state, "Running") && !flag(state, "Restarting");
  to.paused = flag(state, "Paused");
  to.out_of_memory = flag(state, "OOMKilled");
  if (const auto code = state.find("ExitCode"); code != state.end() && code->is_number_integer())
    to.exit_code = code->get<int>();
  to.health = json_text(object(state, "Health"), "Status");
  if (to.health == "none") to.health.clear();
  return to;
}

}  // namespace drcon::docker
