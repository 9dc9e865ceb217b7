#include "conformance/tested_plugin.hpp"

#include "config/file_text.hpp"
#include "config/schema_check.hpp"
#include "plugins/library.hpp"

#include <drcon/toml.hpp>

#include <stdexcept>
#include <variant>

namespace drcon::conformance {
namespace {

using nlohmann::json;

constexpr std::size_t largest_options_file = std::size_t{1} << 20U;

given_options check(const json& schema, const toml::table& table, const config::position& where,
                    const std::filesystem::path& directory) {
  config::diagnostics found;
  auto checked = config::check_options(
      {.table = table, .where = where, .title = "the options", .directory = directory, .reserved = {}}, schema, found);
  given_options made{.values = std::move(checked.values), .faults = {}};
  for (const auto& each : found.sorted())
    if (each.severity == config::severity::error)
      made.faults.push_back(each.where.text() + ": " + each.message + (each.help.empty() ? "" : "; " + each.help));
  return made;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto start = text.find(what); start != std::string::npos; start = text.find(what, start + by.size()))
    text.replace(start, what.size(), by);
  return text;
}

given_options refused(const std::string& why) { return {.values = json::object(), .faults = {why}}; }

void insert(toml::table& table, const std::string& key, const json& value);

template <class Container>
void append(toml::array& array, const Container& elements) {
  for (const auto& each : elements) {
    toml::table holder;
    insert(holder, "x", each);
    if (auto* node = holder.get("x")) node->visit([&array](auto& found) { array.push_back(std::move(found)); });
  }
}

toml::table table_of(const json& object) {
  toml::table table;
  for (const auto& [key, value] : object.items()) insert(table, key, value);
  return table;
}

void insert(toml::table& table, const std::string& key, const json& value) {
  if (value.is_boolean()) table.insert(key, value.get<bool>());
  else if (value.is_number_integer()) table.insert(key, value.get<std::int64_t>());
  else if (value.is_number()) table.insert(key, value.get<double>());
  else if (value.is_string()) table.insert(key, value.get<std::string>());
  else if (value.is_object()) table.insert(key, table_of(value));
  else if (value.is_array()) {
    toml::array all;
    append(all, value);
    table.insert(key, std::move(all));
  }
}

std::string type_of(const json& option) {
  const auto format = option.value("format", "");
  if (!format.empty()) return format;
  return option.contains("type") && option["type"].is_string() ? option.value("type", "") : "value";
}

}  // namespace

const char* to_string(kind kind) { return kind == kind::source ? "source" : "sink"; }

// The only place of the kit that uses the host's loader.
tested_plugin::tested_plugin(const std::filesystem::path& file) : file_(file) {
  const auto loaded = plugins::load_library(file, plugins::trust::unknown);
  if (!loaded) throw std::runtime_error(file.string() + " " + loaded.error().why + "; " + loaded.error().help);
  entry_ = loaded->entry;
  source_schema_ = loaded->source_schema.value_or(json());
  sink_schema_ = loaded->sink_schema.value_or(json());
}

description tested_plugin::describe() const {
  description made{.name = entry_->name, .version = entry_->version, .summary = entry_->summary, .kinds = {}};
  if (entry_->source) made.kinds.push_back(kind::source);
  if (entry_->sink) made.kinds.push_back(kind::sink);
  return made;
}

given_options read_options(const tested_plugin& plugin, kind kind, const std::filesystem::path& file,
                           const std::filesystem::path& scratch) {
  if (file.empty()) return check(plugin.schema(kind), {}, {.file = "without --options"}, scratch);
  auto text = config::read_file_text(file, largest_options_file);
  if (!text) return refused(file.string() + " " + text.error().why);
  auto parsed = parse_toml(replaced(std::move(*text), "@scratch@", scratch.string()), file.string());
  if (const auto* fault = std::get_if<toml_fault>(&parsed))
    return refused(config::position{file.string(), fault->line, fault->column}.text() + ": " + fault->what);
  const auto& all = std::get<toml::table>(parsed);
  const auto directory = std::filesystem::absolute(file).parent_path();
  if (plugin.describe().kinds.size() == 1) return check(plugin.schema(kind), all, {.file = file.string()}, directory);
  const auto* own = all.get_as<toml::table>(to_string(kind));
  const config::position where{.file = file.string()};
  return check(plugin.schema(kind), own ? *own : toml::table{}, where, directory);
}

given_options check_values(const tested_plugin& plugin, kind kind, const json& values) {
  return check(plugin.schema(kind), table_of(values), {.file = "options"}, std::filesystem::current_path());
}

std::vector<std::string> required_options(const json& schema) {
  std::vector<std::string> all;
  for (const auto& each : schema.value("required", json::array())) {
    const auto name = each.get<std::string>();
    const auto option = schema.value("properties", json::object()).value(name, json::object());
    all.push_back(name + " (" + type_of(option) + "): " + option.value("description", "not described"));
  }
  return all;
}

}  // namespace drcon::conformance
