// The consul-kv source: the schema of its options, and the plugin object.
#include "common/tls_settings.hpp"
#include "consul_kv/probe.hpp"
#include "consul_kv/settings.hpp"
#include "consul_kv/watch.hpp"

#include <drcon/asio.hpp>
#include <drcon/probe.hpp>

namespace drcon::consul_kv {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["key"],
  "description": "Publishes keys of Consul's key-value store as settings, for templates.",
  "properties": {
    "address": { "type": "string", "minLength": 1, "default": "http://127.0.0.1:8500",
      "description": "The agent: http://, https:// or unix:///PATH." },
    "token": { "type": "string", "secret": true, "description": "ACL token, sent as X-Consul-Token; it needs key:read, and key:list for prefixes." },
    "datacenter": { "type": "string", "description": "Datacenter of all keys, unless one names its own. Default: the agent's." },
    "namespace": { "type": "string", "minLength": 1, "description": "Namespace of the keys (Consul Enterprise)." },
    "partition": { "type": "string", "minLength": 1, "description": "Admin partition of the keys (Consul Enterprise). Consul before 1.11 ignores it." },
    "key": { "type": "array", "minItems": 1, "maxItems": 100, "description": "The keys to watch; each entry has a connection of its own.",
      "items": { "type": "object", "additionalProperties": false, "publishes": { "key": "path", "keys_below": "prefix" },
        "properties": {
          "path": { "type": "string", "minLength": 1, "description": "One key. Each entry has a path or a prefix." },
          "prefix": { "type": "string", "minLength": 1, "description": "All keys that begin with it; end it with / to mean a folder." },
          "depth": { "type": "integer", "minimum": 0, "maximum": 100, "default": 0, "description": "With prefix: how many levels below it; 0: all." },
          "as": { "type": "string", "minLength": 1, "description": "The name that the values are published under, for service.NAME in templates. Default: the path, or the prefix without / at its end." },
          "required": { "type": "boolean", "description": "What it means that Consul has no such key, or none with the prefix. true: pipelines of this source wait for it when drcon starts, and keep its last value when it is removed later. false: it need not be there. Default: the same for a prefix; of a path that is not there no value is published, and the status reports it." },
          "datacenter": { "type": "string", "description": "Datacenter of this entry." }
        } } },
    "wait": { "type": "string", "format": "duration", "default": "55s",
      "description": "Longest time Consul holds a blocking query, 1s to 10m. After a restore of an older state this is how long a change may go unseen." },
    "retry_max": { "type": "string", "format": "duration", "default": "10s", "description": "Longest pause after failures; 100ms at least, also where less is given. drcon never gives up." },
    )JSON" DRCON_TLS_SCHEMA R"JSON(
  }
})JSON";

class source final : public asio_source {
public:
  static constexpr const char* schema = schema_text;

  source(context host, const options& table)
      : asio_source(host),
        settings_(read_settings(table)),
        watcher_(settings_, host, executor(),
                 [this](work begin, on_failure failed) { spawn(std::move(begin), std::move(failed)); }) {}

  void probe(const probing& into) const { probe_agent(settings_, into); }
  boost::asio::awaitable<void> run() override { return watcher_.run(); }

private:
  const settings settings_;
  watcher watcher_;
};

}  // namespace
}  // namespace drcon::consul_kv

DRCON_PROBED_SOURCE("consul-kv", "0.1.0", "Publishes keys of Consul's store, for templates.", drcon::consul_kv::source)
