#include "config/toml_value.hpp"

#include "base/json_text.hpp"
#include "config/text.hpp"

#include <cmath>
#include <sstream>

namespace drcon::config {
namespace {

const char* type_name(const toml::node& node) {
  if (node.is_integer()) return "integer ";
  if (node.is_floating_point()) return "float ";
  if (node.is_boolean()) return "boolean ";
  if (node.is_date()) return "date ";
  if (node.is_time()) return "time ";
  return "date and time ";
}

}  // namespace

std::string found_text(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_array()) return "an array";
  if (node.is_string()) return "string " + shown(scalar_of(node));
  const auto number = node.value_exact<double>();
  if (number && std::isfinite(*number)) return "float " + shown(*number);  // "5.0", which is not the integer 5
  std::ostringstream text;
  node.visit([&text](const auto& each) {
    if constexpr (toml::is_value<decltype(each)>) text << each.get();
  });
  const auto value = node.is_boolean() ? (*node.value<bool>() ? "true" : "false") : text.str();
  return type_name(node) + value;
}

bool has_type(const toml::node& node, const std::string& type) {
  if (type == "string") return node.is_string();
  if (type == "integer") return node.is_integer();
  if (type == "number") return node.is_number();
  if (type == "boolean") return node.is_boolean();
  if (type == "array") return node.is_array();
  return type == "object" && node.is_table();
}

std::string describe_type(const std::string& type) {
  if (type == "object") return "a table";
  if (type == "boolean") return "true or false";
  return (type == "integer" || type == "array" ? "an " : "a ") + type;
}

nlohmann::json scalar_of(const toml::node& node) {
  if (node.is_string()) return *node.value<std::string>();
  if (node.is_boolean()) return *node.value<bool>();
  if (node.is_integer()) return *node.value<std::int64_t>();
  if (node.is_floating_point()) return *node.value<double>();
  return nullptr;
}

std::string shown(const nlohmann::json& value) {
  using nlohmann::json;
  if (value.is_string()) return "\"" + shortened(value.get_ref<const std::string&>()) + "\"";
  return shortened(base::json_text(value));
}

}  // namespace drcon::config
