// An option of drcon's own, stated once: its key, its place in a struct, and what it means.
//
// The schema that a configuration is checked with, the default and the reader are all made from that one row. The
// default is the struct's member initializer. To add an option, add a member to the struct and a row to its list.
//
// Thread rule: plain values; the lists are made once and never changed.
#pragma once

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace drcon::config {

template <class Config>
struct option {
  std::string key;
  nlohmann::json schema;
  /// Takes a value that the schema has accepted. Not called for an option that is not there and has no default.
  std::function<void(const nlohmann::json& value, Config& config)> read;
  bool is_required = false;
  /// Of an option whose default depends on where drcon runs: sets that one. Called when the option is not written.
  std::function<void(Config& config)> otherwise = {};
  /// Of an option that is read at start only: gives `next` the value of `running`, and says whether it had another one.
  std::function<bool(const Config& running, Config& next)> keep = {};
};

template <class Config>
using option_list = std::vector<option<Config>>;

/// A table of options: [pipeline.NAME] brake = { … }.
template <class Config>
struct option_group {
  std::string key;
  std::string description;
  option_list<Config> options;
};

/// What option.cpp knows about each type of value: its schema with its default, and how it is read back.
namespace option_values {
nlohmann::json duration_schema(std::chrono::nanoseconds otherwise);
nlohmann::json percent_schema(double otherwise);
nlohmann::json size_schema(std::size_t otherwise);
nlohmann::json integer_schema(std::int64_t otherwise, std::int64_t least, std::optional<std::int64_t> most);
nlohmann::json text_list_schema();
std::chrono::nanoseconds duration_of(const nlohmann::json& value);
double percent_of(const nlohmann::json& value);
std::size_t size_of(const nlohmann::json& value);
/// What systemd.exec(5) says of StateDirectory= and RuntimeDirectory=: paths with ':' between them; the first is
/// drcon's.
std::optional<std::filesystem::path> directory_of_unit(const char* variable);
/// A table that takes no other keys than those of `properties`.
nlohmann::json table_schema(const std::string& description, nlohmann::json properties, nlohmann::json required);
}  // namespace option_values

/// The row of a list: `schema` without its description, and a member with the way to read it.
template <class Config, class Member, class Read>
option<Config> make_option(const char* key, Member Config::*member, const char* description, nlohmann::json schema,
                           Read read) {
  schema["description"] = description;
  return {.key = key, .schema = std::move(schema), .read = [member, read](const nlohmann::json& value, Config& config) {
            config.*member = read(value);
          }};
}

/// "250ms".
template <class Config>
option<Config> duration(const char* key, std::chrono::nanoseconds Config::*member, const char* description) {
  return make_option(key, member, description, option_values::duration_schema(Config{}.*member),
                     option_values::duration_of);
}

/// "50%"; a share from 0 to 1 in the struct.
template <class Config>
option<Config> percent(const char* key, double Config::*member, const char* description) {
  return make_option(key, member, description, option_values::percent_schema(Config{}.*member),
                     option_values::percent_of);
}

template <class Config>
option<Config> integer(const char* key, std::int64_t Config::*member, const char* description, std::int64_t least,
                       std::optional<std::int64_t> most = {}) {
  return make_option(key, member, description, option_values::integer_schema(Config{}.*member, least, most),
                     [](const nlohmann::json& value) { return value.get<std::int64_t>(); });
}

template <class Config>
option<Config> boolean(const char* key, bool Config::*member, const char* description) {
  return make_option(key, member, description, {{"type", "boolean"}, {"default", Config{}.*member}},
                     [](const nlohmann::json& value) { return value.get<bool>(); });
}

/// "64KiB"; a number of bytes in the struct.
template <class Config>
option<Config> size(const char* key, std::size_t Config::*member, const char* description) {
  return make_option(key, member, description, option_values::size_schema(Config{}.*member), option_values::size_of);
}

/// `more` is merged into the schema: a format, or the words that may be chosen.
template <class Config>
option<Config> text(const char* key, std::string Config::*member, const char* description,
                    const nlohmann::json& more = nlohmann::json::object()) {
  nlohmann::json schema{{"type", "string"}, {"default", Config{}.*member}};
  schema.update(more);
  return make_option(key, member, description, std::move(schema),
                     [](const nlohmann::json& value) { return value.get<std::string>(); });
}

/// A file or directory; the schema's check makes it absolute. `more` is merged into the schema.
template <class Config>
option<Config> path(const char* key, std::filesystem::path Config::*member, const char* description,
                    const nlohmann::json& more = nlohmann::json::object()) {
  nlohmann::json schema{{"type", "string"}, {"format", "path"}, {"default", (Config{}.*member).string()}};
  schema.update(more);
  return make_option(key, member, description, std::move(schema),
                     [](const nlohmann::json& value) { return std::filesystem::path(value.get<std::string>()); });
}

template <class Config>
option<Config> path_list(const char* key, std::vector<std::filesystem::path> Config::*member, const char* description) {
  auto schema = option_values::text_list_schema();
  schema["items"]["format"] = "path";
  return make_option(key, member, description, std::move(schema), [](const nlohmann::json& value) {
    const auto texts = value.get<std::vector<std::string>>();
    return std::vector<std::filesystem::path>(texts.begin(), texts.end());
  });
}

/// A text that is never shown. It has no default. `more` is merged into the schema.
template <class Config>
option<Config> secret(const char* key, std::string Config::*member, const char* description,
                      const nlohmann::json& more = nlohmann::json::object()) {
  auto made = text(key, member, description, more);
  made.schema.erase("default");
  made.schema["secret"] = true;
  return made;
}

/// Under systemd the default is a directory of the unit, which it names in `variable`, or `file` there.
template <class Config>
option<Config> of_the_unit(std::filesystem::path Config::*member, const char* variable, const char* file,
                           option<Config> made) {
  made.otherwise = [member, variable, file](Config& config) {
    const auto directory = option_values::directory_of_unit(variable);
    if (directory) config.*member = *file == '\0' ? *directory : *directory / file;
  };
  return made;
}

/// An option that a reload does not change, since what it says was done at the start.
template <class Config, class Member>
option<Config> at_start_only(Member Config::*member, option<Config> made) {
  made.schema["description"] = made.schema["description"].template get<std::string>() + " Read at start only.";
  made.keep = [member](const Config& running, Config& next) {
    if (running.*member == next.*member) return false;
    next.*member = running.*member;
    return true;
  };
  return made;
}

/// A list of texts that are not empty. `more` is merged into the schema of one of them.
template <class Config>
option<Config> text_list(const char* key, std::vector<std::string> Config::*member, const char* description,
                         const nlohmann::json& more = {{"minLength", 1}}) {
  auto schema = option_values::text_list_schema();
  schema["items"].update(more);
  return make_option(key, member, description, std::move(schema),
                     [](const nlohmann::json& value) { return value.get<std::vector<std::string>>(); });
}

/// A table of keys and texts; empty when it is not there.
template <class Config>
option<Config> text_table(const char* key, std::map<std::string, std::string> Config::*member,
                          const char* description) {
  nlohmann::json schema{{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
  return make_option(key, member, description, std::move(schema),
                     [](const nlohmann::json& value) { return value.get<std::map<std::string, std::string>>(); });
}

/// One of some words, each of which stands for a value. The default is the word of the member's initializer.
template <class Config, class Enum>
option<Config> choice(const char* key, Enum Config::*member, const char* description,
                      const std::vector<std::pair<const char*, Enum>>& words) {
  nlohmann::json schema{{"type", "string"}, {"enum", nlohmann::json::array()}};
  for (const auto& [word, value] : words) {
    schema["enum"].push_back(word);
    if (value == Config{}.*member) schema["default"] = word;
  }
  return make_option(key, member, description, std::move(schema), [words](const nlohmann::json& chosen) {
    for (const auto& [word, value] : words)
      if (chosen == word) return value;
    return words.front().second;  // not reached: the schema accepts these words only
  });
}

template <class Config>
nlohmann::json properties_of(const option_list<Config>& options) {
  auto properties = nlohmann::json::object();
  for (const auto& each : options) properties[each.key] = each.schema;
  return properties;
}

template <class Config>
nlohmann::json required_of(const option_list<Config>& options) {
  auto required = nlohmann::json::array();
  for (const auto& each : options)
    if (each.is_required) required.push_back(each.key);
  return required;
}

/// Takes what is there of `values`, which the options' schema has accepted.
template <class Config>
void read_options(const option_list<Config>& options, const nlohmann::json& values, Config& config) {
  for (const auto& each : options)
    if (const auto value = values.find(each.key); value != values.end()) each.read(*value, config);
}

template <class Config>
nlohmann::json schema_of(const option_group<Config>& group) {
  return option_values::table_schema(group.description, properties_of(group.options), required_of(group.options));
}

/// A group as one option of the table around it.
template <class Config, class Group>
option<Config> table(Group Config::*member, const option_group<Group>& group) {
  return {.key = group.key,
          .schema = schema_of(group),
          .read = [member, &group](const nlohmann::json& value, Config& config) {
            read_options(group.options, value, config.*member);
          }};
}

/// A group whose options stand in the table around it.
template <class Config, class Group>
void add_flat(option_list<Config>& all, Group Config::*member, const option_group<Group>& group) {
  for (const auto& each : group.options)
    all.push_back(
        {.key = each.key,
         .schema = each.schema,
         .read = [member, &each](const nlohmann::json& value, Config& config) { each.read(value, config.*member); },
         .is_required = each.is_required});
}

}  // namespace drcon::config
