// The haproxy sink: the schema of its options, and the plugin object.
#include "haproxy/probe.hpp"
#include "haproxy/settings.hpp"

#include <drcon/probe.hpp>
#include <drcon/sink.hpp>

namespace drcon::haproxy {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["socket"],
  "description": "Sets the servers of HAProxy's backends at run time, through its runtime API, without a reload.",
  "properties": {
    "socket": { "type": "string", "minLength": 1, "target": true,
      "description": "HAProxy's stats socket, with level admin: the path of a unix socket, or \"IP:port\" of a TCP one, which knows no authentication: loopback only." },
    "master": { "type": "boolean", "default": false,
      "description": "The socket is that of the master process (haproxy -S); commands go to its current worker." },
    "timeout": { "type": "string", "format": "duration", "default": "2s",
      "description": "How long HAProxy may take for each answer. Stopping drcon may take as long." },
    "mode": { "type": "string", "enum": ["dynamic", "slots"], "default": "dynamic",
      "description": "dynamic: servers are added and deleted (HAProxy 2.6 or later, a dynamic balance algorithm). slots: the servers of a server-template in your configuration get addresses and states; any version, any algorithm, and their options are those of your configuration." },
    "prefix": { "type": "string", "target": { "of": "mode", "dynamic": "drcon-", "slots": "drcon" }, "is_prefix": true, "pattern": "^[A-Za-z0-9_.:-]+$",
      "description": "Servers whose names begin so are drcon's; no other is touched. dynamic: drcon gives such names, default \"drcon-\", and knows them by the prefix together with the server's address. slots: the prefix of your server-template, default \"drcon\". Where several sinks set one backend, none of their prefixes may begin with another." },
    "backup_prefix": { "type": "string", "pattern": "^[A-Za-z0-9_.:-]*$", "default": "",
      "description": "slots: prefix of a second server-template, one with the keyword backup, for endpoints of a priority above the lowest. Empty: these wait in drain while others are in service." },
    "backend": { "type": "string", "minLength": 1, "target": true, "default": "{service}",
      "description": "Name of the backend of a service; {service} stands for the service's name. Several services may share a backend." },
    "backends": { "type": "array", "default": [], "description": "Backends of single services, where they differ from `backend`.",
      "items": { "type": "object", "additionalProperties": false, "required": ["service", "backend"],
        "properties": {
          "service": { "type": "string", "minLength": 1, "description": "The service." },
          "backend": { "type": "string", "minLength": 1, "description": "Its backend." } } } },
    "backends_from": { "type": "string", "pattern": "^[A-Za-z0-9_.:-]*$", "default": "",
      "description": "dynamic, HAProxy 3.4 or later: name of the defaults section of your configuration that drcon makes the backend of a service from, at run time, where HAProxy has none of that name. It is deleted when its services are gone; a backend of your configuration never is. An earlier HAProxy needs them in its configuration, and the status says so. Empty: drcon makes none, and a service without a backend is left out." },
    "map": { "type": "string", "pattern": "^[^\\s;\\\\#<]*$", "default": "",
      "description": "A map of your configuration, as it is named there, in which drcon keeps each service's name with its backend's: \"use_backend %[req.hdr(host),map(/etc/haproxy/services.map)]\". It is swapped in as a whole, so that it is drcon's alone: what else its file has goes with the first change. Any version, any mode. Empty: none." },
    "server_options": { "type": "string", "pattern": "^[^;\\\\#\\n\\r]*$", "default": "check pool-purge-delay 5s pool-max-conn 100",
      "description": "dynamic: keywords for each new server, such as \"check inter 1s maxconn 100\": HAProxy's default-server does not count for them, and without the pool keywords 2.6 keeps no idle connections to them. Other keywords mean other servers: the present ones are drained and replaced." },
    "check_first": { "type": "boolean", "default": false,
      "description": "dynamic, with check among server_options: a new server gets traffic only after its first passed check. Default: at once, for the registry has checked it." },
    "warning": { "type": "string", "enum": ["reduce", "keep", "drain"], "default": "reduce",
      "description": "What an endpoint in warning gets: a share of its weight (warning_share), all of it, or no new traffic." },
    "warning_share": { "type": "string", "format": "percent", "default": "50%",
      "description": "The share of its weight that an endpoint in warning keeps." },
    "empty": { "type": "string", "enum": ["keep", "remove"], "default": "keep",
      "description": "What happens to the servers of a backend whose services have no endpoints any more: they stay, or they are drained and removed." },
    "manual": { "type": "string", "enum": ["respect", "override"], "default": "respect",
      "description": "What happens when somebody puts a server into maintenance or drain by hand: it stays so, through reloads and restarts of drcon too, until it is made ready by hand or HAProxy is reloaded, and its endpoint counts as left out, so that drcon status needs attention when a service has none left; or it is put back in service. What drcon itself takes out of service has weight 0." },
    "drain_timeout": { "type": "string", "format": "duration", "default": "30s",
      "description": "How long a server that is to be removed may finish what it has begun, before it goes into maintenance." },
    "shutdown_sessions": { "type": "boolean", "default": false,
      "description": "Whether what still runs after drain_timeout is cut off. Default: it may end by itself." },
    "watch": { "type": "string", "format": "duration", "default": "1s",
      "description": "How often drcon asks whether HAProxy is still the same process. After a reload or restart everything is applied again." },
    "compare": { "type": "string", "format": "duration", "default": "5s",
      "description": "How often drcon compares HAProxy's servers with what is desired, and sets what somebody changed by hand. One answer of 'show servers state', some milliseconds with thousands of servers." },
    "config_file": { "type": "string", "format": "path", "default": "", "target": true,
      "description": "dynamic: a file of HAProxy's configuration that drcon alone writes after each change, with a backend section for each backend and its servers, so that HAProxy starts and reloads with today's servers. HAProxy is started with -f for it besides your own file, which then has none of these backends. A section stays, without servers, when its service is gone. Empty: none; after a reload HAProxy answers 503 until drcon has added the servers again." },
    "config_defaults": { "type": "string", "pattern": "^[A-Za-z0-9_.:-]*$", "default": "",
      "description": "With config_file: name of the defaults section of your configuration that its backends are made from (HAProxy 2.4 or later), for balance, timeouts and options. Empty: the last defaults section before the file." },
    "state_file": { "type": "string", "format": "path", "default": "", "target": true,
      "description": "A server-state file to write after each change, so that HAProxy starts and reloads with today's servers (slots only: HAProxy restores no dynamic ones). Your configuration names it by server-state-file and load-server-state-from-file global. Empty: none." }
  }
})JSON";

class sink final : public blocking_sink {
public:
  static constexpr const char* schema = schema_text;

  sink(context host, const options& table) : sink(host, read_settings(table)) {}

  outcome apply(const update_view& update, std::stop_token) override {
    const auto changed = desired_.follow(update);
    auto answer = applier_.apply(desired_.backends(), changed ? &*changed : nullptr);
    desired_.note_outcome(answer.result == DRCON_OK, update);
    return answer;
  }
  std::chrono::nanoseconds tend(const std::stop_token&) override { return applier_.tend(); }

  void probe(const probing& into) const { probe_target(options_, rules_, into); }

  bool render(const update_view& update) override {
    const auto [desired, live] = applier_.preview(desired_from(update.wanted(), rules_, host()));
    if (live) host().rendered(name_of_target_, desired, *live);
    else host().rendered(name_of_target_, desired);
    return true;
  }

private:
  sink(context host, settings options)
      : blocking_sink(host),
        rules_(std::move(options.desired)),
        desired_(rules_, host),
        name_of_target_("HAProxy at " + options.apply.socket.text),
        options_(options.apply),
        applier_(std::move(options.apply), host) {}

  const desired_rules rules_;
  desired_follower desired_;
  const std::string name_of_target_;
  const apply_settings options_;
  applier applier_;
};

}  // namespace
}  // namespace drcon::haproxy

DRCON_PROBED_SINK("haproxy", "0.1.0", "Sets the servers of HAProxy's backends at run time.", drcon::haproxy::sink)
