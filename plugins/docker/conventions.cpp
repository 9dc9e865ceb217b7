#include "docker/conventions.hpp"

#include "common/address.hpp"
#include "docker/places.hpp"
#include "docker/port_settings.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace drcon::docker {
namespace {

// "registry:5000/team/web:v2@sha256:…" -> "web".
std::string base_of_image(const std::string& image) {
  auto name = image.substr(0, image.find('@'));
  name = name.substr(name.rfind('/') + 1);
  return name.substr(0, name.find(':'));
}

std::string default_name_of(const container& origin) {
  return origin.default_service.empty() ? base_of_image(origin.image) : origin.default_service;
}

std::string node_of(const container& origin, const rules& by) {
  return origin.node_name.empty() ? by.host_name : origin.node_name;
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

std::string short_id(const container& origin) {
  constexpr std::size_t shown = 12;  // as docker ps has it
  return origin.id.substr(0, shown);
}

std::string identity_of(const container& origin, const rules& by) {
  switch (by.identified_by) {
    case identity::name: break;
    case identity::hostname: return origin.hostname.empty() ? origin.name : origin.hostname;
    case identity::id: return short_id(origin);
  }
  return origin.name;
}

std::map<std::string, std::string> metadata_of(const container& origin, const port_settings& with, const rules& by) {
  static const std::set<std::string> meant_otherwise{"id", "name", "tags", "ignore"};
  std::map<std::string, std::string> all;
  for (const auto& [key, value] : with.all)
    if (!meant_otherwise.contains(key)) all.emplace(key, value);
  const std::map<std::string, std::string> known{
      {"name", origin.name}, {"id", short_id(origin)}, {"hostname", origin.hostname}, {"image", origin.image}};
  for (const auto& each : by.metadata)
    if (const auto found = known.find(each); found != known.end() && !found->second.empty())
      all.emplace("container_" + each, found->second);
  return all;
}

struct candidate {
  container_port port;
  places where;
  port_settings with;
};

// The endpoints of one port: the first place has the id that it would have alone, so that a second binding changes
// nothing about it.
void add_offers(const container& origin, const candidate& each, bool is_one_of_many, const rules& by,
                std::vector<offer>& all) {
  offer result;
  const auto number = std::to_string(each.port.number);
  result.service = each.with.get("name").empty() ? default_name_of(origin) : each.with.get("name");
  if (is_one_of_many && !each.with.own_name) result.service += "-" + number;
  auto id = each.with.get("id");
  if (id.empty())
    id = node_of(origin, by) + ":" + identity_of(origin, by) + ":" + number + (each.port.udp ? ":udp" : "");
  result.what.node = node_of(origin, by);
  result.what.health = health_of(origin);
  result.what.tags = split_tags(each.with.get("tags"));
  result.what.tags.insert(result.what.tags.end(), by.tags.begin(), by.tags.end());
  if (each.port.udp) result.what.tags.emplace_back("udp");
  result.what.meta = metadata_of(origin, each.with, by);
  for (const auto& where : each.where.all) {
    result.what.id = &where == &each.where.all.front() ? id : id + "@" + common::with_port(where.address, where.port);
    result.what.address = where.address;
    result.what.port = where.port;
    all.push_back(result);
  }
}

// Ports by the reason why they are not published.
class reasons {
public:
  void add(const std::string& why, const container_port& port) {
    auto& ports = all_[why];
    ports += (ports.empty() ? "port " : ", ") + std::to_string(port.number) + (port.udp ? "/udp" : "");
  }
  std::string text() const {
    std::string text;
    for (const auto& [why, ports] : all_) text += (text.empty() ? "" : "; ") + why + ": " + ports;
    return text;
  }

private:
  std::map<std::string, std::string> all_;
};

std::string missing_label(const container& origin, const rules& by) {
  for (const auto& wanted : by.labels) {
    const auto equals = wanted.find('=');
    const auto found = origin.labels.find(wanted.substr(0, equals));
    if (found == origin.labels.end() || (equals != std::string::npos && found->second != wanted.substr(equals + 1)))
      return "it does not have the label '" + wanted + "', which the option label asks for";
  }
  return {};
}

std::string why_not_running(const container& origin, const rules& by, bool was_asked_to_stop) {
  if (was_asked_to_stop) return origin.running ? "it was asked to stop" : "it was asked to stop, and has ended";
  if (origin.running || (by.crashed_is_critical && has_crashed(origin))) return {};
  return "it does not run; its last exit code is " + std::to_string(origin.exit_code);
}

// Of the ports that the rules look at; the reason is left empty where any is published.
void judge_ports(const container& origin, const rules& by, const std::vector<container_port>& ports, verdict& result) {
  reasons why;
  std::vector<candidate> reachable;
  // A port that another task stands in for counts as well, or the tasks of one service would have different names.
  std::size_t stood_in = 0;
  for (const auto& port : ports) {
    auto where = places_of(origin, port, by);
    if (!where.all.empty()) {
      reachable.push_back({port, std::move(where), settings_for(origin, port)});
      continue;
    }
    why.add(where.why_none, port);
    if (!port.stands_in.empty()) ++stood_in;
  }
  for (const auto& each : reachable) {
    if (!each.with.ignored_by.empty()) why.add(each.with.ignored_by + " is set", each.port);
    else if (by.explicit_only && each.with.get("name").empty())
      why.add("no SERVICE_NAME names its service, as explicit = true asks for", each.port);
    else add_offers(origin, each, reachable.size() + stood_in > 1, by, result.offers);
  }
  // Requests reach a task by the endpoint of the one that stands in for it.
  if (!ports.empty() && std::ranges::all_of(ports, [](const auto& each) { return !each.stands_in.empty(); }))
    result.is_missed = false;
  if (result.offers.empty()) result.why_none = ports.empty() ? why_no_port(origin, by) : why.text();
}

}  // namespace

verdict judge(const container& origin, const rules& by, bool was_asked_to_stop) {
  const auto name = origin.settings.find("name");
  verdict result{
      .offers = {},
      .service = name == origin.settings.end() || name->second.empty() ? default_name_of(origin) : name->second,
      .why_none = missing_label(origin, by),
      .is_missed = origin.running && !was_asked_to_stop,
      .unusable = {}};
  if (result.why_none.empty()) result.why_none = why_not_running(origin, by, was_asked_to_stop);
  if (!result.why_none.empty()) return result;
  auto ports = ports_of(origin, by);
  judge_ports(origin, by, ports, result);
  ports.insert(ports.end(), origin.ports.begin(), origin.ports.end());
  for (const auto& [setting, why] : unusable_settings(origin, ports)) result.unusable.push_back(setting + ": " + why);
  return result;
}

}  // namespace drcon::docker
