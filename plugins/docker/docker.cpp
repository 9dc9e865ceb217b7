// The docker source: its options, and the plugin object.
#include "common/tls_settings.hpp"
#include "docker/settings.hpp"
#include "docker/watch.hpp"

#include <drcon/asio.hpp>

#include <optional>
#include <utility>

namespace drcon::docker {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false,
  "description": "Publishes what the containers of a Docker engine offer, by Registrator's conventions.",
  "properties": {
    "engine": { "type": "string", "minLength": 1, "default": "unix:///var/run/docker.sock",
      "description": "The Docker Engine API: unix:///PATH, http://, https:// or tcp://HOST:PORT. tcp is https when tls names a ca_file or a cert_file, else http." },
    )JSON" DRCON_TLS_SCHEMA R"JSON(,
    "addresses": { "type": "string", "enum": ["published", "internal"], "default": "published",
      "description": "Where an endpoint is. published: the port of this machine that the container's port is published on; ports that are not published are left out. internal: the container's own address and exposed port, for clients in its network. In network mode host it is the exposed port of this machine." },
    "network": { "type": "string", "minLength": 1,
      "description": "With internal: the network whose address counts; a container that is not in it is left out. Default: the first by name that has an address." },
    "host_address": { "type": "string", "minLength": 1,
      "description": "Address for ports that are published on all addresses. Default: the one that this machine sends from, 127.0.0.1 when it has no route." },
    "host_name": { "type": "string", "minLength": 1,
      "description": "Node of the endpoints, and first part of their ids (HOST:CONTAINER:PORT). Default: the host's name." },
    "address_label": { "type": "string", "minLength": 1,
      "description": "A label whose value is used as the address, without a mask, where a container has it." },
    "explicit": { "type": "boolean", "default": false,
      "description": "Only containers and ports that SERVICE_NAME or SERVICE_<port>_NAME names." },
    "label": { "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [],
      "description": "Only containers that carry all of these labels, each as KEY or KEY=VALUE." },
    "service": { "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [],
      "description": "Services that are published, without endpoints, even while no container offers them, so that a proxy knows them from the start. Others vanish with their last container." },
    "tags": { "type": "array", "items": { "type": "string", "minLength": 1 }, "default": [], "description": "Tags for all endpoints." },
    "on_exit": { "type": "string", "enum": ["remove", "critical"], "default": "remove",
      "description": "What becomes of a container that ended by itself with an exit code of 1 to 127, or for lack of memory: it leaves; or it stays, critical, until it is started or removed. One that was asked to stop always leaves, as soon as it is asked." },
    "resync": { "type": "string", "format": "duration", "default": "60s",
      "description": "How often everything is compared with the engine's own list, besides its events; at least 1s." },
    "settle": { "type": "string", "format": "duration", "default": "5s",
      "description": "After the engine was unreachable, how long an endpoint that it no longer has may take to come back before it is removed." },
    "stop_wait": { "type": "string", "format": "duration", "default": "10m",
      "description": "How long a container that was asked to stop, and runs on, is left out. Set it to more than your longest docker stop --time." },
    "timeout": { "type": "string", "format": "duration", "default": "10s", "description": "How long the engine may take for an answer; at least 100ms." },
    "retry_max": { "type": "string", "format": "duration", "default": "10s", "description": "Longest pause between tries while the engine is unreachable. drcon never gives up." }
  }
})JSON";

class source final : public asio_source {
public:
  static constexpr const char* schema = schema_text;

  source(context host, const options& table) : asio_source(host), settings_(read_settings(table)) {}

  // Asking for the own address is I/O, which a constructor may not do.
  boost::asio::awaitable<void> run() override {
    auto known = settings_;
    if (known.conventions.host_address.empty()) known.conventions.host_address = own_address();
    return watcher_.emplace(std::move(known), host(), executor()).run();
  }

private:
  const settings settings_;
  std::optional<watcher> watcher_;
};

}  // namespace
}  // namespace drcon::docker

DRCON_SOURCE("docker", "0.1.0", "Publishes what the containers of a Docker engine offer.", drcon::docker::source)
