// What load() is told of plugins in these tests: a part of the bundled ones' schemas, and helpers around it.
#pragma once

#include "config/configuration.hpp"

#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace drcon::config {

inline const char* const consul_schema = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["service"],
  "properties": {
    "address": { "type": "string", "format": "url", "default": "http://127.0.0.1:8500" },
    "token": { "type": "string", "secret": true },
    "service": { "type": "array", "minItems": 1,
      "items": { "type": "object", "additionalProperties": false,
        "properties": {
          "name": { "type": "string", "minLength": 1 },
          "match": { "type": "string", "format": "regex", "minLength": 1 },
          "tag": { "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [] },
          "health": { "type": "string", "enum": ["passing", "warning", "any"], "default": "passing" }
        } } },
    "wait": { "type": "string", "format": "duration", "default": "55s" },
    "connections": { "type": ["integer", "string"], "minimum": 8, "maximum": 100000, "pattern": "^auto$", "default": "auto" },
    "tls": { "type": "object", "additionalProperties": false,
      "properties": {
        "ca_file": { "type": "string", "format": "path", "reads": true },
        "verify": { "type": "boolean", "default": true }
      } }
  }
})JSON";

inline const char* const file_schema = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["path"],
  "properties": { "path": { "type": "string", "format": "path" } }
})JSON";

inline const char* const nginx_schema = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["file"],
  "properties": {
    "file": { "type": "string", "format": "path", "minLength": 1 },
    "config": { "type": "string", "format": "path", "default": "/etc/nginx/nginx.conf" },
    "pid_file": { "type": "string", "format": "path", "default": "/run/nginx.pid" },
    "mode": { "type": "string", "pattern": "^0?[0-7]{3}$", "default": "0644" },
    "empty": { "type": "string", "enum": ["keep", "503", "down server"], "default": "keep" }
  }
})JSON";

/// The smallest configuration that is right.
inline const std::string small = R"([source.consul]
plugin = "consul-http"
service = [{ name = "simple" }]
[sink.edge]
plugin = "nginx"
file = "out/edge.conf"
[pipeline.web]
sources = ["consul"]
sinks = ["edge"]
)";

inline plugin_catalog known_plugins() {
  return {.schema = [](kind kind, const std::string& plugin) -> std::optional<nlohmann::json> {
            if (kind == kind::source && plugin == "consul-http") return parsed_json(consul_schema);
            if (kind == kind::source && plugin == "file") return parsed_json(file_schema);
            if (kind == kind::sink && plugin == "nginx") return parsed_json(nginx_schema);
            return {};
          },
          .names =
              [](kind kind) {
                return kind == kind::source
                           ? std::vector<std::string>{"file",       "docker", "consul-kv", "consul-http",
                                                      "consul-dns", "http",   "nomad"}
                           : std::vector<std::string>{"nginx"};
              }};
}

}  // namespace drcon::config
