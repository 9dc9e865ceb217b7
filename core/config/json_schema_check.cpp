#include "config/json_schema_check.hpp"

#include "config/pointer.hpp"

#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace drcon::config {
namespace {

using place_parts = std::vector<std::string>;

// valijson names a place as <root>, [service], [0]; ours are JSON Pointers.
std::string pointer_of(const place_parts& parts) {
  std::string pointer;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string_view part = parts[i];
    const bool in_brackets = part.starts_with('[') && part.ends_with(']');
    pointer += "/" + pointer_token(in_brackets ? part.substr(1, part.size() - 2) : part);
  }
  return pointer;
}

// The deepest fault says most; those above it only say that something below is wrong.
valijson::ValidationResults::Error deepest_of(valijson::ValidationResults& results) {
  valijson::ValidationResults::Error deepest;
  for (valijson::ValidationResults::Error each; results.popError(each);)
    if (each.context.size() > deepest.context.size()) deepest = each;
  return deepest;
}

// Where the value at `pointer` stands; one that a default gave has the place of the table around it.
position nearest(const checked_options& options, std::string pointer) {
  while (!pointer.empty() && !options.positions.contains(pointer)) pointer.erase(pointer.rfind('/'));
  const auto place = options.positions.find(pointer);
  return place == options.positions.end() ? position{} : place->second;
}

}  // namespace

std::optional<mismatch> mismatch_with(const nlohmann::json& schema, const nlohmann::json* value) {
  valijson::Schema parsed;
  const valijson::adapters::NlohmannJsonAdapter source(schema);
  valijson::SchemaParser().populateSchema(source, parsed);
  if (value == nullptr) return {};
  valijson::ValidationResults results;
  const valijson::adapters::NlohmannJsonAdapter given(*value);
  if (valijson::Validator().validate(parsed, given, &results)) return {};
  const auto deepest = deepest_of(results);
  return mismatch{.pointer = pointer_of(deepest.context), .what = deepest.description};
}

void check_json_schema(const checked_options& options, const std::string& title, const nlohmann::json& schema,
                       diagnostics& found) {
  try {
    const auto wrong = mismatch_with(schema, &options.values);
    if (!wrong) return;
    found.error(
        code::value, nearest(options, wrong->pointer),
        (wrong->pointer.empty() ? title : "'" + readable(wrong->pointer) + "' in " + title) + ": " + wrong->what);
  } catch (const std::exception& error) {  // valijson throws several types for a schema that it cannot use
    found.error(code::plugin_schema, nearest(options, ""),
                "the option schema of " + title + " is broken: " + error.what());
  }
}

}  // namespace drcon::config
