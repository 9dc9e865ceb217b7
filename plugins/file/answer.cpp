#include "file/parse.hpp"

#include <drcon/toml.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace drcon::file {
namespace {

// Both formats are read as TOML's node tree, so that there is one judge of the content.
class reader {
public:
  reader(std::string file, bool has_places) : file_(std::move(file)), has_places_(has_places) {}

  std::vector<service> read(const toml::table& root) {
    std::vector<service> all;
    std::set<std::string> names;
    // A file that is being rewritten is empty for a moment, and its beginning is TOML too: never "no services".
    if (root.empty() && has_places_) fault(root, "there is no 'service'; for no services write \"service = []\"");
    known_keys(root, {"service"}, "at the top level");
    each_table(root, "service", [&](const toml::table& from) {
      auto one = read_service(from);
      if (!one.name.empty() && !names.insert(one.name).second)
        fault(from, "service '" + one.name + "' is there already");
      all.push_back(std::move(one));
    });
    return all;
  }
  const std::string& faults() const { return faults_; }

private:
  service read_service(const toml::table& from) {
    known_keys(from, {"name", "endpoint"}, "of a service");
    service to{.name = text(from, "name", true), .revision = 0, .endpoints = {}};
    std::set<std::string> ids;
    each_table(from, "endpoint", [&](const toml::table& inner) {
      auto one = read_endpoint(inner);
      if (!ids.insert(one.id).second) fault(inner, "endpoint id '" + one.id + "' is there already");
      to.endpoints.push_back(std::move(one));
    });
    return to;
  }

  endpoint read_endpoint(const toml::table& from) {
    known_keys(from, {"id", "node", "address", "port", "weight", "priority", "health", "tags", "meta"},
               "of an endpoint");
    endpoint to{.id = text(from, "id", false),
                .node = text(from, "node", false),
                .address = text(from, "address", true),
                .port = number(from, "port", 0, 1, 65535),
                .weight = number(from, "weight", 1, 0, 65535),
                .priority = number(from, "priority", 0, 0, 65535),
                .health = health_of(from),
                .tags = {},
                .meta = {}};
    if (!from.contains("port")) fault(from, "'port' is missing");
    if (to.id.empty()) to.id = to.address + ":" + std::to_string(to.port);
    read_labels(from, to);
    return to;
  }

  void read_labels(const toml::table& from, endpoint& to) {
    if (const auto* tags = from.get("tags")) {
      if (!tags->is_array()) fault(*tags, "expected an array of strings for 'tags'");
      else
        for (const auto& tag : *tags->as_array()) {
          if (tag.is_string()) to.tags.push_back(*tag.value<std::string>());
          else fault(tag, "expected a string in 'tags'");
        }
    }
    if (const auto* meta = from.get("meta")) {
      if (!meta->is_table()) fault(*meta, "expected a table of strings for 'meta'");
      else
        for (const auto& [key, value] : *meta->as_table()) {
          if (value.is_string()) to.meta.emplace(key.str(), *value.value<std::string>());
          else fault(value, "expected a string in 'meta'");
        }
    }
  }

  health health_of(const toml::table& from) {
    const auto word = from.contains("health") ? text(from, "health", false) : "passing";
    for (const auto each : {health::passing, health::warning, health::critical, health::maintenance})
      if (word == to_string(each)) return each;
    fault(*from.get("health"), "expected passing, warning, critical or maintenance for 'health', found '" + word + "'");
    return health::critical;
  }

  std::string text(const toml::table& from, const char* key, bool required) {
    const auto* node = from.get(key);
    if (node == nullptr) {
      if (required) fault(from, std::string("'") + key + "' is missing");
      return {};
    }
    const auto value = node->is_string() ? node->value<std::string>() : std::nullopt;
    if (!value) fault(*node, std::string("expected a string for '") + key + "'");
    else if (required && value->empty()) fault(*node, std::string("'") + key + "' is empty");
    return value.value_or(std::string());
  }

  std::uint32_t number(const toml::table& from, const char* key, std::uint32_t otherwise, std::int64_t least,
                       std::int64_t most) {
    const auto* node = from.get(key);
    if (node == nullptr) return otherwise;
    const auto value = node->is_integer() ? node->value<std::int64_t>() : std::nullopt;
    if (value && *value >= least && *value <= most) return static_cast<std::uint32_t>(*value);
    fault(*node, std::string("expected a whole number from ") + std::to_string(least) + " to " + std::to_string(most) +
                     " for '" + key + "'");
    return otherwise;
  }

  template <class Visit>
  void each_table(const toml::table& from, const char* key, Visit visit) {
    const auto* node = from.get(key);
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

  void known_keys(const toml::table& from, std::initializer_list<std::string_view> known, const char* where) {
    for (const auto& [key, node] : from)
      if (std::ranges::find(known, key.str()) == known.end())
        fault(node, "unknown key '" + std::string(key.str()) + "' " + where);
  }

  void fault(const toml::node& at, const std::string& what) {
    constexpr std::size_t enough = 2000;
    if (faults_.size() > enough) return;
    const auto begin = at.source().begin;
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
void add(toml::table& to, const std::string& key, const nlohmann::json& value);
void add(toml::array& to, const nlohmann::json& value);

toml::table table_of(const nlohmann::json& from) {
  toml::table to;
  for (const auto& [key, value] : from.items()) add(to, key, value);
  return to;
}

toml::array array_of(const nlohmann::json& from) {
  toml::array to;
  for (const auto& each : from) add(to, each);
  return to;
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

void add(toml::table& to, const std::string& key, const nlohmann::json& value) {
  convert(value, [&](auto each) { to.insert_or_assign(key, std::move(each)); });
}

void add(toml::array& to, const nlohmann::json& value) {
  convert(value, [&](auto each) { to.push_back(std::move(each)); });
}

// A byte's place as a person counts it.
std::string line_and_column(const std::string& text, std::size_t byte) {
  const auto before = std::string_view(text).substr(0, std::min(byte > 0 ? byte - 1 : 0, text.size()));
  const auto line = std::ranges::count(before, '\n') + 1;
  const auto line_start = before.rfind('\n');
  const auto column = before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1) + 1;
  return std::to_string(line) + ":" + std::to_string(column);
}

// What nlohmann's parser lets pass: nesting without end, and a member that stands twice, of which it keeps the last.
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
      why = "the member \"" + parsed.get<std::string>() + "\" stands twice in one object";
    }
    return true;
  }

  std::string why;

private:
  std::vector<std::set<std::string>> members_;  // of the objects that are open, outermost first
};

std::optional<toml::table> read_json(const std::string& text, const std::string& file, std::string& why) {
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

std::optional<std::vector<service>> parse(const std::string& text, format as, const std::string& file,
                                          std::string& why) {
  const auto root = as == format::toml ? read_toml(text, file, why) : read_json(text, file, why);
  if (!root) return {};
  reader reader(file, as == format::toml);
  auto services = reader.read(*root);
  if (reader.faults().empty()) return services;
  why = reader.faults();
  return {};
}

}  // namespace drcon::file
