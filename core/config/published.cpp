#include "config/published.hpp"

#include <algorithm>

namespace drcon::config {
namespace {

using nlohmann::json;

// A key is the same with a slash in front and without.
std::string path_of(const json& values, const std::string& option) {
  auto path = values.value(option, "");
  path.erase(0, path.find_first_not_of('/') == std::string::npos ? path.size() : path.find_first_not_of('/'));
  return path;
}

// "service" has the options that name the service, the first that is set counts. Without any it may be any service.
void add_services(const json& values, const json& options, published& to) {
  for (const auto& option : options)
    if (values.contains(option.get<std::string>())) {
      to.services.insert(values.at(option.get<std::string>()).get<std::string>());
      return;
    }
  to.any_service = true;
}

// Of one table and those within it; false when none of them says what it publishes.
bool look_at(const json& values, const json& schema, published& to) {
  bool says = false;
  if (values.is_array() && schema.contains("items"))
    for (const auto& each : values) says |= look_at(each, schema.at("items"), to);
  if (!values.is_object()) return says;
  if (const auto what = schema.find("publishes"); what != schema.end()) {
    says = true;
    if (what->contains("service")) add_services(values, what->at("service"), to);
    if (what->contains("key") && values.contains(what->at("key").get<std::string>()))
      to.keys.insert(path_of(values, what->at("key")));
    if (what->contains("keys_below") && values.contains(what->at("keys_below").get<std::string>()))
      to.key_prefixes.insert(path_of(values, what->at("keys_below")));
  }
  const auto properties = schema.value("properties", json::object());
  for (const auto& [key, option] : properties.items())
    if (const auto value = values.find(key); value != values.end() && option.is_object())
      says |= look_at(*value, option, to);
  return says;
}

}  // namespace

bool published::may_have_service(std::string_view name) const { return any_service || services.contains(name); }

bool published::may_have_key(std::string_view path) const {
  return keys.contains(path) ||
         std::ranges::any_of(key_prefixes, [&](const std::string& each) { return path.starts_with(each); });
}

bool published::may_have_keys_below(std::string_view prefix) const {
  const auto key = keys.lower_bound(prefix);
  return (key != keys.end() && key->starts_with(prefix)) ||
         std::ranges::any_of(key_prefixes, [&](const std::string& each) {
           return prefix.starts_with(each) || std::string_view(each).starts_with(prefix);
         });
}

void published::add(const published& other) {
  any_service |= other.any_service;
  services.insert(other.services.begin(), other.services.end());
  keys.insert(other.keys.begin(), other.keys.end());
  key_prefixes.insert(other.key_prefixes.begin(), other.key_prefixes.end());
}

std::optional<published> published_by(const instance_config& source, const json& schema) {
  published all;
  if (!look_at(source.options, schema, all)) return {};
  return all;
}

}  // namespace drcon::config
