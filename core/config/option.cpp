#include "config/option.hpp"

#include "config/units.hpp"

#include <array>
#include <charconv>
#include <cstdlib>

namespace drcon::config::option_values {

using nlohmann::json;

json duration_schema(std::chrono::nanoseconds otherwise) {
  return {{"type", "string"}, {"format", "duration"}, {"default", to_text(otherwise)}};
}

json percent_schema(double otherwise) {
  std::array<char, 32> number{};
  const auto written = std::to_chars(number.data(), number.data() + number.size(), otherwise * 100);
  return {{"type", "string"}, {"format", "percent"}, {"default", std::string(number.data(), written.ptr) + "%"}};
}

json size_schema(std::size_t otherwise) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB"};
  std::size_t unit = 0;
  for (; otherwise != 0 && otherwise % 1024 == 0 && unit + 1 < units.size(); ++unit) otherwise /= 1024;
  return {{"type", "string"}, {"format", "size"}, {"default", std::to_string(otherwise) + units.at(unit)}};
}

json integer_schema(std::int64_t otherwise, std::int64_t least, std::optional<std::int64_t> most) {
  json schema{{"type", "integer"}, {"minimum", least}, {"default", otherwise}};
  if (most) schema["maximum"] = *most;
  return schema;
}

json text_list_schema() { return {{"type", "array"}, {"items", {{"type", "string"}}}, {"default", json::array()}}; }

std::chrono::nanoseconds duration_of(const json& value) {
  return parse_duration(value.get_ref<const std::string&>()).value();
}

double percent_of(const json& value) { return parse_percent(value.get_ref<const std::string&>()).value(); }

std::size_t size_of(const json& value) {
  return static_cast<std::size_t>(parse_size(value.get_ref<const std::string&>()).value());
}

std::optional<std::filesystem::path> directory_of_unit(const char* variable) {
  const char* const given = std::getenv(variable);
  if (given == nullptr || *given != '/') return {};
  const std::string all(given);
  return all.substr(0, all.find(':'));
}

json table_schema(const std::string& description, json properties, json required) {
  json schema{{"type", "object"},
              {"additionalProperties", false},
              {"description", description},
              {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  return schema;
}

}  // namespace drcon::config::option_values
