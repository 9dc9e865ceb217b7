#include "config/schema_fault.hpp"

#include "config/configuration.hpp"
#include "config/constraint.hpp"
#include "config/format.hpp"
#include "config/json_schema_check.hpp"
#include "config/pointer.hpp"
#include "config/suggest.hpp"
#include "config/text.hpp"
#include "config/toml_value.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

namespace drcon::config {
namespace {

using nlohmann::json;

constexpr std::size_t deepest = 64;  // levels of JSON, some 30 tables of options; each is a recursion, here and later

const std::vector<std::string> types{"string", "integer", "number", "boolean", "array", "object"};
const std::vector<std::string> formats{"duration", "size", "percent", "regex", "url", "address", "path"};

bool is_nested_beyond(const json& value, std::size_t levels) {
  if (!value.is_structured()) return false;
  return levels == 0 ||
         std::ranges::any_of(value, [levels](const json& each) { return is_nested_beyond(each, levels - 1); });
}

bool is_of_type(const json& value, const std::string& type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  return type == "object" && value.is_object();
}

// The types a schema allows, in a list; none means any.
std::vector<std::string> types_of(const json& schema) {
  const auto type = schema.value("type", json());
  if (type.is_string()) return {type.get<std::string>()};
  return type.is_array() ? type.get<std::vector<std::string>>() : std::vector<std::string>{};
}

bool is_target(const json& target) {
  const auto is_text = [](const json& each) { return each.is_string(); };
  return target.is_boolean() || target.is_string() ||
         (target.is_object() && target.contains("of") && std::ranges::all_of(target, is_text));
}

std::string inner(const std::string& pointer, std::string_view key) { return pointer + "/" + pointer_token(key); }

// Walks a schema from the outside in and stops at the first fault, which it throws to its caller below.
class judge {
public:
  struct fault_at {
    std::string pointer, what;
  };

  void judge_root(const json& schema) {
    if (!schema.is_object()) fault("", "expected an object, found " + shown(schema));
    judge_schema(schema, "");
    if (schema.contains("type") && schema.at("type") != "object")
      fault("/type", "the options are a table: expected \"object\", found " + shown(schema.at("type")));
    const auto properties = schema.value("properties", json::object());
    const auto& hosts = host_schema().at("properties").at("source").at("additionalProperties").at("properties");
    for (const auto& [key, option] : hosts.items())
      if (properties.contains(key))
        fault(inner("/properties", key), "'" + key + "' is a key of the host's own, which no plugin is given");
    judge_last(schema, "");
  }

private:
  [[noreturn]] static void fault(const std::string& pointer, std::string what) {
    throw fault_at{pointer, std::move(what)};
  }

  void judge_schema(const json& schema, const std::string& pointer) {
    if (!schema.is_object()) fault(pointer, "expected a schema, which is an object, found " + shown(schema));
    if (schema.contains("$ref")) fault(inner(pointer, "$ref"), "references are not followed: write the schema out");
    judge_type(schema, pointer);
    judge_words(schema, pointer);
    judge_numbers(schema, pointer);
    judge_strings(schema, pointer);
    judge_enum(schema, pointer);
    judge_members(schema, pointer);
    judge_items(schema, pointer);
    judge_others(schema, pointer);
    if (!schema.contains("default")) return;
    judge_value(schema.at("default"), schema, inner(pointer, "default"));
    judge_last(schema, pointer);
  }

  static void judge_type(const json& schema, const std::string& pointer) {
    if (!schema.contains("type")) return;
    const auto& type = schema.at("type");
    const auto list = type.is_array() ? type : json::array({type});
    if (list.empty()) fault(inner(pointer, "type"), "an empty list of types allows nothing");
    for (const auto& each : list)
      if (!each.is_string() || std::ranges::find(types, each.get<std::string>()) == types.end())
        fault(inner(pointer, "type"), "there is no type " + shown(each) + "; types are " + listed(types));
  }

  // What is for people, the marks of targets, and "secret".
  static void judge_words(const json& schema, const std::string& pointer) {
    for (const auto* key : {"description", "title"})
      if (schema.contains(key) && !schema.at(key).is_string())
        fault(inner(pointer, key), "expected a string, found " + shown(schema.at(key)));
    const bool is_sound =
        !schema.contains("reads") || schema.at("reads").is_boolean() || schema.at("reads") == "always";
    if (!is_sound || (schema.contains("reads") && schema.value("format", "") != "path"))
      fault(inner(pointer, "reads"), "expected true, false or \"always\", of an option of the format path");
    if (schema.contains("target") && !is_target(schema.at("target")))
      fault(inner(pointer, "target"),
            "expected true or false, a string (what it is when it is left out), or a table of such strings by what the "
            "option \"of\" says; found " +
                shown(schema.at("target")));
    if (schema.contains("is_prefix") && (!schema.at("is_prefix").is_boolean() || !schema.contains("target")))
      fault(inner(pointer, "is_prefix"), "expected true or false, of an option with \"target\"");
    const bool is_named = schema.contains("target") && schema.value("format", "") == "path";
    if (schema.contains("any_name") && (!schema.at("any_name").is_string() || schema.at("any_name") == "" || !is_named))
      fault(inner(pointer, "any_name"), "expected a text that is not empty, of a path with \"target\"");
    if (schema.contains("targets_below") && !schema.at("targets_below").is_boolean())
      fault(inner(pointer, "targets_below"), "expected true or false, of an array of paths");
    judge_published(schema, inner(pointer, "publishes"));
    if (!schema.contains("secret")) return;
    if (!schema.at("secret").is_boolean())
      fault(inner(pointer, "secret"), "expected true or false, found " + shown(schema.at("secret")));
    if (schema.at("secret") == json(true) && schema.contains("type") && schema.at("type") != "string")
      fault(inner(pointer, "secret"), "only a string can be a secret, and this is of type " + shown(schema.at("type")));
  }

  // The options that name what a source publishes: properties of the same table.
  static void judge_published(const json& schema, const std::string& pointer) {
    const auto what = schema.value("publishes", json::object());
    if (!what.is_object()) fault(pointer, "expected an object, found " + shown(what));
    const auto properties = schema.value("properties", json::object());
    const auto judge_name = [&](const json& name, const std::string& at) {
      if (!name.is_string() || !properties.contains(name.get<std::string>()))
        fault(at, "expected the name of an option of this table, found " + shown(name));
      if (properties.at(name.get<std::string>()).value("type", json("string")) != "string")
        fault(at, "the option " + shown(name) + " is no string");
    };
    for (const auto& [key, named] : what.items()) {
      const auto at = inner(pointer, key);
      if (key == "service" && named.is_array())
        for (const auto& each : named) judge_name(each, at);
      else if (key == "key" || key == "keys_below") judge_name(named, at);
      else fault(at, "expected service (an array), key or keys_below");
    }
  }

  static void judge_numbers(const json& schema, const std::string& pointer) {
    for (const auto* key : {"minimum", "maximum"})
      if (schema.contains(key) && !schema.at(key).is_number())
        fault(inner(pointer, key), "expected a number, found " + shown(schema.at(key)));
    for (const auto* key : {"minLength", "maxLength", "minItems", "maxItems"})
      if (schema.contains(key) && (!schema.at(key).is_number_integer() || schema.at(key) < 0))
        fault(inner(pointer, key), "expected a whole number of at least 0, found " + shown(schema.at(key)));
    for (const auto& [least, most] :
         {std::pair{"minimum", "maximum"}, std::pair{"minLength", "maxLength"}, std::pair{"minItems", "maxItems"}})
      if (schema.contains(least) && schema.contains(most) && schema.at(least) > schema.at(most))
        fault(pointer,
              std::string(least) + " " + shown(schema.at(least)) + " is above " + most + " " + shown(schema.at(most)));
  }

  static void judge_strings(const json& schema, const std::string& pointer) {
    if (schema.contains("format")) {
      const auto& format = schema.at("format");
      if (!format.is_string() || std::ranges::find(formats, format.get<std::string>()) == formats.end())
        fault(inner(pointer, "format"), "there is no format " + shown(format) + "; formats are " + listed(formats));
    }
    if (!schema.contains("pattern")) return;
    const auto& pattern = schema.at("pattern");
    if (!pattern.is_string())
      fault(inner(pointer, "pattern"), "expected a regular expression, found " + shown(pattern));
    if (const auto fits = check_format("regex", pattern.get<std::string>()); !fits)
      fault(inner(pointer, "pattern"), shown(pattern) + " is no regular expression (ECMAScript): " + fits.error().why);
  }

  static void judge_enum(const json& schema, const std::string& pointer) {
    if (!schema.contains("enum")) return;
    const auto& list = schema.at("enum");
    if (!list.is_array()) fault(inner(pointer, "enum"), "expected an array of values, found " + shown(list));
    if (list.empty()) fault(inner(pointer, "enum"), "an empty list of values allows nothing");
    const auto allowed = types_of(schema);
    for (std::size_t i = 0; i < list.size(); ++i)
      if (!allowed.empty() &&
          std::ranges::none_of(allowed, [&](const std::string& type) { return is_of_type(list[i], type); }))
        fault(inner(inner(pointer, "enum"), std::to_string(i)), shown(list[i]) + " is not of type " + listed(allowed));
  }

  // What earlier versions called options: none of it may be the name of one that there is, nor of two.
  static void judge_history(const json& schema, const std::string& pointer) {
    const auto properties = schema.value("properties", json::object());
    std::set<std::string> before;
    const auto take = [&](const json& name, const std::string& where) {
      if (!name.is_string()) fault(where, "expected the name of an option, found " + shown(name));
      if (properties.contains(name.get<std::string>())) fault(where, "there is an option " + shown(name) + " still");
      if (!before.insert(name.get<std::string>()).second) fault(where, shown(name) + " is there twice");
    };
    for (const auto& [key, option] : properties.items()) {
      const auto where = inner(inner(inner(pointer, "properties"), key), "formerly");
      const auto names = option.value("formerly", json::array());
      if (!names.is_array()) fault(where, "expected an array of names, found " + shown(names));
      for (const auto& each : names) take(each, where);
    }
    const auto gone = schema.value("gone", json::object());
    if (!gone.is_object()) fault(inner(pointer, "gone"), "expected an object of texts, found " + shown(gone));
    for (const auto& [name, text] : gone.items()) {
      take(name, inner(inner(pointer, "gone"), name));
      if (!text.is_string())
        fault(inner(inner(pointer, "gone"), name), "expected what to do instead, found " + shown(text));
    }
  }

  void judge_members(const json& schema, const std::string& pointer) {
    const auto properties = schema.value("properties", json::object());
    if (!properties.is_object())
      fault(inner(pointer, "properties"), "expected an object of schemas, found " + shown(properties));
    for (const auto& [key, option] : properties.items()) judge_schema(option, inner(inner(pointer, "properties"), key));
    judge_history(schema, pointer);
    const auto others = schema.value("additionalProperties", json(true));
    if (!others.is_boolean()) judge_schema(others, inner(pointer, "additionalProperties"));
    const auto required = schema.value("required", json::array());
    if (!required.is_array())
      fault(inner(pointer, "required"), "expected an array of names of properties, found " + shown(required));
    for (std::size_t i = 0; i < required.size(); ++i)
      if (!required[i].is_string() || !properties.contains(required[i].get<std::string>()))
        fault(inner(inner(pointer, "required"), std::to_string(i)), "there is no property " + shown(required[i]));
  }

  void judge_items(const json& schema, const std::string& pointer) {
    if (schema.contains("items")) return judge_schema(schema.at("items"), inner(pointer, "items"));
    if (std::ranges::count(types_of(schema), "array") != 0)
      fault(pointer, "an array needs 'items', the schema of its elements");
  }

  // Schemas in words that only valijson judges: what this file promises must hold in there too.
  void judge_others(const json& schema, const std::string& pointer) {
    for (const auto* key : {"not", "if", "then", "else", "contains", "propertyNames"})
      if (schema.contains(key) && schema.at(key).is_object()) judge_schema(schema.at(key), inner(pointer, key));
    for (const auto* key :
         {"allOf", "anyOf", "oneOf", "patternProperties", "dependencies", "dependentSchemas", "definitions", "$defs"}) {
      const auto list = schema.value(key, json());
      if (!list.is_structured()) continue;
      for (const auto& [name, each] : list.items())
        if (each.is_object()) judge_schema(each, inner(inner(pointer, key), name));
    }
  }

  // A default, held to its own schema.
  void judge_value(const json& value, const json& schema, const std::string& pointer) {
    const auto allowed = types_of(schema);
    if (!allowed.empty() &&
        std::ranges::none_of(allowed, [&value](const std::string& type) { return is_of_type(value, type); }))
      fault(pointer, "expected " + described(allowed) + ", found " + shown(value));
    if (const auto wrong = fault_of(value, schema, shown(value))) fault(pointer, wrong->message);
    if (value.is_array())
      for (std::size_t i = 0; i < value.size(); ++i)
        judge_value(value[i], schema.value("items", json::object()), inner(pointer, std::to_string(i)));
    if (!value.is_object()) return;
    const auto properties = schema.value("properties", json::object());
    const auto others = schema.value("additionalProperties", json(true));
    for (const auto& [key, each] : value.items()) {
      if (properties.contains(key)) judge_value(each, properties.at(key), inner(pointer, key));
      else if (others.is_object()) judge_value(each, others, inner(pointer, key));
      else if (others == json(false)) fault(inner(pointer, key), "there is no property " + shown(key));
    }
  }

  static std::string described(const std::vector<std::string>& allowed) {
    std::string text;
    for (const auto& each : allowed) text += (text.empty() ? "" : " or ") + describe_type(each);
    return text;
  }

  // valijson checks a user's values last, so it must be able to read the schema, and to take its default.
  static void judge_last(const json& schema, const std::string& pointer) {
    bool fits = true;
    try {
      fits = !mismatch_with(schema, schema.contains("default") ? &schema.at("default") : nullptr);
    } catch (const std::exception& error) {  // valijson throws several types
      fault(pointer, error.what());
    }
    if (!fits) fault(inner(pointer, "default"), shown(schema.at("default")) + " does not fit the schema beside it");
  }
};

std::string sentence(const std::string& pointer, const std::string& what) {
  const auto place = pointer.empty() ? std::string("at its top") : "at " + shortened(pointer);
  return printable(place + ": " + what);
}

}  // namespace

std::optional<std::string> fault_of_schema(const json& schema) {
  if (is_nested_beyond(schema, deepest))
    return sentence("", "it is nested more than " + std::to_string(deepest) + " levels deep");
  try {
    judge().judge_root(schema);
    return {};
  } catch (const judge::fault_at& found) {
    return sentence(found.pointer, found.what);
  } catch (const std::exception& error) {  // what nobody thought of is a fault of the schema all the same
    return sentence("", error.what());
  }
}

}  // namespace drcon::config
