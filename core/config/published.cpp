#include "config/published.hpp"

#include <algorithm>

namespace drcon::config {
namespace {

using nlohmann::json;

// Empty where it is not set.
std::string text_of(const json& values, const json& option) {
  const auto found = values.find(option.get<std::string>());
  return found != values.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A key is the same with a slash in front and without.
void add_path(const json& values, const json& option, std::set<std::string, std::less<>>& to) {
  auto path = text_of(values, option);
  if (path.empty()) return;
  path.erase(0, std::min(path.find_first_not_of('/'), path.size()));
  to.insert(std::move(path));
}

// "service" has the options that name the service, the first that is set counts. Without any it may be any service.
void add_services(const json& values, const json& options, published& to) {
  for (const auto& option : options)
    if (auto name = text_of(values, option); !name.empty()) {
      to.services.insert(std::move(name));
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
    if (what->contains("key")) add_path(values, what->at("key"), to.keys);
    if (what->contains("keys_below")) add_path(values, what->at("keys_below"), to.key_prefixes);
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
