#include "docker/conventions.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace drcon::docker {
namespace {

using settings = std::map<std::string, std::string>;

bool is_number(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// The settings that hold for one port: SERVICE_<port>_KEY before SERVICE_KEY.
struct port_settings {
  settings all;
  bool own_name = false;  // the name was given for this very port

  std::string get(const std::string& key) const {
    const auto found = all.find(key);
    return found == all.end() ? std::string() : found->second;
  }
};

port_settings settings_for(const container& origin, const container_port& port) {
  port_settings result;
  const auto number = std::to_string(port.number);
  settings specific;
  for (const auto& [key, value] : origin.settings) {
    const auto line = key.find('_');
    const auto first = key.substr(0, line);
    if (!is_number(first)) result.all.emplace(key, value);
    else if (first == number && line != std::string::npos) specific.emplace(key.substr(line + 1), value);
  }
  result.own_name = specific.contains("name");
  for (auto& [key, value] : specific) result.all.insert_or_assign(key, value);
  return result;
}

// "registry:5000/team/web:v2@sha256:…" -> "web".
std::string base_of_image(const std::string& image) {
  auto name = image.substr(0, image.find('@'));
  name = name.substr(name.rfind('/') + 1);
  return name.substr(0, name.find(':'));
}

// "a,b\,c" -> "a", "b,c".
std::vector<std::string> split_tags(const std::string& text) {
  std::vector<std::string> all(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',') all.back() += text[++i];
    else if (text[i] == ',') all.emplace_back();
    else all.back() += text[i];
  }
  std::erase(all, "");
  return all;
}

bool is_any_address(const std::string& address) { return address.empty() || address == "0.0.0.0" || address == "::"; }

struct place {
  std::string address;
  std::uint16_t port = 0;
};

// Nothing: the port cannot be reached by these rules.
place place_of(const container& origin, const container_port& port, const rules& by) {
  place result;
  if (origin.network_mode == "host") {
    result = {by.host_address, port.number};
  } else if (by.internal) {
    const auto found = by.network.empty() ? origin.addresses.begin() : origin.addresses.find(by.network);
    if (found == origin.addresses.end()) return {};
    result = {found->second, port.number};
  } else {
    if (port.host_port == 0) return {};
    result = {is_any_address(port.host_address) ? by.host_address : port.host_address, port.host_port};
  }
  const auto label = origin.labels.find(by.address_label);
  if (!by.address_label.empty() && label != origin.labels.end())
    result.address = label->second.substr(0, label->second.find('/'));
  return result;
}

health health_of(const container& origin) {
  if (!origin.running) return health::critical;
  if (origin.paused) return health::maintenance;
  // A container whose check has not passed yet has not started, as far as its clients are concerned.
  return origin.health.empty() || origin.health == "healthy" ? health::passing : health::critical;
}

// Codes above 128 are signals: somebody ended it, although no event may have shown who.
bool has_crashed(const container& origin) {
  constexpr int signals = 128;
  return origin.out_of_memory || (origin.exit_code != 0 && origin.exit_code < signals);
}

offer offer_of(const container& origin, const container_port& port, const place& where, const port_settings& with,
               bool is_one_of_many, const rules& by) {
  static const std::set<std::string> meant_otherwise{"id", "name", "tags", "ignore"};
  offer result;
  const auto number = std::to_string(port.number);
  result.service = with.get("name").empty() ? base_of_image(origin.image) : with.get("name");
  if (is_one_of_many && !with.own_name) result.service += "-" + number;
  result.what.id = with.get("id");
  if (result.what.id.empty())
    result.what.id = by.host_name + ":" + origin.name + ":" + number + (port.udp ? ":udp" : "");
  result.what.node = by.host_name;
  result.what.address = where.address;
  result.what.port = where.port;
  result.what.health = health_of(origin);
  result.what.tags = split_tags(with.get("tags"));
  result.what.tags.insert(result.what.tags.end(), by.tags.begin(), by.tags.end());
  if (port.udp) result.what.tags.emplace_back("udp");
  for (const auto& [key, value] : with.all)
    if (!meant_otherwise.contains(key)) result.what.meta.emplace(key, value);
  return result;
}

}  // namespace

std::vector<offer> offers_of(const container& origin, const rules& by, bool was_asked_to_stop) {
  const bool shown =
      origin.running ? !was_asked_to_stop : by.crashed_is_critical && !was_asked_to_stop && has_crashed(origin);
  if (!shown) return {};
  struct candidate {
    const container_port* port;
    place where;
    port_settings with;
  };
  std::vector<candidate> reachable;
  for (const auto& port : origin.ports)
    if (auto where = place_of(origin, port, by); where.port != 0 && !where.address.empty())
      reachable.push_back({&port, std::move(where), settings_for(origin, port)});
  std::vector<offer> all;
  for (const auto& [port, where, with] : reachable) {
    if (!with.get("ignore").empty() || (by.explicit_only && with.get("name").empty())) continue;
    all.push_back(offer_of(origin, *port, where, with, reachable.size() > 1, by));
  }
  return all;
}

}  // namespace drcon::docker
