#include "consul_http/answer.hpp"

#include "common/consul_rules.hpp"
#include "common/json_text.hpp"

#include <nlohmann/json.hpp>

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

bool is_selected(health each, health_level selected) {
  if (selected == health_level::any) return true;
  return each == health::passing || (each == health::warning && selected == health_level::warning);
}

endpoint endpoint_of(const json& node, const json& service, health state) {
  const auto& weights = member(service, "Weights");
  const bool has_weights = weights.is_object();
  endpoint result{.id = json_text(node, "Node") + "/" + json_text(service, "ID"),
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

std::optional<std::vector<endpoint>> parse_endpoints(const std::string& body, health_level selected, std::string& why) {
  const auto all = json::parse(body, nullptr, false);
  if (!all.is_array()) {
    why = all.is_discarded() ? "the answer is not JSON, or was cut short" : "the answer is not a list of instances";
    return {};
  }
  std::vector<endpoint> endpoints;
  endpoints.reserve(all.size());
  for (const auto& each : all) {
    if (!each.is_object() || !member(each, "Service").is_object() || !member(each, "Node").is_object()) {
      why = "an instance in the answer has no Service or no Node";
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
    if (is_selected(state, selected)) endpoints.push_back(endpoint_of(each["Node"], each["Service"], state));
  }
  return endpoints;
}

std::optional<catalog> parse_catalog(const std::string& body, std::string& why) {
  const auto all = json::parse(body, nullptr, false);
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
  const auto all = json::parse(body, nullptr, false);
  if (!all.is_array()) return {};
  checks result;
  for (const auto& each : all)
    if (each.is_object())
      result[{json_text(each, "Node"), json_text(each, "CheckID")}] = {.service = json_text(each, "ServiceName"),
                                                                       .status = json_text(each, "Status")};
  return result;
}

}  // namespace drcon::consul
