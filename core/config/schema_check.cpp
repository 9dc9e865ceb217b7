#include "config/schema_check.hpp"

#include "config/constraint.hpp"
#include "config/document.hpp"
#include "config/format.hpp"
#include "config/json_schema_check.hpp"
#include "config/pointer.hpp"
#include "config/secret.hpp"
#include "config/suggest.hpp"
#include "config/text.hpp"
#include "config/toml_value.hpp"

#include <pattern.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace drcon::config {
namespace {

using nlohmann::json;

const json no_schema = json::object();

// Walks the table and the schema side by side.
class checker {
public:
  checker(const options_to_check& given, checked_options& checked, diagnostics& found)
      : given_(given), checked_(checked), found_(found) {}

  json check_table(const toml::table& table, const position& where, const json& schema, const std::string& pointer);

private:
  std::string name_now(const toml::table& table, const std::set<std::string>& written, const toml::key& key,
                       const json& schema, const std::string& pointer);
  json check_value(const toml::node& node, const json& schema, const std::string& pointer);
  json check_array(const toml::array& array, const json& schema, const std::string& pointer);
  json check_scalar(const toml::node& node, const json& schema, const std::string& pointer);
  json check_secret(const toml::node& node, const json& schema, const std::string& pointer);
  bool check_type(const toml::node& node, const json& schema, const std::string& pointer);
  void fill_in(json& values, const json& schema, const std::string& pointer);

  bool is_reserved(const std::string& key, const std::string& pointer) const {
    return pointer.empty() && given_.reserved.contains(key);
  }
  // "[source.consul]" or "'service[0]' of [source.consul]".
  std::string table_name(const std::string& pointer) const {
    return pointer.empty() ? given_.title : "'" + shortened(readable(pointer)) + "' of " + given_.title;
  }
  void error(code of, const position& where, const std::string& pointer, const std::string& message,
             std::string help = {}) {
    found_.error(of, where, option_name(pointer) + message, std::move(help));
  }
  std::string option_name(const std::string& pointer) const {
    return "'" + shortened(readable(pointer)) + "' in " + given_.title + ": ";
  }

  const options_to_check& given_;
  checked_options& checked_;
  diagnostics& found_;
};

std::vector<std::string> keys_of(const json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

// The option that was called so in an earlier version; empty when none was.
std::string renamed(const json& properties, const std::string& old) {
  for (const auto& [key, option] : properties.items()) {
    const auto names = option.is_object() ? option.value("formerly", json::array()) : json::array();
    if (std::ranges::find(names, json(old)) != names.end()) return key;
  }
  return {};
}

// "it is one of …", of an option that takes one of a few words; else empty.
std::string choices_of(const json& option) {
  const auto allowed = option.is_object() ? option.value("enum", json::array()) : json::array();
  std::vector<std::string> choices;
  for (const auto& each : allowed) choices.push_back(shown(each));
  return choices.empty() ? "" : "it is one of " + listed(choices);
}

// The one key of a configuration that stands outside of all tables: written below one, it is taken for that table's.
std::string advice_on(const std::string& unknown, const std::vector<std::string>& known) {
  if (unknown == "include") return "'include' stands before the first [table] of the file";
  return suggestion(unknown, known);
}

// What an option is called by this version, when it is read at all; the message about an option of an earlier one says
// what to write instead. `written`: the options that have been read.
std::string checker::name_now(const toml::table& table, const std::set<std::string>& written, const toml::key& key,
                              const json& schema, const std::string& pointer) {
  const auto& properties = schema.contains("properties") ? schema.at("properties") : no_schema;
  const std::string name(key.str());
  if (properties.contains(name)) return name;
  const auto in = "'" + shortened(name) + "' in " + table_name(pointer);
  if (const auto now = renamed(properties, name); !now.empty()) {
    const auto renaming = in + " is now called '" + now + "'";
    if (!table.contains(now) && !written.contains(now)) {
      found_.warning(code::renamed, place(key), renaming + "; it is read as that", "write '" + now + "'");
      return now;
    }
    found_.error(code::renamed, place(key), renaming + ", which is there too", "remove '" + name + "'");
    return {};
  }
  if (const auto gone = schema.value("gone", json::object()); gone.contains(name)) {
    found_.error(code::renamed, place(key), in + " is no option any more", gone.at(name).get<std::string>());
    return {};
  }
  if (schema.value("additionalProperties", json()) != json(false)) return name;
  found_.error(code::unknown_key, place(key), "unknown key '" + shortened(name) + "' in " + table_name(pointer),
               advice_on(name, keys_of(properties)));
  return {};
}

json checker::check_table(const toml::table& table, const position& where, const json& schema,
                          const std::string& pointer) {
  const auto& properties = schema.contains("properties") ? schema.at("properties") : no_schema;
  const auto& others = schema.contains("additionalProperties") ? schema.at("additionalProperties") : no_schema;
  checked_.positions[pointer] = where;
  json values = json::object();
  std::set<std::string> written;
  for (const auto& [key, node] : table) {
    if (is_reserved(std::string(key.str()), pointer)) continue;
    const auto name = name_now(table, written, key, schema, pointer);
    if (name.empty()) continue;
    written.insert(name);
    values[name] = check_value(node, properties.contains(name) ? properties.at(name) : others,
                               pointer + "/" + pointer_token(name));
  }
  for (const auto& each : schema.value("required", json::array())) {
    const auto& key = each.get_ref<const std::string&>();
    if (!written.contains(key) && !is_reserved(key, pointer))
      found_.error(code::missing_key, where, "'" + key + "' is missing in " + table_name(pointer),
                   choices_of(properties.contains(key) ? properties.at(key) : no_schema));
  }
  fill_in(values, schema, pointer);
  return values;
}

void checker::fill_in(json& values, const json& schema, const std::string& pointer) {
  if (!schema.contains("properties")) return;
  for (const auto& [key, option] : schema.at("properties").items()) {
    if (values.contains(key) || is_reserved(key, pointer) || !option.is_object()) continue;
    const auto inner = pointer + "/" + pointer_token(key);
    const bool may_be_left_out = option.value("required", json::array()).empty();
    json value = option.value("default", option.contains("properties") && may_be_left_out ? json::object() : json());
    if (value.is_null()) continue;
    if (value.is_object()) fill_in(value, option, inner);
    if (value.is_object() && value.empty() && !option.contains("default")) continue;
    if (option.value("secret", false)) checked_.secrets.insert(inner);
    values[key] = std::move(value);
  }
}

json checker::check_value(const toml::node& node, const json& schema_or_bool, const std::string& pointer) {
  constexpr auto deepest = 32;  // each level is a recursion here, and in whoever reads the values
  const auto& schema = schema_or_bool.is_object() ? schema_or_bool : no_schema;
  checked_.positions[pointer] = place(node);
  if (std::ranges::count(pointer, '/') > deepest) {
    error(code::value, place(node), pointer, "nested too deep");
    return nullptr;
  }
  if (schema.value("secret", false)) return check_secret(node, schema, pointer);
  if (!check_type(node, schema, pointer)) return nullptr;
  if (const auto* table = node.as_table()) return check_table(*table, place(node), schema, pointer);
  if (const auto* array = node.as_array()) return check_array(*array, schema, pointer);
  return check_scalar(node, schema, pointer);
}

bool checker::check_type(const toml::node& node, const json& schema, const std::string& pointer) {
  const auto type = schema.value("type", json());
  const auto types = type.is_array() ? type : type.is_string() ? json::array({type}) : json::array();
  const bool is_time = node.is_date() || node.is_time() || node.is_date_time();
  const auto fits = [&node](const json& each) { return has_type(node, each.get_ref<const std::string&>()); };
  if (!is_time && (types.empty() || std::ranges::any_of(types, fits))) return true;
  std::string expected;
  for (const auto& each : types) expected += (expected.empty() ? "" : " or ") + describe_type(each.get<std::string>());
  const auto format = describe_format(schema.value("format", ""));
  if (type == "string" && !format.empty()) expected = format;
  if (expected.empty()) expected = "a string, a number, true or false, an array or a table";
  error(code::value, place(node), pointer, "expected " + expected + ", found " + found_text(node));
  return false;
}

json checker::check_array(const toml::array& array, const json& schema, const std::string& pointer) {
  json values = json::array();
  const auto& items = schema.contains("items") ? schema.at("items") : no_schema;
  for (std::size_t i = 0; i < array.size(); ++i)
    values.push_back(check_value(array[i], items, pointer + "/" + std::to_string(i)));
  const auto least = schema.value("minItems", std::size_t{0});
  if (array.size() < least)
    error(code::value, place(array), pointer,
          "expected at least " + std::to_string(least) + (least == 1 ? " element" : " elements") + ", found " +
              std::to_string(array.size()));
  return values;
}

json checker::check_scalar(const toml::node& node, const json& schema, const std::string& pointer) {
  auto value = scalar_of(node);
  if (value.is_number_float() && !std::isfinite(value.get<double>())) {
    error(code::value, place(node), pointer, "expected a finite number, found " + found_text(node));
    return nullptr;
  }
  if (const auto fault = fault_of(value, schema, found_text(node))) {
    error(code::value, place(node), pointer, fault->message, fault->help);
  } else if (schema.value("format", "") == "path" && value.is_string() &&
             !value.get_ref<const std::string&>().empty()) {
    value = (given_.directory / value.get<std::string>()).lexically_normal().string();
    if (schema.value("reads", json()) == json(true)) checked_.files_read.insert(value.get<std::string>());
  }
  return value;
}

json checker::check_secret(const toml::node& node, const json& schema, const std::string& pointer) {
  checked_.secrets.insert(pointer);
  // Before it is read: what replaces it meanwhile is noticed.
  if (const auto file = file_of_secret(node, given_.directory).lexically_normal().string(); !file.empty())
    checked_.secret_files.insert_or_assign(file, signature_of(file));
  const auto secret = read_secret(node, given_.directory);
  if (!secret) {
    found_.unread(code::secret, place(node), {option_name(pointer) + secret.error().why, secret.error().may_pass});
    return nullptr;
  }
  if (const auto fault = fault_of(*secret, schema, "a secret that does not match (it is not shown)"))
    error(code::secret, place(node), pointer, fault->message);
  return *secret;
}

}  // namespace

checked_options check_options(const options_to_check& given, const json& schema, diagnostics& found) {
  checked_options checked;
  diagnostics own;
  try {
    checked.values = checker(given, checked, own).check_table(given.table, given.where, schema, "");
    if (!own.has_errors()) check_json_schema(checked, given.title, schema, own);
  } catch (const json::exception& error) {  // a plugin's schema is as little to be trusted as a user's file
    own.error(code::plugin_schema, given.where, "the option schema of " + given.title + " is broken: " + error.what());
  } catch (const pattern_error& error) {
    own.error(code::plugin_schema, given.where,
              "a pattern in the option schema of " + given.title + " is broken: " + error.what());
  }
  found.take(own);
  return checked;
}

}  // namespace drcon::config
