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
    const auto at = all.find(key);
    return at == all.end() ? std::string() : at->second;
  }
};

port_settings settings_for(const container& from, const container_port& port) {
  port_settings to;
  const auto number = std::to_string(port.number);
  settings specific;
  for (const auto& [key, value] : from.settings) {
    const auto line = key.find('_');
    const auto first = key.substr(0, line);
    if (!is_number(first)) to.all.emplace(key, value);
    else if (first == number && line != std::string::npos) specific.emplace(key.substr(line + 1), value);
  }
  to.own_name = specific.contains("name");
  for (auto& [key, value] : specific) to.all.insert_or_assign(key, value);
  return to;
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
place place_of(const container& from, const container_port& port, const rules& by) {
  place to;
  if (from.network_mode == "host") {
    to = {by.host_address, port.number};
  } else if (by.internal) {
    const auto at = by.network.empty() ? from.addresses.begin() : from.addresses.find(by.network);
    if (at == from.addresses.end()) return {};
    to = {at->second, port.number};
  } else {
    if (port.host_port == 0) return {};
    to = {is_any_address(port.host_address) ? by.host_address : port.host_address, port.host_port};
  }
  const auto label = from.labels.find(by.address_label);
  if (!by.address_label.empty() && label != from.labels.end())
    to.address = label->second.substr(0, label->second.find('/'));
  return to;
}

health health_of(const container& from) {
  if (!from.running) return health::critical;
  if (from.paused) return health::maintenance;
  // A container whose check has not passed yet has not started, for anybody who wants to use it.
  return from.health.empty() || from.health == "healthy" ? health::passing : health::critical;
}

// Codes above 128 are signals: somebody ended it, and that somebody is not always seen.
bool has_crashed(const container& from) {
  constexpr int signals = 128;
  return from.out_of_memory || (from.exit_code != 0 && from.exit_code < signals);
}

offer offer_of(const container& from, const container_port& port, const place& at, const port_settings& with,
               bool is_one_of_many, const rules& by) {
  static const std::set<std::string> meant_otherwise{"id", "name", "tags", "ignore"};
  offer to;
  const auto number = std::to_string(port.number);
  to.service = with.get("name").empty() ? base_of_image(from.image) : with.get("name");
  if (is_one_of_many && !with.own_name) to.service += "-" + number;
  to.what.id = with.get("id");
  if (to.what.id.empty()) to.what.id = by.host_name + ":" + from.name + ":" + number + (port.udp ? ":udp" : "");
  to.what.node = by.host_name;
  to.what.address = at.address;
  to.what.port = at.port;
  to.what.health = health_of(from);
  to.what.tags = split_tags(with.get("tags"));
  to.what.tags.insert(to.what.tags.end(), by.tags.begin(), by.tags.end());
  if (port.udp) to.what.tags.emplace_back("udp");
  for (const auto& [key, value] : with.all)
    if (!meant_otherwise.contains(key)) to.what.meta.emplace(key, value);
  return to;
}

}  // namespace

std::vector<offer> offers_of(const container& from, const rules& by, bool was_told_to_stop) {
  const bool shown =
      from.running ? !was_told_to_stop : by.crashed_is_critical && !was_told_to_stop && has_crashed(from);
  if (!shown) return {};
  struct candidate {
    const container_port* port;
    place at;
    port_settings with;
  };
  std::vector<candidate> reachable;
  for (const auto& port : from.ports)
    if (auto at = place_of(from, port, by); at.port != 0 && !at.address.empty())
      reachable.push_back({&port, std::move(at), settings_for(from, port)});
  std::vector<offer> all;
  for (const auto& [port, at, with] : reachable) {
    if (!with.get("ignore").empty() || (by.explicit_only && with.get("name").empty())) continue;
    all.push_back(offer_of(from, *port, at, with, reachable.size() > 1, by));
  }
  return all;
}

}  // namespace drcon::docker
