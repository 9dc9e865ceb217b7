// The nomad source: the schema of its options, and the plugin object.
#include "common/tls_settings.hpp"
#include "nomad/probe.hpp"
#include "nomad/settings.hpp"
#include "nomad/watch.hpp"

#include <drcon/asio.hpp>
#include <drcon/probe.hpp>

namespace drcon::nomad {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["service"],
  "description": "Watches services of Nomad's own service discovery (provider = \"nomad\", Nomad 1.3 and later), by blocking queries.",
  "properties": {
    "address": { "type": "string", "minLength": 1, "default": "http://127.0.0.1:4646",
      "description": "The agent: http://, https:// or unix:///PATH." },
    "token": { "type": "string", "secret": true, "description": "ACL token, sent as X-Nomad-Token; it needs read-job in the namespaces." },
    "region": { "type": "string", "minLength": 1, "description": "Region of all services. Default: the agent's." },
    "namespace": { "type": "string", "minLength": 1, "description": "Namespace of all services, unless one names its own. Default: Nomad's, which is \"default\"." },
    "service": { "type": "array", "minItems": 1, "maxItems": 64,
      "description": "The services to watch; each has a connection of its own, and an agent allows 100 from one address (limits.http_max_conns_per_client).",
      "items": { "type": "object", "additionalProperties": false, "required": ["name"], "publishes": { "service": ["as", "name"] },
        "properties": {
          "name": { "type": "string", "minLength": 1, "description": "The service, by name. It is published with no endpoints when Nomad has none." },
          "as": { "type": "string", "minLength": 1, "description": "The name to publish the service under. Default: its own." },
          "namespace": { "type": "string", "minLength": 1, "description": "Namespace of this service." },
          "tag": { "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [], "description": "Only instances that carry all of these tags." },
          "filter": { "type": "string", "minLength": 1, "description": "An expression of Nomad's filter language, applied by Nomad." },
          "at_least": { "type": "integer", "minimum": 0, "maximum": 100000, "default": 0, "description": "How many endpoints it must have before this source is ready for the first time. Until then its pipelines wait, and the status says for what. Later losses are for the pipeline's brake." }
        } } },
    "wait": { "type": "string", "format": "duration", "default": "55s", "description": "Longest time Nomad holds a blocking query, 1s to 10m." },
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
                 [this](watcher::work begin, on_failure failed) { spawn(std::move(begin), std::move(failed)); }) {}

  void probe(const probing& into) const { probe_agent(settings_, into); }
  boost::asio::awaitable<void> run() override { return watcher_.run(); }

private:
  const settings settings_;
  watcher watcher_;
};

}  // namespace
}  // namespace drcon::nomad

DRCON_PROBED_SOURCE("nomad", "0.1.0", "Watches services of Nomad's own service discovery.", drcon::nomad::source)
