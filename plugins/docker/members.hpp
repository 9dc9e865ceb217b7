// Members of what an engine answers: each of the type that fits, else an empty one, since Docker leaves out, or sets to
// null, what there is none of.
//
// Pure functions.
#pragma once

#include "docker/answer.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

namespace drcon::docker {

inline const nlohmann::json& member(const nlohmann::json& of, const char* name, nlohmann::json::value_t type) {
  using nlohmann::json;
  static const std::map<json::value_t, json> empty{{json::value_t::object, json::object()},
                                                   {json::value_t::array, json::array()}};
  if (of.is_object())
    if (const auto found = of.find(name); found != of.end() && found->type() == type) return *found;
  return empty.at(type);
}
inline const nlohmann::json& object(const nlohmann::json& of, const char* name) {
  return member(of, name, nlohmann::json::value_t::object);
}
inline const nlohmann::json& array(const nlohmann::json& of, const char* name) {
  return member(of, name, nlohmann::json::value_t::array);
}
inline bool flag(const nlohmann::json& of, const char* name) {
  const auto found = of.find(name);
  return found != of.end() && found->is_boolean() && found->get<bool>();
}
inline std::optional<std::int64_t> integer(const nlohmann::json& of, const char* name) {
  const auto found = of.find(name);
  if (found == of.end() || !found->is_number_integer()) return {};
  return found->get<std::int64_t>();
}
/// 0: it is none.
inline std::uint16_t port_number(const nlohmann::json& of, const char* name) {
  const auto number = integer(of, name).value_or(0);
  return number > 0 && number <= UINT16_MAX ? static_cast<std::uint16_t>(number) : std::uint16_t{0};
}

/// SERVICE_ settings of an environment ("KEY=VALUE") and of labels, which count more; and the labels themselves.
void read_settings(const nlohmann::json& environment, const nlohmann::json& labels, container& result);

}  // namespace drcon::docker
