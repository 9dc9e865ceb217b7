// drcon's own keys: the one place where they are defined and documented. Units are in the description, defaults and
// ranges in "default", "minimum" and "maximum".
#include "config/configuration.hpp"

namespace drcon::config {

namespace {

// drcon's keys, without those of a pipeline and of `isolation`, which are stated where their structs are.
const char* const keys = R"JSON({
  "type": "object", "additionalProperties": false,
  "properties": {
    "include": { "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [],
      "description": "More files of this configuration: paths, which must exist, and patterns (*, ?, []), which may match nothing; relative ones start at the directory of the including file. Read in order of name; a table that is there twice is an error." },
    "host": {
      "type": "object", "additionalProperties": false, "description": "The program itself.",
      "properties": {
        "plugin_directories": { "type": "array", "items": { "type": "string", "format": "path" }, "default": [],
          "description": "Directories whose *.so are loaded besides the bundled plugins and those in /usr/local/lib/drcon/plugins and /etc/drcon/plugins.d. Read at start only." },
        "on_bad_plugin": { "type": "string", "enum": ["continue", "stop"], "default": "continue",
          "description": "What to do when a library in a plugin directory cannot be loaded: go on without it, or do not start." },
        "state_directory": { "type": "string", "format": "path", "minLength": 0, "default": "/var/lib/drcon",
          "description": "Where the last good snapshot of each pipeline is kept, for a restart while its sources are away. Under systemd the default is the unit's StateDirectory=. Empty: nowhere. Read at start only." },
        "stop_deadline": { "type": "string", "format": "duration", "default": "10s",
          "description": "A duration: how long plugins get to stop, at a reload and at the end. One that takes longer is logged and abandoned." },
        "journal_size": { "type": "integer", "minimum": 1, "maximum": 1000000, "default": 1000,
          "description": "A number of entries: how much of the journal is kept in memory; the oldest go first." }
      }
    },
    "log": {
      "type": "object", "additionalProperties": false, "description": "What drcon logs.",
      "properties": {
        "level": { "type": "string", "enum": ["trace", "debug", "info", "warning", "error"], "default": "info",
          "description": "The least level that is written. drcon log LEVEL changes it until the next reload." },
        "plugins": { "type": "object", "additionalProperties": { "type": "string", "enum": ["trace", "debug", "info", "warning", "error"] }, "default": {},
          "description": "Levels of what plugins say, where one differs from the general one: a table of plugins' names, such as { nginx = \"debug\" }. drcon log LEVEL --plugin NAME changes it until the next reload." },
        "format": { "type": "string", "enum": ["text", "json"], "default": "text",
          "description": "One line per event: text for people, JSON for machines." },
        "file": { "type": "string", "format": "path", "default": "",
          "description": "File that drcon run adds its lines to. Opened again by a reload, so that it can be moved away. Empty: standard error, which systemd gives to the journal." }
      }
    },
    "admin": {
      "type": "object", "additionalProperties": false, "description": "Admin interface.",
      "properties": {
        "socket": { "type": "string", "format": "path", "default": "",
          "description": "Unix socket of the admin interface (GET /v1/openapi.json describes it), mode 0660. Under systemd the default is admin.sock in the unit's RuntimeDirectory=. Empty: none." },
        "listen": { "type": "string", "default": "",
          "description": "ADDRESS:PORT to listen on over TCP too, such as \"127.0.0.1:9180\": the dashboard at http://127.0.0.1:9180/, and /metrics for Prometheus. Without a token nothing can be changed there. An address that is not loopback's needs token, certificate and private_key. Empty: none." },
        "token": { "type": "string", "secret": true, "minLength": 16,
          "description": "Whoever asks over TCP must send it: Authorization: Bearer TOKEN. At least 16 characters. Without a token everybody on this host may read there, and nobody may write." },
        "certificate": { "type": "string", "format": "path", "default": "",
          "description": "File with the certificate chain for TLS 1.2 or newer, PEM. Read again at each reload. Empty: no TLS." },
        "private_key": { "type": "string", "format": "path", "default": "",
          "description": "File with the certificate's private key, PEM." }
      }
    },
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
  auto schema = nlohmann::json::parse(keys);
  for (const auto* kind : {"source", "sink"})
    schema["properties"][kind]["additionalProperties"]["properties"]["isolation"] = isolation_schema();
  schema["properties"]["pipeline"]["additionalProperties"] = pipeline_schema();
  return schema;
}

}  // namespace

const nlohmann::json& host_schema() {
  static const auto schema = whole();
  return schema;
}

}  // namespace drcon::config
