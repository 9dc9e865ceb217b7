#include "config/constraint.hpp"

#include "base/count_of.hpp"
#include "config/format.hpp"
#include "config/suggest.hpp"
#include "config/toml_value.hpp"

#include <pattern.hpp>

#include <algorithm>
#include <vector>

namespace drcon::config {
namespace {

using nlohmann::json;

std::optional<fault> fault_of_enum(const json& value, const json& schema, const std::string& found) {
  if (!schema.contains("enum")) return {};
  const auto& allowed = schema.at("enum");
  if (std::ranges::find(allowed, value) != allowed.end()) return {};
  std::vector<std::string> list;
  std::vector<std::string> choices;
  for (const auto& each : allowed) {
    list.push_back(shown(each));
    if (each.is_string()) choices.push_back(each.get<std::string>());
  }
  auto help = value.is_string() ? suggestion(value.get_ref<const std::string&>(), choices) : std::string();
  if (!help.starts_with("did you mean")) help.clear();  // the list is in the message already
  return fault{"expected one of " + listed(list) + ", found " + found, help};
}

// An option may be a number or something else, such as a word: then its type is a list.
std::string type_of_numbers(const json& schema) {
  const auto type = schema.value("type", json());
  const auto has = [&type](const char* name) {
    return type == name || (type.is_array() && std::ranges::find(type, json(name)) != type.end());
  };
  return has("integer") && !has("number") ? "integer" : "number";
}

// "an integer from 8 to 100000".
std::string expected_number(const json& schema) {
  const auto low = schema.find("minimum");
  const auto high = schema.find("maximum");
  auto text = describe_type(type_of_numbers(schema));
  if (low != schema.end() && high != schema.end()) text += " from " + low->dump() + " to " + high->dump();
  else if (low != schema.end()) text += " of at least " + low->dump();
  else if (high != schema.end()) text += " of at most " + high->dump();
  return text;
}

bool may_be_number(const json& schema) {
  const auto type = schema.value("type", json());
  return type.is_array() &&
         std::ranges::any_of(type, [](const json& each) { return each == "integer" || each == "number"; });
}

// What fits a pattern, for people. One that a single word fits, such as ^auto$, is that word; and where a number would
// do as well, that is what was expected first.
std::string expected_text(const std::string& pattern, const json& schema) {
  const bool is_word = pattern.size() > 2 && pattern.front() == '^' && pattern.back() == '$' &&
                       std::all_of(pattern.begin() + 1, pattern.end() - 1,
                                   [](char c) { return (c >= 'a' && c <= 'z') || c == '-' || c == '_'; });
  const auto text = is_word ? shown(json(pattern.substr(1, pattern.size() - 2))) : "a string that matches " + pattern;
  return may_be_number(schema) ? expected_number(schema) + ", or " + text : text;
}

std::optional<fault> fault_of_range(const json& value, const json& schema, const std::string& found) {
  const auto low = schema.find("minimum");
  const auto high = schema.find("maximum");
  if ((low == schema.end() || value >= *low) && (high == schema.end() || value <= *high)) return {};
  return fault{"expected " + expected_number(schema) + ", found " + found, {}};
}

std::size_t characters_in(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::optional<fault> fault_of_pattern(const std::string& text, const json& schema, const std::string& found) {
  if (!schema.contains("pattern")) return {};
  const auto& expected = schema.at("pattern").get_ref<const std::string&>();
  constexpr std::size_t longest = 4096;  // a pattern recurses once per character: a long text would end the process
  if (text.size() > longest) return fault{"expected at most " + std::to_string(longest) + " bytes", {}};
  if (pattern(expected).is_found_in(text)) return {};
  return fault{"expected " + expected_text(expected, schema) + ", found " + found, {}};
}

std::optional<fault> fault_of_string(const std::string& text, const json& schema, const std::string& found) {
  const auto format = schema.value("format", "");
  if (format == "path" && text.empty() && may_be_empty(schema)) return {};
  if (const auto fits = check_format(format, text); !fits) {
    const auto& why = fits.error().why;
    return fault{"expected " + describe_format(format) + ", found " + found + (why.empty() ? "" : ": " + why), {}};
  }
  const auto least = schema.value("minLength", std::size_t{0});
  const auto length = characters_in(text);
  if (length < least) {
    const auto expected = "expected at least " + base::count_of(least, "character");
    return fault{expected + ", found " + (schema.value("secret", false) ? std::to_string(length) : found), {}};
  }
  return fault_of_pattern(text, schema, found);
}

}  // namespace

bool may_be_empty(const json& schema) {
  const auto otherwise = schema.value("default", json());
  return (otherwise.is_string() && otherwise.get_ref<const std::string&>().empty()) ||
         schema.value("minLength", 1) == 0;
}

std::optional<fault> fault_of(const json& value, const json& schema, const std::string& found) {
  if (auto fault = fault_of_enum(value, schema, found)) return fault;
  if (value.is_number()) return fault_of_range(value, schema, found);
  if (value.is_string()) return fault_of_string(value.get_ref<const std::string&>(), schema, found);
  return {};
}

}  // namespace drcon::config
