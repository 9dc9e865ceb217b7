// The consul-catalog sink: the schema of its options, and the plugin object.
#include "common/tls_settings.hpp"
#include "consul_catalog/probe.hpp"
#include "consul_catalog/settings.hpp"

#include <drcon/probe.hpp>

#include <string>

namespace drcon::consul_catalog {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false,
  "description": "Makes the registrations of a Consul agent match: registers, updates and deregisters services with their checks.",
  "properties": {
    "address": { "type": "string", "minLength": 1, "target": true, "default": "http://127.0.0.1:8500",
      "description": "The agent: http://, https:// or unix:///PATH. It should be the one on the machine where the endpoints are." },
    "token": { "type": "string", "secret": true,
      "description": "ACL token, sent as X-Consul-Token; it needs service:write for the services, and node:read." },
    "namespace": { "type": "string", "minLength": 1, "target": true, "description": "Namespace of the registrations (Consul Enterprise)." },
    "partition": { "type": "string", "minLength": 1, "target": true, "description": "Admin partition of the registrations (Consul Enterprise). Consul before 1.11 ignores it." },
    "owner": { "type": "string", "target": "{name}", "pattern": "^[A-Za-z0-9_.:/-]{1,200}$",
      "description": "The mark that our registrations carry, as metadata drcon-owner. Only what carries it is ever changed or removed, and removed only what this configuration has registered or desired. Two sinks on one agent need two: one that finds its mark kept by another changes nothing, and reports it. Registrations of desired ids whose owner no sink of this host has kept for 10s are taken over, as after a sink was renamed. Default: HOST/SINK." },
    "adopt": { "type": "boolean", "default": false,
      "description": "Take over registrations that have the id of an endpoint and no drcon's mark, such as Registrator's. false: they are left alone, and the endpoint is refused." },
    "check": { "type": "object", "additionalProperties": false,
      "description": "The check of endpoints that name none by SERVICE_CHECK_* metadata. Besides it each registration has one named drcon, with the health that its source reports.",
      "properties": {
        "http": { "type": "string", "minLength": 1, "description": "Path of an HTTP check." },
        "https": { "type": "string", "minLength": 1, "description": "Path of an HTTPS check." },
        "tcp": { "type": "boolean", "default": false, "description": "Whether to check that the port takes connections." },
        "grpc": { "type": "string", "minLength": 1, "description": "Name of the service to ask for in a gRPC health check; true: of none." },
        "ttl": { "type": "string", "minLength": 2, "description": "The check named drcon turns critical when drcon has not renewed it for so long, in Go's form (30s, 1m30s); one of less than 1s is left out, and reported. Default: it does not run out." },
        "interval": { "type": "string", "minLength": 2, "default": "10s", "description": "How often Consul checks, in Go's form." },
        "timeout": { "type": "string", "minLength": 2, "description": "How long a check may take, in Go's form. Default: Consul's." },
        "initial_status": { "type": "string", "enum": ["passing", "warning", "critical"], "description": "Status until the first check. Default: Consul's, critical." },
        "tls_skip_verify": { "type": "boolean", "default": false, "description": "Whether HTTPS and gRPC checks take any certificate." },
        "grpc_use_tls": { "type": "boolean", "default": false, "description": "Whether gRPC checks use TLS." }
      } },
    "deregister_critical_service_after": { "type": "string", "minLength": 2,
      "description": "Consul removes a registration whose check has been critical for so long, in Go's form; for checks that Consul runs, and for ttl. Consul's least is 1m. Default: never." },
    "scripts": { "type": "boolean", "default": false,
      "description": "Whether SERVICE_CHECK_SCRIPT and SERVICE_CHECK_CMD are passed on, where the agent allows it. Whoever labels a container can then run commands on the agent's machine." },
    "verify": { "type": "string", "format": "duration", "default": "2s",
      "description": "How often the agent's registrations are compared and restored, besides changes; 100ms to 1h. An agent that restarted with an empty state may stay empty for this long." },
    "timeout": { "type": "string", "format": "duration", "default": "5s", "description": "How long the agent may take for an answer; at least 100ms." },
    )JSON" DRCON_TLS_SCHEMA R"JSON(
  }
})JSON";

class sink final : public blocking_sink {
public:
  static constexpr const char* schema = schema_text;

  sink(context host, const options& table)
      : blocking_sink(host),
        name_of_target_("registrations of the Consul agent at " + table["address"].string()),
        settings_(read_settings(table, host)),
        applier_(settings_, host) {}

  void probe(const probing& into) const { probe_agent(settings_.target, into); }

  outcome apply(const update_view& update, std::stop_token stop) override {
    return applier_.apply(update.wanted(), stop);
  }

  std::chrono::nanoseconds tend(const std::stop_token& stop) override { return applier_.tend(stop); }

  bool render(const update_view& update) override {
    const auto [desired, live] = applier_.preview(update.wanted());
    if (live) host().rendered(name_of_target_, desired, *live);
    else host().rendered(name_of_target_, desired);
    return true;
  }

private:
  const std::string name_of_target_;
  const apply_settings settings_;
  applier applier_;
};

}  // namespace
}  // namespace drcon::consul_catalog

DRCON_PROBED_SINK("consul-catalog", "0.1.0", "Keeps the registrations of a Consul agent.", drcon::consul_catalog::sink)
