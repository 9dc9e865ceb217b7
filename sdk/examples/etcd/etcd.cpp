// The etcd source: its options, and the plugin object.
#include "watcher.hpp"

#include <drcon/asio.hpp>

namespace etcd {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false,
  "description": "Publishes services from keys of etcd v3: PREFIX SERVICE/ID, each with the endpoint as JSON.",
  "properties": {
    "address": { "type": "array", "minItems": 1, "items": { "type": "string", "format": "url" }, "default": ["http://127.0.0.1:2379"],
      "description": "Members of the cluster, http:// or https://, tried in this order." },
    "prefix": { "type": "string", "minLength": 1, "default": "/services/",
      "description": "What the keys begin with. A / is added when it does not end with one." },
    "service": { "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [],
      "description": "Services that are published, without endpoints, even while they have no key, so that a proxy knows them from the start." },
    "user": { "type": "string", "minLength": 1, "description": "User, where etcd's authentication is on; it needs the right to read the prefix." },
    "password": { "type": "string", "secret": true, "description": "Password of the user." },
    "tls": { "type": "object", "additionalProperties": false, "description": "For https.",
      "properties": {
        "ca_file": { "type": "string", "format": "path", "description": "PEM file of CA certificates. Default: the system's." },
        "cert_file": { "type": "string", "format": "path", "description": "PEM file of the client certificate." },
        "key_file": { "type": "string", "format": "path", "description": "PEM file of the client key." }
      } },
    "timeout": { "type": "string", "format": "duration", "default": "5s", "description": "How long etcd may take for an answer; at least 100ms." },
    "check": { "type": "string", "format": "duration", "default": "10s",
      "description": "How often etcd is asked whether the watch has reported everything, so that one that fell silent is noticed; at least 100ms." },
    "retry_max": { "type": "string", "format": "duration", "default": "10s", "description": "Longest pause between tries while etcd is unreachable. drcon never gives up." },
    "max_answer": { "type": "string", "format": "size", "default": "64MiB", "description": "Largest answer that is read; a larger one changes nothing and is reported." }
  }
})JSON";

class source final : public drcon::asio_source {
public:
  static constexpr const char* schema = schema_text;

  source(drcon::context host, const drcon::options& from)
      : asio_source(host), watcher_(read_settings(from), host, executor()) {}

  boost::asio::awaitable<void> run() override { return watcher_.run(); }

private:
  watcher watcher_;
};

}  // namespace
}  // namespace etcd

DRCON_SOURCE("etcd", "1.0.0", "Publishes services from keys of etcd v3.", etcd::source)
