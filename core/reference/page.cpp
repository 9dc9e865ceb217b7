#include "reference/page.hpp"

#include "base/json_text.hpp"
#include "config/configuration.hpp"
#include "config/format.hpp"
#include "config/suggest.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace drcon::reference {
namespace {

using nlohmann::json;

// As it would be written in the file. JSON's strings, numbers and arrays are TOML's too, but its objects are not.
std::string in_toml(const json& value) {
  if (!value.is_structured()) return base::json_text(value);
  std::string text;
  for (const auto& [key, each] : value.items())
    text += (text.empty() ? "" : ", ") + (value.is_object() ? key + " = " : std::string()) + in_toml(each);
  if (value.is_array()) return "[" + text + "]";
  return text.empty() ? "{}" : "{ " + text + " }";
}

std::string type_word(const std::string& type) { return type == "object" ? "table" : type; }

std::string type_of(const json& schema) {
  if (schema.contains("enum")) {
    std::string all;
    for (const auto& each : schema.at("enum")) all += (all.empty() ? "" : " | ") + in_toml(each);
    return all;
  }
  if (schema.contains("format")) return schema.value("format", "");
  const auto type = schema.value("type", json());
  const auto list = type.is_array() ? type : type.is_string() ? json::array({type}) : json::array({"value"});
  std::string all;
  for (const auto& each : list) all += (all.empty() ? "" : " or ") + type_word(each.get<std::string>());
  const auto inner = type == "array"    ? schema.value("items", json())
                     : type == "object" ? schema.value("additionalProperties", json())
                                        : json();
  return inner.is_object() ? all + " of " + type_of(inner) : all;
}

std::string limits(const json& schema, const char* least, const char* most, const std::string& what) {
  const auto low = schema.value(least, json());
  const auto high = schema.value(most, json());
  if (low.is_null() && high.is_null()) return {};
  if (high.is_null()) return "at least " + base::json_text(low) + what;
  if (low.is_null()) return "at most " + base::json_text(high) + what;
  return "from " + base::json_text(low) + " to " + base::json_text(high) + what;
}

std::string range_of(const json& schema) {
  std::string text;
  const auto add = [&text](const std::string& more) { text += (text.empty() || more.empty() ? "" : ", ") + more; };
  add(limits(schema, "minimum", "maximum", ""));
  add(limits(schema, "minItems", "maxItems",
             schema.value("minItems", 0) == 1 && !schema.contains("maxItems") ? " element" : " elements"));
  if (schema.value("minLength", 0) == 1 && !schema.contains("maxLength")) add("not empty");
  else if (schema.value("minLength", 1) > 0) add(limits(schema, "minLength", "maxLength", " characters"));
  if (schema.contains("pattern")) add("matching " + schema.value("pattern", ""));
  return text;
}

class writer {
public:
  section write(std::string title, const json& schema) {
    to_ = {.title = std::move(title), .example = {}, .meaning = schema.value("description", ""), .options = {}};
    members(schema, "");
    return std::move(to_);
  }

  const std::set<std::string>& formats() const { return formats_; }

private:
  void members(const json& schema, const std::string& prefix) {
    const auto properties = schema.value("properties", json::object());
    const auto required = schema.value("required", json::array());
    for (const bool wanted : {true, false})
      for (const auto& [name, each] : properties.items())
        if (wanted == (std::ranges::find(required, json(name)) != required.end())) one(each, prefix + name, wanted);
  }

  void one(const json& schema, const std::string& path, bool required) {
    note_format(schema);
    to_.options.push_back({.path = path,
                           .type = type_of(schema),
                           .range = range_of(schema),
                           .fallback = schema.contains("default") ? in_toml(schema.at("default")) : std::string(),
                           .required = required,
                           .secret = schema.value("secret", false),
                           .formerly = config::listed(schema.value("formerly", std::vector<std::string>{})),
                           .meaning = schema.value("description", "")});
    inside(schema, path);
  }

  void inside(const json& schema, const std::string& path) {
    members(schema, path + ".");
    for (const auto& [key, mark] : {std::pair{"items", "[]"}, std::pair{"additionalProperties", ".KEY"}}) {
      const auto inner = schema.value(key, json());
      if (!inner.is_object()) continue;
      note_format(inner);
      inside(inner, path + mark);
    }
  }

  void note_format(const json& schema) {
    if (schema.contains("format")) formats_.insert(schema.value("format", ""));
  }

  section to_;
  std::set<std::string> formats_;
};

std::vector<std::string> forms_of(const std::set<std::string>& formats) {
  std::vector<std::string> lines;
  for (const auto& each : formats)
    if (const auto text = config::describe_format(each); !text.empty()) lines.push_back(each + ": " + text);
  return lines;
}

}  // namespace

std::string option::facts() const {
  auto text = type;
  if (required) text += ", required";
  if (!range.empty()) text += ", " + range;
  if (!fallback.empty()) text += ", default " + fallback;
  if (secret)
    text +=
        R"(, secret: a string, { file = "…" }, { env = "…" } or { credential = "…" } (systemd's LoadCredential=); a file is read again when it is replaced)";
  if (!formerly.empty()) text += ", formerly " + formerly;
  return text;
}

page page_of(const plugin_facts& plugin) {
  page made{.name = plugin.name, .topic = plugin.summary, .note = {}, .sections = {}, .forms = {}};
  writer pen;
  for (const auto& [kind, schema] :
       {std::pair{std::string("source"), &plugin.source}, std::pair{std::string("sink"), &plugin.sink}}) {
    if (!*schema) continue;
    made.note += (made.note.empty() ? "" : " and ") + kind;
    auto one = pen.write("[" + kind + ".NAME]", **schema);
    one.example = {"[" + kind + ".NAME]", "plugin = \"" + plugin.name + "\""};
    made.sections.push_back(std::move(one));
  }
  if (!plugin.version.empty()) made.note += ", version " + plugin.version;
  made.forms = forms_of(pen.formats());
  return made;
}

page page_of_host() {
  const auto& all = config::host_schema().at("properties");
  page made{.name = "drcon.toml",
            .topic = "The configuration of drcon: its own keys.",
            .note = {},
            .sections = {},
            .forms = {}};
  writer pen;
  made.sections.push_back(pen.write("", {{"properties", {{"include", all.at("include")}}}}));
  for (const auto* name : {"host", "log", "admin"})
    made.sections.push_back(pen.write("[" + std::string(name) + "]", all.at(name)));
  for (const auto* name : {"source", "sink", "pipeline"}) {
    auto one = pen.write("[" + std::string(name) + ".NAME]", all.at(name).at("additionalProperties"));
    one.meaning = all.at(name).value("description", "");
    made.sections.push_back(std::move(one));
  }
  made.forms = forms_of(pen.formats());
  return made;
}

}  // namespace drcon::reference
