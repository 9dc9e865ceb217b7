// The consul-http source: its options, and the plugin object.
#include "common/tls_settings.hpp"
#include "consul_http/probe.hpp"
#include "consul_http/settings.hpp"
#include "consul_http/watch.hpp"

#include <drcon/asio.hpp>
#include <drcon/probe.hpp>

namespace drcon::consul {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["service"],
  "description": "Watches services of Consul through its HTTP API, by blocking queries.",
  "properties": {
    "address": { "type": "string", "format": "url", "default": "http://127.0.0.1:8500",
      "description": "The agent, http or https. An agent on the same machine is best: it finds the servers, and caches." },
    "http": { "type": "string", "enum": ["auto", "1.1", "2"], "default": "auto",
      "description": "The version of HTTP. auto: HTTP/2 where TLS negotiates it, as Consul's HTTPS listeners do, and HTTP/1.1 elsewhere. With HTTP/2 one connection carries the queries of 250 services, so that thousands have one each within the agent's limit of connections. 1.1: never HTTP/2. 2: nothing else, which takes an https address." },
    "token": { "type": "string", "secret": true,
      "description": "ACL token, sent as X-Consul-Token; it needs service:read and node:read." },
    "datacenter": { "type": "string", "description": "Datacenter of all services, unless one names its own. Default: the agent's." },
    "namespace": { "type": "string", "description": "Namespace of all services (Consul Enterprise), unless one names its own." },
    "partition": { "type": "string", "description": "Admin partition of all services (Consul Enterprise), unless one names its own. Consul before 1.11 ignores it." },
    "service": { "type": "array", "minItems": 1,
      "description": "The services to watch.",
      "items": { "type": "object", "additionalProperties": false, "publishes": { "service": ["as", "name", "query"] },
        "properties": {
          "name": { "type": "string", "minLength": 1, "description": "One service, by name. It is published with no endpoints when Consul knows none." },
          "match": { "type": "string", "format": "regex", "minLength": 1, "description": "Every service of the catalogue whose whole name matches (ECMAScript), as they appear and vanish." },
          "with_tag": { "type": "string", "minLength": 1, "description": "Every service of the catalogue that carries this tag, as they appear and vanish." },
          "query": { "type": "string", "minLength": 1, "description": "One prepared query, by its name or id: what it answers is published, its failover to other datacenters included. Consul cannot hold a prepared query until something changes, so it is asked every second. Tags and filters belong into the query." },
          "as": { "type": "string", "minLength": 1, "description": "The name to publish the service under; with name or query only. Default: its own." },
          "connect": { "type": "boolean", "default": false, "description": "Whether the proxies of the service mesh that serve it are published, with their addresses and ports, instead of its own instances (those that speak the mesh's TLS themselves are published, too): for a load balancer in front of a mesh, which needs a certificate of the mesh. With name only." },
          "peer": { "type": "string", "minLength": 1, "description": "Name of a cluster peering: the instances that this peer exports (Consul 1.13 and later). With name only." },
          "sameness_group": { "type": "string", "minLength": 1, "description": "A sameness group that the service is a member of (Consul Enterprise 1.16 and later). With name only." },
          "at_least": { "type": "integer", "minimum": 0, "maximum": 100000, "default": 0, "description": "How many endpoints of it must be in service before this source is ready for the first time. Until then its pipelines wait, and the status says for what. Later losses are for the pipeline's brake. With name only." },
          "tag": { "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [], "description": "Only endpoints that carry all of these tags." },
          "health": { "type": "string", "enum": ["passing", "warning", "any"], "default": "passing",
            "description": "Which endpoints: passing ones; passing and warning ones; or all, each with its health." },
          "address": { "type": "string", "minLength": 1, "description": "Which of an instance's tagged addresses is published, with the port that it has: lan, wan, lan_ipv4, lan_ipv6, wan_ipv4, wan_ipv6, virtual or a key of your own. Of an instance without an address of its own it is its node's. One that has none of that key has its usual address. Default: the usual one." },
          "port": { "type": "string", "minLength": 1, "description": "Which port of an instance is published, by its name, where the service has several (Consul 1.22). An instance that has none of that name is left out, and reported. To publish several, name the service several times, each time with another 'as'. Default: the one that Consul calls the default, or the only one." },
          "filter": { "type": "string", "description": "An expression of Consul's filter language, applied by Consul." },
          "near": { "type": "string", "description": "Node whose nearest endpoints Consul lists first; _agent: the agent's own. drcon orders by id, so only a limit later on makes a difference." },
          "datacenter": { "type": "string", "description": "Datacenter of this service." },
          "namespace": { "type": "string", "description": "Namespace of this service (Consul Enterprise)." },
          "partition": { "type": "string", "description": "Admin partition of this service (Consul Enterprise)." }
        } } },
    "details": { "type": "array", "items": { "type": "string", "enum": ["node", "addresses", "checks"] }, "default": [],
      "description": "What is published of each endpoint besides, as metadata, for templates that use it. node: node_id, node_address, and node_meta.KEY for each of the node's metadata. addresses: tagged_address.KEY of the service, as HOST:PORT, and node_tagged_address.KEY of the node. checks: the checks of the node and the service, as a JSON list, with 256 bytes of each output, or without outputs, or not at all where that would be more than 4096 bytes; an output that changes is a change then, and may reload what is behind the sinks each time." },
    "consistency": { "type": "string", "enum": ["default", "stale", "consistent", "cached"], "default": "default",
      "description": "How Consul answers: default; stale (any server; see max_stale); consistent (the leader, confirmed); cached (the agent's cache). The first answer of all, the first after a failure, and one that seems to go back are asked for with consistent, whatever this says." },
    "max_stale": { "type": "string", "format": "duration", "default": "5s",
      "description": "With stale: an answer from a server that has not heard of the leader for longer is not used, and the leader is asked." },
    "wait": { "type": "string", "format": "duration", "default": "55s",
      "description": "Longest time Consul holds a blocking query, 1s to 10m. After a restore of an older state this is how long a change may go unseen: keep it at 60s or less." },
    "retry_min": { "type": "string", "format": "duration", "default": "250ms", "description": "Pause after a first failure; it doubles." },
    "retry_max": { "type": "string", "format": "duration", "default": "10s", "description": "Longest pause after failures. drcon never gives up." },
    "connections": { "type": ["integer", "string"], "minimum": 8, "maximum": 100000, "pattern": "^auto$", "default": "auto",
      "description": "Most connections to the agent: a number, or auto. auto: three quarters of what the agent allows each client address (limits.http_max_conns_per_client, 200 by default), at most 10,000 and half of the files that drcon may have open; the rest is for others on this host. The agent is asked for that, which takes agent:read; without that right it is 150. Services beyond what the connections carry take turns: over HTTP/1.1 a connection carries one, over HTTP/2 250." },
    "rotation_rate": { "type": "integer", "minimum": 1, "maximum": 100000, "default": 2000,
      "description": "Services beyond `connections`: most plain queries a second, while something has changed." },
    "rotation_max_age": { "type": "string", "format": "duration",
      "description": "Services beyond `connections`: each is asked about at least this often, even when nothing is known to have changed. Default: 60s; and 10m while Consul's nodes report every change and `details` has no checks, since it is a safety net only then, at 1 request a second for each 600 services." },
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
}  // namespace drcon::consul

DRCON_PROBED_SOURCE("consul-http", "0.1.0", "Watches services of Consul through its HTTP API.", drcon::consul::source)
