// The schema of a whole configuration, from those of its tables.
#include "config/configuration.hpp"

#include <parsed_json.hpp>

namespace drcon::config {

namespace {

// What stands around the options, each of which is stated where its struct is.
const char* const keys = R"JSON({
  "type": "object", "additionalProperties": false,
  "properties": {
    "include": { "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [],
      "description": "More files of this configuration: paths, which must exist, and patterns (*, ?, []), which may match nothing; relative ones start at the directory of the including file. Read in order of name; a table that is there twice is an error." },
    "source": { "type": "object",
      "description": "Where endpoints come from. All keys but plugin are the plugin's options: see drcon reference PLUGIN.",
      "additionalProperties": { "type": "object", "required": ["plugin"],
        "properties": {
          "plugin": { "type": "string", "description": "Name of the plugin, as drcon plugins lists it." } } } },
    "sink": { "type": "object",
      "description": "What is kept in step with them. All keys but plugin are the plugin's options: see drcon reference PLUGIN.",
      "additionalProperties": { "type": "object", "required": ["plugin"],
        "properties": {
          "plugin": { "type": "string", "description": "Name of the plugin, as drcon plugins lists it." } } } },
    "pipeline": { "type": "object",
      "description": "From sources to sinks. One at least." }
  }
})JSON";

nlohmann::json whole() {
  auto schema = parsed_json(keys);
  for (const auto* kind : {"source", "sink"})
    schema["properties"][kind]["additionalProperties"]["properties"]["isolation"] = isolation_schema();
  schema["properties"]["pipeline"]["additionalProperties"] = pipeline_schema();
  schema["properties"].update(host_schemas());
  return schema;
}

}  // namespace

const nlohmann::json& host_schema() {
  static const auto schema = whole();
  return schema;
}

}  // namespace drcon::config
