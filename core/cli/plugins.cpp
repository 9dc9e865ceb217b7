// drcon plugins, drcon plugins show: what there is, and what each understands, from the plugins themselves.
#include "cli/startup.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>

namespace drcon::cli {
namespace {

using nlohmann::json;

// Lists the plugins of the directories; the configuration is read for [host] only when there is one.
void load(const arguments& from, plugins::registry& plugins) {
  config::diagnostics found;
  std::error_code error;
  std::optional<config::host_config> host;
  if (std::filesystem::exists(from.config, error)) host = config::load_host(from.config, found);
  load_plugins(from, host.value_or(config::host_config{}), plugins);
}

const char* kinds(const plugins::plugin& each) {
  if (each.source_schema && each.sink_schema) return "source, sink";
  return each.source_schema ? "source" : "sink";
}

std::string type_of(const json& option) {
  if (option.contains("enum")) {
    std::string all;
    for (const auto& each : option["enum"]) all += (all.empty() ? "" : " | ") + each.dump();
    return all;
  }
  const auto format = option.value("format", "");
  const auto type = option.contains("type") && option["type"].is_string() ? option.value("type", "") : "value";
  if (type == "array") return "array of " + type_of(option.value("items", json::object()));
  if (type == "object") return "table";
  return format.empty() ? type : format;
}

std::string facts_of(const json& option, bool required) {
  std::string facts = type_of(option);
  if (required) facts += ", required";
  if (option.contains("default")) facts += ", default " + option["default"].dump();
  if (option.contains("minimum")) facts += ", from " + option["minimum"].dump();
  if (option.contains("maximum")) facts += ", to " + option["maximum"].dump();
  if (option.value("secret", false)) facts += R"(, secret: a string, { file = "…" } or { env = "…" })";
  return facts;
}

void print_options(const json& schema, const std::string& prefix) {
  if (!schema.contains("properties")) return;
  const auto required = schema.value("required", json::array());
  for (const auto& [name, option] : schema["properties"].items()) {
    const bool needed = std::ranges::find(required, json(name)) != required.end();
    std::cout << fmt::format("  {}{}\n      {}\n", prefix, name, facts_of(option, needed));
    if (option.contains("description")) std::cout << "      " << option.value("description", "") << "\n";
    print_options(option, prefix + name + ".");
    if (option.contains("items")) print_options(option["items"], prefix + name + "[].");
  }
}

void print_schema(const char* kind, const std::string& plugin, const std::optional<json>& schema) {
  if (!schema) return;
  std::cout << "\n[" << kind << ".NAME]\n  plugin = \"" << plugin << "\"\n";
  if (schema->contains("description")) std::cout << "  " << schema->value("description", "") << "\n";
  print_options(*schema, "");
}

}  // namespace

int plugins_list(const arguments& from) {
  plugins::registry plugins;
  load(from, plugins);
  if (from.json) {
    auto list = json::array();
    for (const auto& [name, each] : plugins.all())
      list.push_back({{"name", name},
                      {"version", each.entry->version},
                      {"kinds", kinds(each)},
                      {"summary", each.entry->summary},
                      {"file", each.file.string()}});
    auto refused = json::array();
    for (const auto& each : plugins.refused())
      refused.push_back({{"file", each.file.string()}, {"why", each.fault.why}, {"help", each.fault.help}});
    std::cout << json{{"plugins", list}, {"refused", refused}}.dump(2) << "\n";
    return exit_ok;
  }
  for (const auto& [name, each] : plugins.all())
    std::cout << fmt::format("{:<16} {:<12} {:<8} {}\n", name, kinds(each), each.entry->version, each.entry->summary);
  for (const auto& each : plugins.refused())
    std::cout << "refused: " << each.text() << "\n  help: " << each.fault.help << "\n";
  if (plugins.all().empty()) {
    std::cout << "no plugin found; looked in";
    for (const auto& each : plugins.directories()) std::cout << " " << each.string();
    std::cout << "\n";
  }
  return exit_ok;
}

int plugins_show(const arguments& from) {
  plugins::registry plugins;
  load(from, plugins);
  const auto* found = plugins.find(from.plugin);
  if (!found) {
    std::cerr << "drcon: there is no plugin '" << from.plugin << "'; 'drcon plugins' lists what there is\n";
    return exit_config;
  }
  if (from.json) {
    json shown{{"name", found->name()}, {"version", found->entry->version}, {"summary", found->entry->summary}};
    if (found->source_schema) shown["source"] = *found->source_schema;
    if (found->sink_schema) shown["sink"] = *found->sink_schema;
    std::cout << shown.dump(2) << "\n";
    return exit_ok;
  }
  std::cout << found->name() << " " << found->entry->version << " (" << kinds(*found) << ")\n"
            << found->entry->summary << "\n";
  print_schema("source", found->name(), found->source_schema);
  print_schema("sink", found->name(), found->sink_schema);
  return exit_ok;
}

}  // namespace drcon::cli
