#include "template/last_services.hpp"

#include "common/in_service.hpp"
#include "common/json_text.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <algorithm>
#include <utility>

namespace drcon::templates {
namespace {

using common::json_text;
using nlohmann::json;

std::size_t in_service(const std::vector<endpoint>& all) {
  return static_cast<std::size_t>(std::ranges::count_if(all, common::in_service));
}

json to_json(const endpoint& each) {
  return {{"id", each.id},     {"node", each.node},     {"address", each.address},
          {"port", each.port}, {"weight", each.weight}, {"priority", each.priority},
          {"tags", each.tags}, {"meta", each.meta},     {"health", static_cast<unsigned>(each.health)}};
}

std::uint32_t number(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint32_t>() : 0;
}

endpoint endpoint_of(const json& object) {
  endpoint result{.id = json_text(object, "id"),
                  .node = json_text(object, "node"),
                  .address = json_text(object, "address"),
                  .port = number(object, "port"),
                  .weight = number(object, "weight"),
                  .priority = number(object, "priority"),
                  .tags = {},
                  .meta = {}};
  if (const auto level = number(object, "health"); level <= static_cast<unsigned>(health::maintenance))
    result.health = static_cast<health>(level);
  for (const auto& tag : object.value("tags", json::array()))
    if (tag.is_string()) result.tags.push_back(tag.get<std::string>());
  const auto meta = object.value("meta", json::object());
  for (const auto& [key, value] : meta.items())
    if (value.is_string()) result.meta.emplace(key, value.get<std::string>());
  return result;
}

service* find_in(std::vector<service>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &service::name);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

// What the file has of a service: null when it has nothing, or that is not known.
const service* last_services::find(const std::string& name, service& scratch) const {
  if (const auto held = held_.find(name); held != held_.end()) return &held->second;
  if (!last_) return nullptr;
  const auto found = std::ranges::find(last_->services, name, &service::name);
  if (found == last_->services.end()) return nullptr;
  const auto without = refused_.find(name);
  if (without == refused_.end()) return &*found;
  scratch = *found;
  std::erase_if(scratch.endpoints, [&](const endpoint& each) { return without->second.contains(each.id); });
  return &scratch;
}

last_services::losses last_services::unbearable(const desired_state& desired, const left_out& refused) const {
  losses found;
  if (refused.empty()) return found;
  for (const auto& each : desired.services) {
    const auto without = refused.find(each.name);
    if (without == refused.end()) continue;
    service scratch;
    const auto* last = find(each.name, scratch);
    const common::refused_loss loss{
        .served = last == nullptr ? 0 : in_service(last->endpoints),
        .desired = in_service(each.endpoints),
        .refused = static_cast<std::size_t>(std::ranges::count_if(each.endpoints, [&](const endpoint& one) {
          return common::in_service(one) && without->second.contains(one.id);
        }))};
    if (loss.keeps_last()) found.emplace(each.name, loss);
  }
  return found;
}

desired_state last_services::completed(desired_state desired, const left_out& refused, const losses& of) const {
  for (const auto& [name, loss] : of) {
    service scratch;
    const auto* last = find(name, scratch);
    auto* now = find_in(desired.services, name);
    if (last == nullptr || now == nullptr) continue;
    for (auto kept : last->endpoints) {
      const auto known = std::ranges::find(now->endpoints, kept.id, &endpoint::id);
      if (known != now->endpoints.end() && !refused.at(name).contains(kept.id)) continue;
      if (known != now->endpoints.end()) {
        kept.health = known->health;
        kept.weight = known->weight;
        kept.priority = known->priority;
        *known = std::move(kept);
      } else {
        now->endpoints.push_back(std::move(kept));
      }
    }
    std::ranges::sort(now->endpoints, {}, &endpoint::id);
  }
  return desired;
}

void last_services::hold(const losses& of) {
  for (const auto& [name, loss] : of) {
    service scratch;
    if (const auto* last = find(name, scratch); last != nullptr) held_.try_emplace(name, *last);
  }
}

void last_services::written(snapshot all, left_out refused, const losses& kept) {
  last_ = std::move(all);
  refused_ = std::move(refused);
  std::erase_if(held_, [&](const auto& each) { return !kept.contains(each.first); });
}

std::string last_services::to_text() const {
  if (held_.empty()) return {};
  json all = json::object();
  for (const auto& [name, each] : held_) {
    auto& endpoints = all[name] = json::array();
    for (const auto& one : each.endpoints) endpoints.push_back(to_json(one));
  }
  return all.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

void last_services::recall(const std::string& text) {
  held_.clear();
  const auto parsed = parsed_json(text);
  if (!parsed.is_object()) return;
  for (const auto& [name, endpoints] : parsed.items()) {
    service one{.name = name, .revision = 0, .endpoints = {}, .values = {}};
    for (const auto& each : endpoints)
      if (each.is_object()) one.endpoints.push_back(endpoint_of(each));
    held_.emplace(name, std::move(one));
  }
}

}  // namespace drcon::templates
