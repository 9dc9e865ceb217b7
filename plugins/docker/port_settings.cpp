#include "docker/port_settings.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

namespace drcon::docker {
namespace {

// A container is not trusted: one label must not make tens of thousands of endpoints.
constexpr std::size_t most_named_ports = 1000;

enum class protocol : std::uint8_t { any, tcp, udp };

// "9300-9305_udp_name", or "name", which holds for all ports.
struct setting_key {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  protocol of = protocol::any;
  std::string key;
  std::string fault;  // why it can mean nothing

  bool is_general() const { return first == 0; }
  bool holds_for(const container_port& port) const {
    return first <= port.number && port.number <= last && (of == protocol::any || (of == protocol::udp) == port.udp);
  }
  // Less for what counts more.
  auto rank() const { return std::tuple(is_general(), last - first, of == protocol::any); }
};

std::optional<std::uint16_t> read_port(std::string_view text) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0) return {};
  return number;
}

bool is_of_ports(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9' &&
         text.find_first_not_of("0123456789-") == std::string_view::npos;
}

void take_protocol(setting_key& result) {
  for (const auto& [mark, of] : {std::pair<std::string_view, protocol>{"tcp_", protocol::tcp}, {"udp_", protocol::udp}})
    if (result.key.starts_with(mark) && result.key.size() > mark.size()) {
      result.of = of;
      result.key.erase(0, mark.size());
      return;
    }
}

setting_key read_key(const std::string& text) {
  const auto line = text.find('_');
  const auto ports = std::string_view(text).substr(0, line);
  setting_key result;
  if (!is_of_ports(ports)) {
    result.key = text;
    return result;
  }
  const auto dash = ports.find('-');
  const auto first = read_port(ports.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : read_port(ports.substr(dash + 1));
  if (!first || !last || *first > *last) {
    result.fault = "expected a port or a range such as 9300-9305, of numbers from 1 to 65535";
    return result;
  }
  if (line == std::string::npos || line + 1 == text.size()) {
    result.fault = "expected what is set for the port, such as _NAME, after it";
    return result;
  }
  result.first = *first;
  result.last = *last;
  result.key = text.substr(line + 1);
  take_protocol(result);
  return result;
}

std::string as_written(std::string key) {
  for (auto& each : key)
    if (each >= 'a' && each <= 'z') each = static_cast<char>(each - 'a' + 'A');
  return "SERVICE_" + key;
}

std::string without_port(const setting_key& key) {
  const auto* of = key.of == protocol::udp ? "/udp" : key.of == protocol::tcp ? "/tcp" : "";
  if (key.first == key.last) return "the container has no port " + std::to_string(key.first) + of;
  return "the container has no port from " + std::to_string(key.first) + " to " + std::to_string(key.last) + of;
}

bool names_too_many(const setting_key& key) {
  return key.key == "name" && static_cast<std::size_t>(key.last - key.first) >= most_named_ports;
}

// What the container exposes of this number, or TCP.
void add_named(const container& origin, std::uint16_t number, protocol of, std::vector<container_port>& all) {
  const auto add = [&all](const container_port& port) {
    if (std::ranges::find(all, port.key(), &container_port::key) == all.end()) all.push_back(port);
  };
  bool any = false;
  for (const auto& port : origin.ports) {
    if (port.number != number || (of != protocol::any && (of == protocol::udp) != port.udp)) continue;
    add(port);
    any = true;
  }
  if (any) return;
  container_port named;
  named.number = number;
  named.udp = of == protocol::udp;
  add(named);
}

}  // namespace

port_settings settings_for(const container& origin, const container_port& port) {
  struct holding {
    setting_key key;
    std::string text;
    std::string value;
  };
  std::vector<holding> all;
  for (const auto& [text, value] : origin.settings)
    if (auto key = read_key(text); key.fault.empty() && (key.is_general() || key.holds_for(port)))
      all.push_back({std::move(key), text, value});
  std::ranges::stable_sort(all, std::ranges::greater(), [](const auto& each) { return each.key.rank(); });
  port_settings result;
  for (const auto& [key, text, value] : all) {
    result.all.insert_or_assign(key.key, value);
    result.own_name |= key.key == "name" && !key.is_general();
    if (key.key == "ignore") result.ignored_by = value.empty() ? std::string() : as_written(text);
  }
  return result;
}

std::vector<container_port> named_ports(const container& origin) {
  constexpr std::size_t most_visited = 10 * most_named_ports;  // many labels may name the same ports again and again
  std::size_t visited = 0;
  std::vector<container_port> all;
  for (const auto& [text, value] : origin.settings) {
    const auto key = read_key(text);
    if (!key.fault.empty() || key.is_general() || key.key != "name" || value.empty() || names_too_many(key)) continue;
    for (unsigned number = key.first; number <= key.last && visited < most_visited && all.size() < most_named_ports;
         ++number, ++visited)
      add_named(origin, static_cast<std::uint16_t>(number), key.of, all);
  }
  std::ranges::sort(all, {}, &container_port::key);
  return all;
}

std::vector<unusable_setting> unusable_settings(const container& origin, const std::vector<container_port>& ports) {
  std::vector<unusable_setting> all;
  for (const auto& [text, value] : origin.settings) {
    const auto key = read_key(text);
    if (!key.fault.empty()) all.push_back({as_written(text), key.fault});
    else if (!key.is_general() && std::ranges::none_of(ports, [&](const auto& each) { return key.holds_for(each); }))
      all.push_back({as_written(text), without_port(key)});
  }
  return all;
}

}  // namespace drcon::docker
