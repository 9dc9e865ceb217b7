// The consul-dns source: its options, and the plugin object.
#include "consul_dns/probe.hpp"
#include "consul_dns/watch.hpp"

#include <drcon/asio.hpp>
#include <drcon/probe.hpp>

namespace drcon::consul_dns {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["service"],
  "description": "Asks a DNS server for SRV records: Consul's, or any other.",
  "properties": {
    "server": { "type": "array", "minItems": 1, "items": { "type": "string" }, "default": ["127.0.0.1:8600"],
      "description": "DNS servers, IP:port, [IP]:port for IPv6. The one that answered last goes first; the next is asked when it fails, has no authority, or cuts its answer. Consul's agent listens on port 8600." },
    "protocol": { "type": "string", "enum": ["tcp", "udp"], "default": "tcp",
      "description": "tcp: connections that are kept open and carry many questions, as far as the server allows. udp: with EDNS; accepted only when it says that nothing has changed, and anything else is asked for again over TCP, which the server must therefore speak: Consul cuts answers over UDP without a sign." },
    "domain": { "type": "string", "default": "consul", "description": "Consul's DNS domain: the end of every name but srv." },
    "datacenter": { "type": "string", "description": "Datacenter of all services, unless one names its own. Default: the agent's." },
    "service": { "type": "array", "minItems": 1, "description": "The services to ask for.",
      "items": { "type": "object", "additionalProperties": false, "publishes": { "service": ["as", "name", "query", "srv"] },
        "properties": {
          "name": { "type": "string", "minLength": 1, "description": "A service of Consul: NAME.service.DOMAIN is asked for. Each entry has a name, a query or an srv." },
          "tag": { "type": "string", "minLength": 1, "description": "Only endpoints with this tag; with name only." },
          "rfc2782": { "type": "boolean", "default": false, "description": "Ask in the form of RFC 2782, _NAME._TAG.service. Consul finds no tag with a dot in this form." },
          "query": { "type": "string", "minLength": 1, "description": "A prepared query of Consul, by name or id." },
          "srv": { "type": "string", "minLength": 1, "description": "A whole SRV name of any server, such as _http._tcp.example.com." },
          "as": { "type": "string", "minLength": 1, "description": "The name to publish the service under. Default: name, query or srv." },
          "at_least": { "type": "integer", "minimum": 0, "maximum": 100000, "default": 0, "description": "How many endpoints of it must be in service before this source is ready for the first time. Until then its pipelines wait, and the status says for what. Later losses are for the pipeline's brake." },
          "health": { "type": "string", "enum": ["passing", "warning"], "default": "passing",
            "description": "What becomes of endpoints with weight 0. Consul's DNS leaves out critical instances and lists those in warning with their Weights.Warning, 1 by default, so that only a Weights.Warning of 0 distinguishes them from passing ones. passing: weight 0 is left out. warning: it is published, in warning. With srv it is the smallest weight and no more." },
          "datacenter": { "type": "string", "description": "Datacenter of this service." }
        } } },
    "authoritative": { "type": "boolean", "default": true,
      "description": "Whether only an authoritative answer may say that a service does not exist; from others it counts as a failure. false: for a recursing resolver, whose answers never are; it is then accepted, but not when it only refers to other servers." },
    "absent_after": { "type": "string", "format": "duration", "default": "10s",
      "description": "0s to 24h: how long \"no such name\", or a name without records, must have held, without any other answer meanwhile, before the service counts as empty. Until then its last state stays." },
    "settle": { "type": "string", "format": "duration", "default": "2s",
      "description": "0s to 24h: after a server was silent, how long an answer other than the last state must have held, without any other meanwhile, before it counts; until then the last state stays. A Consul that has just restarted answers, for a moment, from the log that it reads again, with instances that are long gone, and DNS has no sign of it: a log of 10,000 entries takes some 2 seconds. The same answer as before counts at once." },
    "interval": { "type": "object", "additionalProperties": false, "description": "How often to ask: the shortest TTL of the answer, within these limits, give or take a tenth. Consul's TTL is 0 by default, so that min decides.",
      "properties": {
        "min": { "type": "string", "format": "duration", "default": "1s", "description": "The shortest pause between two questions for a service, 10ms to 1h. Also the pause while it is absent, and the first after a failure." },
        "max": { "type": "string", "format": "duration", "default": "30s", "description": "The longest, min to 24h: how late a change may be seen when TTLs are long." } } },
    "retry_max": { "type": "string", "format": "duration", "default": "10s", "description": "Longest pause after failures, 10ms to 1h; it doubles from interval.min. drcon never gives up." },
    "timeout": { "type": "string", "format": "duration", "default": "2s", "description": "How long each server may take for an answer, 10ms to 60s; then the next is asked, over a new connection." }
  }
})JSON";

class source final : public asio_source {
public:
  static constexpr const char* schema = schema_text;

  source(context host, const options& table)
      : asio_source(host), settings_(read_settings(table)), shared_{.options = settings_, .host = host} {}

  void probe(const probing& into) const { probe_servers(settings_, into); }

  // The resolvers belong to the coroutines: the last of them ends them, on the strand.
  boost::asio::awaitable<void> run() override {
    const auto first = std::make_shared<resolver>(executor(), settings_.resolver);
    std::shared_ptr<resolver> second;
    if (settings_.resolver.over == transport::udp) {
      auto over_tcp = settings_.resolver;
      over_tcp.over = transport::tcp;
      second = std::make_shared<resolver>(executor(), over_tcp);
    }
    shared_.begin();
    for (const auto& each : settings_.services) {
      const auto one = std::make_shared<watcher>(each, shared_, first, second);
      spawn([one] { return one->run(); }, [one](const std::string& why) { one->report_failure(why); });
    }
    co_return;
  }

private:
  const settings settings_;
  common_state shared_;
};

}  // namespace
}  // namespace drcon::consul_dns

DRCON_PROBED_SOURCE("consul-dns", "0.1.0", "Asks a DNS server, such as Consul's, for SRV records.",
                    drcon::consul_dns::source)
