#include "consul_http/answer.hpp"

#include "common/consul_rules.hpp"
#include "common/json_text.hpp"
#include "common/short_text.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <algorithm>
#include <charconv>

namespace drcon::consul {
namespace {

using common::json_text;
using nlohmann::json;

// Members that are missing or null are as good as empty; Consul omits some and nulls others.
const json& member(const json& object, const char* key) {
  static const json nothing;
  const auto value = object.find(key);
  return value == object.end() ? nothing : *value;
}

std::uint32_t number(const json& object, const char* key, std::uint32_t otherwise) {
  const auto& value = member(object, key);
  if (!value.is_number_integer()) return otherwise;
  if (value.is_number_unsigned())
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(value.get<std::uint64_t>(), UINT32_MAX));
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value.get<std::int64_t>(), 0, UINT32_MAX));
}

// The worst of an instance's checks; maintenance shows as checks of its own. Without checks it is passing, as for
// Consul itself: instances of a node without an agent may have none. A check that cannot be read does not pass.
health health_of(const json& checks) {
  auto worst = health::passing;
  for (const auto& each : checks) {
    const auto id = json_text(each, "CheckID");
    const auto status = json_text(each, "Status");
    if (id == "_node_maintenance" || id.starts_with("_service_maintenance:")) return health::maintenance;
    if (status == "warning") worst = std::max(worst, health::warning);
    else if (status != "passing") worst = std::max(worst, health::critical);
  }
  return worst;
}

// Which check keeps an instance from being selected. The output of a check is not part of it: it may be another one
// each time, and would be a change each time.
std::string why_not_selected(const json& checks, health state) {
  if (state == health::maintenance) return "it is in maintenance in Consul";
  const std::string_view word = to_string(state);
  std::string text = "it is " + std::string(word) + " in Consul";
  constexpr std::size_t longest = 200;  // whoever registers the check names it
  for (const auto& each : checks) {
    const auto status = json_text(each, "Status");
    const bool is_warning = status == "warning";
    if (status == "passing" || is_warning != (state == health::warning)) continue;
    const auto name = json_text(each, "Name");
    text += ": check '" + std::string(common::shortened(json_text(each, "CheckID"), longest)) + "'";
    if (!name.empty()) text += " (" + std::string(common::shortened(name, longest)) + ")";
    break;
  }
  return text + "; the source's option 'health' selects what is published";
}

bool is_selected(health each, health_level selected) {
  if (selected == health_level::any) return true;
  return each == health::passing || (each == health::warning && selected == health_level::warning);
}

std::string id_of(const json& node, const json& service) {
  return json_text(node, "Node") + "/" + json_text(service, "ID");
}

endpoint endpoint_of(const json& node, const json& service, health state) {
  const auto& weights = member(service, "Weights");
  const bool has_weights = weights.is_object();
  endpoint result{.id = id_of(node, service),
                  .node = json_text(node, "Node"),
                  .address = json_text(service, "Address"),
                  .port = number(service, "Port", 0),
                  .weight = has_weights ? number(weights, state == health::warning ? "Warning" : "Passing", 1) : 1,
                  .priority = 0,
                  .health = state,
                  .tags = {},
                  .meta = {}};
  if (result.address.empty()) result.address = json_text(node, "Address");
  for (const auto& tag : member(service, "Tags"))
    if (tag.is_string()) result.tags.push_back(tag.get<std::string>());
  for (const auto& [key, value] : member(service, "Meta").items())
    if (value.is_string()) result.meta.emplace(key, value.get<std::string>());
  // By convention, for filters; the service's own word goes first.
  if (const auto datacenter = json_text(node, "Datacenter"); !datacenter.empty())
    result.meta.emplace("datacenter", datacenter);
  return result;
}

// The tagged address of that key: the service's own, with its port; or that of the node, for a service that has no
// address of its own. An instance that has none is published with its usual address.
// True when it has brought its port.
bool choose_address(endpoint& of, const json& node, const json& service, const std::string& key) {
  const auto& own = member(member(service, "TaggedAddresses"), key.c_str());
  if (const auto address = json_text(own, "Address"); !address.empty()) {
    of.address = address;
    const auto port = number(own, "Port", 0);  // 0: that of the service
    if (port != 0) of.port = port;
    return port != 0;
  }
  if (json_text(service, "Address").empty()) {
    if (auto address = json_text(member(node, "TaggedAddresses"), key.c_str()); !address.empty())
      of.address = std::move(address);
  }
  return false;
}

const json* default_of(const json& ports) {
  for (const auto& each : ports)
    if (member(each, "Default") == json(true)) return &each;
  return ports.size() == 1 ? &ports.front() : nullptr;
}

// A service with several ports has them in a list, each with a name, and 0 as its port. Why the instance has not the
// port that is asked for, or empty.
std::string choose_port(endpoint& of, const json& service, const std::string& name) {
  const auto& ports = member(service, "Ports");
  const bool has_list = ports.is_array() && !ports.empty();
  if (!has_list) return name.empty() ? "" : "it has no ports with names";
  const auto is_called = [&](const json& each) { return json_text(each, "Name") == name; };
  const auto named = std::ranges::find_if(ports, is_called);
  const auto* chosen = name.empty() ? default_of(ports) : named == ports.end() ? nullptr : &*named;
  if (chosen != nullptr) of.port = number(*chosen, "Port", 0);
  if (chosen != nullptr || (name.empty() && of.port != 0)) return {};
  std::string known;
  constexpr std::size_t longest = 200;  // whoever registers the service names them
  for (const auto& each : ports) known += (known.empty() ? "" : ", ") + json_text(each, "Name");
  known = common::shortened(known, longest);
  if (name.empty()) return "it has several ports (" + known + "), none of which is the default: choose one with port";
  return "it has no port called '" + name + "'; it has " + known;
}

// Under `prefix.KEY`, each text of a table.
void add_texts(endpoint& to, const std::string& prefix, const json& table) {
  if (!table.is_object()) return;
  for (const auto& [key, value] : table.items())
    if (value.is_string()) to.meta.emplace(prefix + "." + key, value.get<std::string>());
}

std::string host_and_port(const json& address) {
  const auto host = json_text(address, "Address");
  const auto port = std::to_string(number(address, "Port", 0));
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

// The host leaves out an endpoint with a value of more than 4096 bytes: a page that a check has printed must not cost
// an instance its place.
constexpr std::size_t longest_checks = 4096;
constexpr std::size_t longest_output = 256;

std::string checks_as_json(const json& all, std::size_t most_of_output) {
  auto checks = json::array();
  for (const auto& each : all) {
    if (!each.is_object()) continue;
    auto& check = checks.emplace_back(json::object());
    for (const auto* key : {"Node", "CheckID", "Name", "Status", "Notes", "ServiceID", "ServiceName"})
      check[key] = json_text(each, key);
    check["Output"] = std::string(common::shortened(json_text(each, "Output"), most_of_output));
    check["ServiceTags"] = json::array();
    for (const auto& tag : member(each, "ServiceTags"))
      if (tag.is_string()) check["ServiceTags"].push_back(tag);
  }
  return checks.dump(-1, ' ', false, json::error_handler_t::replace);
}

// The service's own metadata goes first, as everywhere.
void add_details(endpoint& to, const json& instance, const details& extras) {
  const auto& node = member(instance, "Node");
  const auto& service = member(instance, "Service");
  if (extras.node) {
    to.meta.emplace("node_id", json_text(node, "ID"));
    to.meta.emplace("node_address", json_text(node, "Address"));
    add_texts(to, "node_meta", member(node, "Meta"));
  }
  if (extras.addresses) {
    add_texts(to, "node_tagged_address", member(node, "TaggedAddresses"));
    if (const auto& tagged = member(service, "TaggedAddresses"); tagged.is_object())
      for (const auto& [key, address] : tagged.items())
        if (address.is_object()) to.meta.emplace("tagged_address." + key, host_and_port(address));
  }
  if (!extras.checks) return;
  for (const auto most : {longest_output, std::size_t{0}}) {
    auto text = checks_as_json(member(instance, "Checks"), most);
    if (text.size() > longest_checks) continue;
    to.meta.emplace("checks", std::move(text));
    return;
  }
}

}  // namespace

std::optional<std::string> fault_of(const common::http_answer& answer, const settings& all, bool asked_stale) {
  if (auto fault = common::consul::fault_of(answer, "service:read and node:read")) return fault;
  if (!asked_stale) return {};
  const auto contact = answer.header("x-consul-lastcontact");
  std::int64_t milliseconds = 0;
  const auto read = std::from_chars(contact.data(), contact.data() + contact.size(), milliseconds);
  // In whole milliseconds: as nanoseconds a large number would overflow, and a very old answer would pass for a new
  // one.
  if (read.ec == std::errc::result_out_of_range ||
      milliseconds > std::chrono::duration_cast<std::chrono::milliseconds>(all.max_stale).count())
    return "the answer is " + contact + " ms old, more than max_stale allows; asking the leader";
  return {};
}

std::optional<std::vector<endpoint>> parse_endpoints(const std::string& body, health_level selected, std::string& why,
                                                     const details& extras, const place_choice& place,
                                                     std::vector<left_out_instance>* left_out, const answer_of& whose) {
  const auto whole = parsed_json(body);
  const auto& all = whose.is_query && whole.is_object() ? member(whole, "Nodes") : whole;
  if (!all.is_array()) {
    why = whole.is_discarded() ? "the answer is not JSON, or was cut short" : "the answer is not a list of instances";
    return {};
  }
  std::vector<endpoint> endpoints;
  endpoints.reserve(all.size());
  for (const auto& each : all) {
    if (!each.is_object() || !member(each, "Service").is_object() || !member(each, "Node").is_object()) {
      why = "an instance in the answer has no Service or no Node";
      return {};
    }
    if (const auto& service = each["Service"]; !whose.peer.empty() && json_text(service, "PeerName") != whose.peer) {
      why = "Consul answers with an instance that is not of the peer '" + whose.peer +
            "': it knows peers from 1.13 on, and before it leaves out that they are asked for";
      return {};
    }
    // Null is Go's way to write an empty list. Anything else says nothing of the health, and "passing" would be a
    // guess.
    const auto checks = each.find("Checks");
    if (checks == each.end() || !(checks->is_array() || checks->is_null())) {
      why = "an instance in the answer has no list of Checks";
      return {};
    }
    const auto state = health_of(*checks);
    if (!is_selected(state, selected)) {
      if (left_out != nullptr)
        left_out->push_back({.id = id_of(each["Node"], each["Service"]),
                             .why = why_not_selected(*checks, state),
                             .has_no_port = false});
      continue;
    }
    auto made = endpoint_of(each["Node"], each["Service"], state);
    const bool has_port = !place.address.empty() && choose_address(made, each["Node"], each["Service"], place.address);
    const bool keeps_port = has_port && place.port.empty();
    if (auto fault = keeps_port ? "" : choose_port(made, each["Service"], place.port); !fault.empty()) {
      if (left_out != nullptr)
        left_out->push_back({.id = std::move(made.id), .why = std::move(fault), .has_no_port = true});
      continue;
    }
    add_details(made, each, extras);
    endpoints.push_back(std::move(made));
  }
  return endpoints;
}

std::optional<catalog> parse_catalog(const std::string& body, std::string& why) {
  const auto all = parsed_json(body);
  if (!all.is_object()) {
    why = "the answer is not a table of services";
    return {};
  }
  catalog result;
  for (const auto& [name, tags] : all.items()) {
    auto& known = result[name];
    for (const auto& tag : tags)
      if (tag.is_string()) known.insert(tag.get<std::string>());
  }
  return result;
}

std::optional<checks> parse_checks(const std::string& body) {
  const auto all = parsed_json(body);
  if (!all.is_array()) return {};
  checks result;
  for (const auto& each : all)
    if (each.is_object())
      result[{json_text(each, "Node"), json_text(each, "CheckID")}] = {.service = json_text(each, "ServiceName"),
                                                                       .status = json_text(each, "Status")};
  return result;
}

}  // namespace drcon::consul
