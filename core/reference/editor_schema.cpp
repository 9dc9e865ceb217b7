#include "reference/editor_schema.hpp"

#include "base/json_text.hpp"
#include "config/configuration.hpp"
#include "config/constraint.hpp"
#include "config/format.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace drcon::reference {
namespace {

using nlohmann::json;

json translated(const json& schema);

// The forms of config/format.cpp and config/units.cpp. Groups do not capture, and nothing is in here that the regular
// expressions of ECMAScript, Rust and Python read differently.
const std::map<std::string, std::string, std::less<>> patterns{
    {"duration", R"(^(?:0|(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|ms|s|m|h|d))+)$)"},
    {"size", "^[0-9]+(?:B|kB|MB|GB|KiB|MiB|GiB)?$"},
    {"percent", R"(^0*(?:100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]+)?)%$)"},
    {"address",
     R"(^(?:[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9_.-]+)?\]))"
     R"(:0*(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$)"},
    {"url", R"(^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@ ]*@)?[^/?#@: ][^ ]*$)"},
    {"path", "^[^\\x00]+$"},
};
constexpr auto path_or_nothing = "^[^\\x00]*$";

// What the value must look like, in words, behind its description: an editor shows no pattern that people understand.
void add_meaning(json& result, const json& schema) {
  auto text = schema.value("description", "");
  const auto add = [&text](const std::string& more) { text += (text.empty() ? "" : "\n\n") + more; };
  auto form = config::describe_format(schema.value("format", ""));
  if (!form.empty()) {
    form[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(form[0])));
    add(form + ".");
  }
  if (schema.value("secret", false))
    add(R"(A secret: a string, `{ file = "…" }`, `{ env = "…" }` or `{ credential = "…" }`. A file is read again when it is replaced.)");
  if (schema.contains("default") && !schema.at("default").is_object())
    add("Default: `" + base::json_text(schema.at("default")) + "`.");
  if (!text.empty()) result["description"] = text;
}

void translate_format(json& result, const json& schema) {
  const auto format = schema.value("format", "");
  result.erase("format");
  if (format == "regex") result["format"] = "regex";  // the one of ours that draft-07 has too
  const auto found = patterns.find(format);
  if (found == patterns.end()) return;
  const auto pattern = format == "path" && config::may_be_empty(schema) ? path_or_nothing : found->second;
  // Two patterns that must both match need a schema each.
  if (schema.contains("pattern")) result["allOf"] = json::array({json{{"pattern", pattern}}});
  else result["pattern"] = pattern;
}

// Rules for strings say nothing of tables, and those for tables nothing of strings: they may stand side by side. What
// else a schema asks of a secret cannot be asked of a table that names one.
json secret(const json& schema) {
  json result{{"type", {"string", "object"}},
              {"additionalProperties", false},
              {"minProperties", 1},
              {"maxProperties", 1},
              {"properties",
               {{"file",
                 {{"type", "string"},
                  {"description", "File that holds the secret; one newline at its end is not part of it."}}},
                {"env", {{"type", "string"}, {"description", "Environment variable that holds the secret."}}},
                {"credential", {{"type", "string"}, {"description", "Credential of the unit (LoadCredential=)."}}}}}};
  for (const auto* key : {"pattern", "minLength", "maxLength"})
    if (schema.contains(key)) result[key] = schema.at(key);
  translate_format(result, schema);
  add_meaning(result, schema);
  return result;
}

json each_translated(const json& list) {
  auto result = list;
  for (auto& each : result)
    if (each.is_object()) each = translated(each);
  return result;
}

// Names of earlier versions, which are read still: an editor accepts them, and shows the new one.
void add_former_names(json& result, const json& schema) {
  result.erase("formerly");
  result.erase("reads");
  result.erase("is_prefix");
  result.erase("gone");
  const auto properties = schema.value("properties", json::object());
  for (const auto& [key, option] : properties.items())
    for (const auto& old : option.is_object() ? option.value("formerly", json::array()) : json::array()) {
      auto& former = result["properties"][old.get<std::string>()] = result["properties"][key];
      former["description"] = "Now called `" + key + "`.";
      former["deprecated"] = true;
    }
}

// Schemas are wherever JSON Schema has them; whatever else there is stays as it is.
json translated(const json& schema) {
  if (schema.value("secret", false)) return secret(schema);
  auto result = schema;
  result.erase("secret");
  translate_format(result, schema);
  for (const auto* key : {"items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"})
    if (schema.contains(key) && schema.at(key).is_object()) result[key] = translated(schema.at(key));
  for (const auto* key : {"properties", "patternProperties", "dependencies", "allOf", "anyOf", "oneOf"})
    if (schema.contains(key)) result[key] = each_translated(schema.at(key));
  add_former_names(result, schema);
  add_meaning(result, schema);
  // What Taplo writes into a new table of this kind.
  if (schema.contains("required")) result["x-taplo"]["initKeys"] = schema.at("required");
  return result;
}

const std::optional<json>& options_of(const plugin_facts& plugin, std::string_view kind) {
  return kind == "source" ? plugin.source : plugin.sink;
}

// [source.NAME] or [sink.NAME]. Taplo completes by the keys of every branch of an anyOf, and knows no if; but only if
// and then make a fault one at its own place instead of "the table fits none of these". So both are here: allOf judges,
// and the anyOf, which holds by its empty first branch, lists the keys. Since Taplo lists those of all plugins, each
// says whose it is.
class instance_schema {
public:
  instance_schema(const char* kind, const std::vector<plugin_facts>& plugins)
      : kind_(kind), own_(config::host_schema().at("properties").at(kind).at("additionalProperties")) {
    own_ = translated(own_);
    for (const auto& each : plugins)
      if (options_of(each, kind_)) plugins_.push_back(&each);
    if (!plugins_.empty()) list_plugins();
  }

  json table() const {
    auto result = own_;
    for (const auto* each : plugins_) {
      const json here{{"$ref", "#/definitions/" + definition(*each)}};
      const json such{{"properties", {{"plugin", {{"const", each->name}}}}}, {"required", {"plugin"}}};
      if (result["anyOf"].is_null()) result["anyOf"].push_back(json::object());
      result["anyOf"].push_back(here);
      result["allOf"].push_back({{"if", such}, {"then", here}});
    }
    return result;
  }

  void define(json& definitions) const {
    for (const auto* each : plugins_) {
      auto options = translated(*options_of(*each, kind_));
      for (auto& option : options["properties"])
        option["x-taplo"]["docs"]["main"] = "**" + each->name + "**: " + option.value("description", "");
      for (const auto& [key, value] : own_.at("properties").items()) options["properties"][key] = value;
      options["type"] = "object";
      definitions[definition(*each)] = options;
    }
  }

private:
  void list_plugins() {
    auto& plugin = own_["properties"]["plugin"];
    for (const auto* each : plugins_) {
      plugin["enum"].push_back(each->name);
      plugin["x-taplo"]["docs"]["enumValues"].push_back(each->summary);
    }
  }
  // A plugin's name needs no escape, neither in a JSON Pointer nor in a URL.
  std::string definition(const plugin_facts& of) const { return kind_ + "-" + of.name; }

  std::string kind_;
  json own_;
  std::vector<const plugin_facts*> plugins_;
};

// As config/sections.cpp has it.
const json name_of_a_table{{"pattern", "^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,62}$"}};

}  // namespace

json editor_schema(const std::vector<plugin_facts>& plugins) {
  auto result = translated(config::host_schema());
  result["$schema"] = "http://json-schema.org/draft-07/schema#";
  result["title"] = "drcon";
  result["description"] = "A configuration of drcon, or a file that one includes.";
  auto& properties = result["properties"];
  for (const auto* kind : {"source", "sink"}) {
    const instance_schema instances(kind, plugins);
    properties[kind]["additionalProperties"] = instances.table();
    instances.define(result["definitions"]);
  }
  for (const auto* kind : {"source", "sink", "pipeline"}) properties[kind]["propertyNames"] = name_of_a_table;
  for (const auto* list : {"sources", "sinks"})  // said by config/pipelines.cpp
    properties["pipeline"]["additionalProperties"]["properties"][list]["uniqueItems"] = true;
  return result;
}

}  // namespace drcon::reference
