#include "common/endpoint_document/endpoint_document.hpp"

#include <drcon/toml.hpp>

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace drcon::common {
namespace {

// Both formats are read into TOML's tree of nodes, so that one class checks the content of both.
class reader {
public:
  reader(std::string file, bool has_places) : file_(std::move(file)), has_places_(has_places) {}

  std::vector<service> read(const toml::table& root) {
    std::vector<service> all;
    std::set<std::string> names;
    // A file that is being rewritten is empty for a moment, and its beginning is TOML too: never "no services".
    if (root.empty() && has_places_) fault(root, "there is no 'service'; for no services write \"service = []\"");
    known_keys(root, {"service"}, "at the top level");
    each_table(root, "service", [&](const toml::table& table) {
      auto one = read_service(table);
      if (!one.name.empty() && !names.insert(one.name).second)
        fault(table, "service '" + one.name + "' is there already");
      all.push_back(std::move(one));
    });
    return all;
  }
  const std::string& faults() const { return faults_; }

private:
  service read_service(const toml::table& table) {
    known_keys(table, {"name", "endpoint"}, "of a service");
    service result{.name = text(table, "name", true), .revision = 0, .endpoints = {}};
    std::set<std::string> ids;
    each_table(table, "endpoint", [&](const toml::table& inner) {
      auto one = read_endpoint(inner);
      if (!ids.insert(one.id).second) fault(inner, "endpoint id '" + one.id + "' is there already");
      result.endpoints.push_back(std::move(one));
    });
    return result;
  }

  endpoint read_endpoint(const toml::table& table) {
    known_keys(table, {"id", "node", "address", "port", "weight", "priority", "health", "tags", "meta"},
               "of an endpoint");
    endpoint result{.id = text(table, "id", false),
                    .node = text(table, "node", false),
                    .address = text(table, "address", true),
                    .port = number(table, "port", 0, 1, 65535),
                    .weight = number(table, "weight", 1, 0, 65535),
                    .priority = number(table, "priority", 0, 0, 65535),
                    .health = health_of(table),
                    .tags = {},
                    .meta = {}};
    if (!table.contains("port")) fault(table, "'port' is missing");
    if (result.id.empty()) result.id = result.address + ":" + std::to_string(result.port);
    read_labels(table, result);
    return result;
  }

  void read_labels(const toml::table& table, endpoint& result) {
    if (const auto* tags = table.get("tags")) {
      if (!tags->is_array()) fault(*tags, "expected an array of strings for 'tags'");
      else
        for (const auto& tag : *tags->as_array()) {
          if (tag.is_string()) result.tags.push_back(*tag.value<std::string>());
          else fault(tag, "expected a string in 'tags'");
        }
    }
    if (const auto* meta = table.get("meta")) {
      if (!meta->is_table()) fault(*meta, "expected a table of strings for 'meta'");
      else
        for (const auto& [key, value] : *meta->as_table()) {
          if (value.is_string()) result.meta.emplace(key.str(), *value.value<std::string>());
          else fault(value, "expected a string for '" + std::string(key.str()) + "' in 'meta'");
        }
    }
  }

  health health_of(const toml::table& table) {
    const auto word = table.contains("health") ? text(table, "health", false) : "passing";
    for (const auto each : {health::passing, health::warning, health::critical, health::maintenance})
      if (word == to_string(each)) return each;
    fault(*table.get("health"),
          "expected passing, warning, critical or maintenance for 'health', found '" + word + "'");
    return health::critical;
  }

  std::string text(const toml::table& table, const char* key, bool required) {
    const auto* node = table.get(key);
    if (node == nullptr) {
      if (required) fault(table, std::string("'") + key + "' is missing");
      return {};
    }
    const auto value = node->is_string() ? node->value<std::string>() : std::nullopt;
    if (!value) fault(*node, std::string("expected a string for '") + key + "'");
    else if (required && value->empty()) fault(*node, std::string("'") + key + "' is empty");
    return value.value_or(std::string());
  }

  std::uint32_t number(const toml::table& table, const char* key, std::uint32_t otherwise, std::int64_t least,
                       std::int64_t most) {
    const auto* node = table.get(key);
    if (node == nullptr) return otherwise;
    const auto value = node->is_integer() ? node->value<std::int64_t>() : std::nullopt;
    if (value && *value >= least && *value <= most) return static_cast<std::uint32_t>(*value);
    fault(*node, std::string("expected a whole number from ") + std::to_string(least) + " to " + std::to_string(most) +
                     " for '" + key + "'");
    return otherwise;
  }

  template <class Visit>
  void each_table(const toml::table& table, const char* key, Visit visit) {
    const auto* node = table.get(key);
    if (node == nullptr) return;
    const auto* list = node->as_array();
    if (list == nullptr) return fault(*node, std::string("expected an array of tables for '") + key + "'");
    const auto outside = where_.size();
    for (std::size_t i = 0; i < list->size(); ++i) {
      const auto& each = *list->get(i);
      where_ += std::string("/") + key + "/" + std::to_string(i);
      if (each.is_table()) visit(*each.as_table());
      else fault(each, std::string("expected a table in '") + key + "'");
      where_.resize(outside);
    }
  }

  void known_keys(const toml::table& table, std::initializer_list<std::string_view> known, const char* where) {
    for (const auto& [key, node] : table)
      if (std::ranges::find(known, key.str()) == known.end())
        fault(node, "unknown key '" + std::string(key.str()) + "' " + where);
  }

  void fault(const toml::node& node, const std::string& what) {
    constexpr std::size_t enough = 2000;
    if (faults_.size() > enough) return;
    const auto begin = node.source().begin;
    faults_ += (faults_.empty() ? "" : "; ") + file_;
    if (has_places_) faults_ += ":" + std::to_string(begin.line) + ":" + std::to_string(begin.column);
    else if (!where_.empty()) faults_ += ": " + where_;
    faults_ += ": " + what;
  }

  std::string file_;
  bool has_places_;
  std::string where_;  // JSON Pointer of the table being read: JSON's values have no line and column
  std::string faults_;
};

// JSON's values as TOML's. A null, which TOML does not have, becomes a date, which no key takes: left out, it would
// make an array shorter than its writer meant.
void add(toml::table& table, const std::string& key, const nlohmann::json& value);
void add(toml::array& array, const nlohmann::json& value);

toml::table table_of(const nlohmann::json& object) {
  toml::table result;
  for (const auto& [key, value] : object.items()) add(result, key, value);
  return result;
}

toml::array array_of(const nlohmann::json& list) {
  toml::array result;
  for (const auto& each : list) add(result, each);
  return result;
}

template <class Put>
void convert(const nlohmann::json& value, Put put) {
  if (value.is_object()) put(table_of(value));
  else if (value.is_array()) put(array_of(value));
  else if (value.is_string()) put(value.get<std::string>());
  else if (value.is_boolean()) put(value.get<bool>());
  else if (value.is_number_integer()) put(value.get<std::int64_t>());
  else if (value.is_number()) put(value.get<double>());
  else put(toml::date{});
}

void add(toml::table& table, const std::string& key, const nlohmann::json& value) {
  convert(value, [&](auto each) { table.insert_or_assign(key, std::move(each)); });
}

void add(toml::array& array, const nlohmann::json& value) {
  convert(value, [&](auto each) { array.push_back(std::move(each)); });
}

// A byte's place as a person counts it.
std::string line_and_column(const std::string& text, std::size_t byte) {
  const auto before = std::string_view(text).substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto line_start = before.rfind('\n');
  const auto column = before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1) + 1;
  return std::to_string(line) + ":" + std::to_string(column);
}

// Refuses what nlohmann's parser accepts: unlimited nesting, and a member that appears twice, of which it keeps the
// last.
class json_guard {
public:
  bool operator()(int depth, nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
    using when = nlohmann::json::parse_event_t;
    // Deeper nesting than any endpoint list has would only be there to exhaust the stack.
    constexpr std::size_t deepest = 16;
    const auto level = static_cast<std::size_t>(depth);
    if (level > deepest) {
      why = "this is nested deeper than " + std::to_string(deepest) + " levels";
      return false;
    }
    if (event == when::object_start) {
      members_.resize(level + 1);
      members_[level].clear();
    } else if (event == when::key && level > 0 && level <= members_.size() &&
               !members_[level - 1].insert(parsed.get<std::string>()).second && why.empty()) {
      why = "the member \"" + parsed.get<std::string>() + "\" appears twice in one object";
    }
    return true;
  }

  std::string why;

private:
  std::vector<std::set<std::string>> members_;  // of the objects that are open, outermost first
};

std::optional<toml::table> read_json(const std::string& text, const std::string& file, std::string& why) {
  if (has_hidden_rest(text)) {
    why = file + ":" + line_and_column(text, text.find('\0') + 1) + ": a byte of value 0, which JSON does not have";
    return {};
  }
  try {
    json_guard guard;
    const auto all = nlohmann::json::parse(text, std::ref(guard));
    if (guard.why.empty() && all.is_object()) return table_of(all);
    why = file + ": " + (guard.why.empty() ? "expected an object with the member \"service\"" : guard.why);
  } catch (const nlohmann::json::parse_error& error) {
    why = file + ":" + line_and_column(text, error.byte) + ": this is not JSON, or not all of it";
  } catch (const nlohmann::json::exception& error) {
    why = file + ": " + error.what();
  }
  return {};
}

std::optional<toml::table> read_toml(const std::string& text, const std::string& file, std::string& why) {
  auto parsed = parse_toml(text, file);
  if (auto* table = std::get_if<toml::table>(&parsed)) return std::move(*table);
  const auto& wrong = std::get<toml_fault>(parsed);
  why = file + ":" + std::to_string(wrong.line) + ":" + std::to_string(wrong.column) +
        ": this is not TOML: " + wrong.what;
  return {};
}

}  // namespace

std::optional<std::vector<service>> parse_document(const std::string& text, document_format as, const std::string& name,
                                                   std::string& why) {
  const auto root = as == document_format::toml ? read_toml(text, name, why) : read_json(text, name, why);
  if (!root) return {};
  reader reader(name, as == document_format::toml);
  auto services = reader.read(*root);
  if (reader.faults().empty()) return services;
  why = reader.faults();
  return {};
}

}  // namespace drcon::common
