// The haproxy sink: its options, and the plugin object.
#include "common/address.hpp"
#include "haproxy/controller.hpp"

#include <drcon/sink.hpp>

#include <algorithm>
#include <sstream>

namespace drcon::haproxy {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false, "required": ["socket"],
  "description": "Sets the servers of HAProxy's backends at run time, through its runtime API, without a reload.",
  "properties": {
    "socket": { "type": "string", "minLength": 1,
      "description": "HAProxy's stats socket, with level admin: the path of a unix socket, or \"IP:port\" of a TCP one, which knows no authentication: loopback only." },
    "master": { "type": "boolean", "default": false,
      "description": "The socket is that of the master process (haproxy -S); commands go to its current worker." },
    "timeout": { "type": "string", "format": "duration", "default": "2s",
      "description": "How long HAProxy may take for each answer. Stopping drcon may take as long." },
    "mode": { "type": "string", "enum": ["dynamic", "slots"], "default": "dynamic",
      "description": "dynamic: servers are added and deleted (HAProxy 2.6 or later, a dynamic balance algorithm). slots: the servers of a server-template in your configuration get addresses and states; any version, any algorithm, and their options are those of your configuration." },
    "prefix": { "type": "string", "pattern": "^[A-Za-z0-9_.:-]+$",
      "description": "Servers whose names begin so are drcon's; no other is touched. dynamic: drcon gives such names, default \"drcon-\". slots: the prefix of your server-template, default \"drcon\"." },
    "backup_prefix": { "type": "string", "pattern": "^[A-Za-z0-9_.:-]*$", "default": "",
      "description": "slots: prefix of a second server-template, one with the keyword backup, for endpoints of a priority above the lowest. Empty: these wait in drain while others are in service." },
    "backend": { "type": "string", "minLength": 1, "default": "{service}",
      "description": "Name of the backend of a service; {service} stands for the service's name. Several services may share a backend." },
    "backends": { "type": "array", "default": [], "description": "Backends of single services, where they differ from `backend`.",
      "items": { "type": "object", "additionalProperties": false, "required": ["service", "backend"],
        "properties": {
          "service": { "type": "string", "minLength": 1, "description": "The service." },
          "backend": { "type": "string", "minLength": 1, "description": "Its backend." } } } },
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
      "description": "What happens when somebody puts a server into maintenance or drain by hand: it stays so until it is made ready by hand or HAProxy is reloaded; or it is put back in service. drcon remembers what it set itself only while it runs." },
    "drain_timeout": { "type": "string", "format": "duration", "default": "30s",
      "description": "How long a server that is not wanted any more may finish what it has begun, before it goes into maintenance." },
    "shutdown_sessions": { "type": "boolean", "default": false,
      "description": "Whether what still runs after drain_timeout is cut off. Default: it may end by itself." },
    "watch": { "type": "string", "format": "duration", "default": "1s",
      "description": "How often drcon asks whether HAProxy is still the same process. After a reload or restart everything is applied again." },
    "state_file": { "type": "string", "format": "path", "default": "",
      "description": "A server-state file to write after each change, so that HAProxy starts and reloads with today's servers (slots only: HAProxy restores no dynamic ones). Your configuration names it by server-state-file and load-server-state-from-file global. Empty: none." }
  }
})JSON";

cli_address read_address(const options& from) {
  cli_address to{.path = {}, .tcp = {}, .master = from["master"].boolean(), .text = from["socket"].string()};
  if (to.text.starts_with('/')) {
    to.path = to.text;
    return to;
  }
  const auto at = common::ip_and_port(to.text);
  if (!at || at->port() == 0)
    throw config_error("/socket",
                       "expected the path of a unix socket, or an IP address and a port such as \"127.0.0.1:9999\"");
  to.tcp = *at;
  return to;
}

bool has_check(const std::string& server_options) {
  std::istringstream words(server_options);
  for (std::string each; words >> each;)
    if (each == "check") return true;
  return false;
}

plan_rules read_plan(const options& from) {
  const bool slots = from["mode"].string() == "slots";
  plan_rules to{.mode = slots ? mode::slots : mode::dynamic,
                .prefix = from["prefix"].string_or(slots ? "drcon" : "drcon-"),
                .backup_prefix = from["backup_prefix"].string(),
                .server_options = {},
                .check = false,
                .check_first = from["check_first"].boolean()};
  const auto keywords = from["server_options"].string();
  if (!keywords.empty()) to.server_options = " " + keywords;
  to.check = has_check(keywords);
  if (to.check_first && (slots || !to.check))
    throw config_error("/check_first", "needs mode = \"dynamic\" and the keyword check in server_options");
  if (!to.backup_prefix.empty() && !slots) throw config_error("/backup_prefix", "is for mode = \"slots\"");
  if (to.backup_prefix == to.prefix) throw config_error("/backup_prefix", "is the same as prefix");
  return to;
}

wanted_rules read_rules(const options& from) {
  wanted_rules to;
  to.backend_pattern = from["backend"].string();
  for (std::size_t i = 0; i < from["backends"].count(); ++i) {
    const auto each = from["backends"][i];
    const auto backend = each["backend"].string();
    if (!is_haproxy_name(backend))
      throw config_error(each["backend"].pointer(),
                         "cannot be the name of a backend: letters, digits, '_', '.', ':' and '-'");
    to.backends.emplace(each["service"].string(), backend);
  }
  const auto warning = from["warning"].string();
  to.warning = warning == "keep"    ? warning_policy::keep
               : warning == "drain" ? warning_policy::drain
                                    : warning_policy::reduce;
  to.warning_share = std::stod(from["warning_share"].string()) / 100;
  return to;
}

controller_options read_controller(const options& from) {
  return {.socket = read_address(from),
          .timeout = from["timeout"].duration(),
          .plan = read_plan(from),
          .keep_empty = from["empty"].string() == "keep",
          .respect_manual = from["manual"].string() == "respect",
          .shutdown_sessions = from["shutdown_sessions"].boolean(),
          .drain_timeout = from["drain_timeout"].duration(),
          .watch = std::max<std::chrono::nanoseconds>(from["watch"].duration(), std::chrono::milliseconds(10)),
          .state_file = from["state_file"].string()};
}

class sink final : public blocking_sink {
public:
  static constexpr const char* schema = schema_text;

  sink(context host, const options& from)
      : blocking_sink(host),
        rules_(read_rules(from)),
        controller_(read_controller(from), host),
        target_("HAProxy at " + from["socket"].string()) {}

  outcome apply(const update_view& update, std::stop_token) override {
    return controller_.apply(wanted_of(update.wanted(), rules_, host()));
  }
  std::chrono::nanoseconds tend(const std::stop_token&) override { return controller_.tend(); }

  bool render(const update_view& update) override {
    const auto [wanted, live] = controller_.preview(wanted_of(update.wanted(), rules_, host()));
    if (live) host().rendered(target_, wanted, *live);
    else host().rendered(target_, wanted);
    return true;
  }

private:
  const wanted_rules rules_;
  controller controller_;
  const std::string target_;
};

}  // namespace
}  // namespace drcon::haproxy

DRCON_SINK("haproxy", "0.1.0", "Sets the servers of HAProxy's backends at run time.", drcon::haproxy::sink)
