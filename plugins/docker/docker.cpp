// The docker source: its options, and the plugin object.
#include "common/tls_settings.hpp"
#include "docker/probe.hpp"
#include "docker/settings.hpp"
#include "docker/swarm_watch.hpp"
#include "docker/watch.hpp"

#include <drcon/asio.hpp>
#include <drcon/probe.hpp>

#include <optional>
#include <utility>

namespace drcon::docker {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "publishes": { "service": [] },
  "description": "Publishes what the containers of a Docker engine offer, by Registrator's conventions.",
  "properties": {
    "engine": { "type": "string", "minLength": 1, "default": "unix:///var/run/docker.sock",
      "description": "The Docker Engine API: unix:///PATH, http://, https:// or tcp://HOST:PORT. tcp is https when tls names a ca_file or a cert_file, else http." },
    )JSON" DRCON_TLS_SCHEMA R"JSON(,
    "watch": { "type": "string", "enum": ["containers", "swarm"], "default": "containers",
      "description": "containers: those of this engine. swarm: the tasks of all services of the swarm that this engine is a manager of, on all its nodes. With published addresses a port in mode host has the address of the task's node; one of ingress, that of each node with a running task. With internal ones a task has its address in the overlay network." },
    "swarm_interval": { "type": "string", "format": "duration", "default": "1s",
      "description": "With watch = swarm: how often services, tasks and nodes are read, as the engine has no events of tasks on other nodes; at least 100ms." },
    "addresses": { "type": "string", "enum": ["published", "internal"], "default": "published",
      "description": "Which address and port an endpoint gets. published: this machine's address, and the port of this machine on which the container's port is published; ports that are not published are left out. internal: the container's own address and exposed port, for load balancers in the container's network. A container in network mode host has this machine's address and its own port in both cases: see host_network." },
    "host_network": { "type": "string", "enum": ["exposed", "published", "named"], "default": "exposed",
      "description": "Which ports of a container in network mode host count. exposed: those of EXPOSE, --expose and -p. published: those of -p only, which the engine remembers although it publishes nothing in this mode. named: those that a SERVICE_<port>_NAME names, whether exposed or not; choose this with Podman 4, which reports no exposed ports in this mode." },
    "bindings": { "type": "string", "enum": ["first", "all"], "default": "first",
      "description": "Of a port that is bound to several addresses. first: one endpoint, at the first IPv4 binding. all: an endpoint for each; the first one keeps its id, that of each further one ends in @ADDRESS:PORT. With addresses = internal, all adds the container's IPv6 address beside that of IPv4." },
    "network": { "type": "string", "minLength": 1,
      "description": "With addresses = internal: the Docker network in which the container's address is looked up; containers outside of it are left out. Default: of the container's networks that give it an address, the first by name." },
    "host_address": { "type": "string", "minLength": 1,
      "description": "The address of endpoints whose port is published on all addresses of this machine (0.0.0.0), and of containers in network mode host. Default: the address that this machine sends from, or 127.0.0.1 when it has no route." },
    "host_address_ipv6": { "type": "string", "minLength": 1,
      "description": "With bindings = all: the IPv6 address of endpoints whose port is published on all IPv6 addresses of this machine (::), and a second one of containers in network mode host. Default: none, and such bindings give no endpoint of their own." },
    "host_name": { "type": "string", "minLength": 1,
      "description": "The name of this machine in the endpoints: their node, and the first part of their ids (HOST:CONTAINER:PORT). Default: the machine's host name." },
    "identity": { "type": "string", "enum": ["name", "hostname", "id"], "default": "name",
      "description": "What stands for a container in the ids of its endpoints, HOST:CONTAINER:PORT. name: its name. hostname: its host name, as the container itself sees it. id: the first twelve characters of its id, so that a container that is made again under its name has endpoints of other ids." },
    "metadata": { "type": "array", "items": { "type": "string", "enum": ["name", "id", "hostname", "image"] }, "default": [],
      "description": "What every endpoint gets as metadata of its container, as container_name, container_id (twelve characters), container_hostname and container_image. A SERVICE_CONTAINER_… setting of that name counts more." },
    "address_label": { "type": "string", "minLength": 1,
      "description": "The name of a container label. A container that has this label gets the label's value as its address; of a value with a mask, such as 10.0.0.7/24, the mask is left out." },
    "explicit": { "type": "boolean", "default": false,
      "description": "true: a container or port is published only when it names its service, by SERVICE_NAME or SERVICE_<port>_NAME in its labels or environment. false: without such a name the service is named after the image." },
    "label": { "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [],
      "description": "Only containers that carry all of these labels, each as KEY or KEY=VALUE." },
    "service": { "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [],
      "description": "Names of services that are published even while no container offers them, with no endpoints, so that a proxy knows them from the start. Any other service is withdrawn with its last container." },
    "tags": { "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [], "description": "Tags that every endpoint gets, besides its own (SERVICE_TAGS)." },
    "on_exit": { "type": "string", "enum": ["remove", "critical"], "default": "remove",
      "description": "What happens to the endpoints of a container that crashed: it ended by itself with an exit code of 1 to 127, or ran out of memory. remove: they are removed. critical: they stay, critical, until the container is started again or removed. The endpoints of a container that was asked to stop are always removed, as soon as it is asked." },
    "resync": { "type": "string", "format": "duration", "default": "60s",
      "description": "How often the engine's whole list of containers is read, in case an event was missed; at least 1s." },
    "settle": { "type": "string", "format": "duration", "default": "5s",
      "description": "After the engine was unreachable: how long endpoints that it no longer lists are kept, in case their containers are only restarting." },
    "stop_wait": { "type": "string", "format": "duration", "default": "10m",
      "description": "How long a container that was asked to stop and still runs is left out; after that it is published again. Set this to more than your longest docker stop --time." },
    "timeout": { "type": "string", "format": "duration", "default": "10s", "description": "How long the engine may take for an answer; at least 100ms." },
    "retry_max": { "type": "string", "format": "duration", "default": "10s", "description": "Longest pause between tries while the engine is unreachable; 100ms at least, also where less is given. drcon never gives up." }
  }
})JSON";

class source final : public asio_source {
public:
  static constexpr const char* schema = schema_text;

  source(context host, const options& table) : asio_source(host), settings_(read_settings(table)) {}

  void probe(const probing& into) const { probe_engine(settings_, into); }

  // Asking for the own address is I/O, which a constructor may not do.
  boost::asio::awaitable<void> run() override {
    auto known = settings_;
    if (known.conventions.host_address.empty()) known.conventions.host_address = own_address();
    if (known.is_swarm) return swarm_watcher_.emplace(std::move(known), host(), executor()).run();
    return watcher_.emplace(std::move(known), host(), executor()).run();
  }

private:
  const settings settings_;
  std::optional<watcher> watcher_;  // one of the two
  std::optional<swarm_watcher> swarm_watcher_;
};

}  // namespace
}  // namespace drcon::docker

DRCON_PROBED_SOURCE("docker", "0.1.0", "Publishes what the containers of a Docker engine offer.", drcon::docker::source)
