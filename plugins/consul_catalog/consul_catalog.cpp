// The consul-catalog sink: its options, and the plugin object.
#include "common/consul_rules.hpp"
#include "common/tls_settings.hpp"
#include "consul_catalog/go_duration.hpp"
#include "consul_catalog/registrar.hpp"

#include <boost/asio/ip/host_name.hpp>

#include <algorithm>

namespace drcon::consul_catalog {
namespace {

constexpr const char* schema_text = R"JSON({
  "type": "object", "additionalProperties": false,
  "description": "Makes the registrations of a Consul agent match: registers, updates and deregisters services with their checks.",
  "properties": {
    "address": { "type": "string", "minLength": 1, "default": "http://127.0.0.1:8500",
      "description": "The agent: http://, https:// or unix:///PATH. It should be the one on the machine where the endpoints are." },
    "token": { "type": "string", "secret": true,
      "description": "ACL token, sent as X-Consul-Token; it needs service:write for the services, and node:read." },
    "namespace": { "type": "string", "minLength": 1, "description": "Namespace of the registrations (Consul Enterprise)." },
    "partition": { "type": "string", "minLength": 1, "description": "Admin partition of the registrations (Consul Enterprise). Consul before 1.11 ignores it." },
    "owner": { "type": "string", "pattern": "^[A-Za-z0-9_.:/-]{1,200}$",
      "description": "The mark that our registrations carry, as metadata drcon-owner. Only what carries it is ever changed or removed. Two sinks on one agent need two. Default: HOST/SINK." },
    "adopt": { "type": "boolean", "default": false,
      "description": "Take over registrations that have the id of an endpoint and no drcon's mark, such as Registrator's. false: they are left alone, and the endpoint is refused." },
    "check": { "type": "object", "additionalProperties": false,
      "description": "The check of endpoints that name none by SERVICE_CHECK_* metadata. Besides it each registration has one named drcon, with the health that its source tells.",
      "properties": {
        "http": { "type": "string", "minLength": 1, "description": "Path of an HTTP check." },
        "https": { "type": "string", "minLength": 1, "description": "Path of an HTTPS check." },
        "tcp": { "type": "boolean", "default": false, "description": "Whether to check that the port takes connections." },
        "grpc": { "type": "string", "minLength": 1, "description": "Name of the service to ask for in a gRPC health check; true: of none." },
        "ttl": { "type": "string", "minLength": 2, "description": "The check named drcon turns critical when drcon has not renewed it for so long, in Go's form (30s, 1m30s). Default: it does not run out." },
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
      "description": "How often the agent's registrations are compared and mended, besides changes; 100ms to 1h. So long an agent that restarted with an empty state may stay so." },
    "timeout": { "type": "string", "format": "duration", "default": "5s", "description": "How long the agent may take for an answer; at least 100ms." },
    )JSON" DRCON_TLS_SCHEMA R"JSON(
  }
})JSON";

check_words read_check(const options& from) {
  check_words to;
  for (const auto* key : {"http", "https", "grpc", "ttl", "interval", "timeout", "initial_status"})
    if (from[key].present()) to[key] = from[key].string();
  for (const auto* key : {"tcp", "tls_skip_verify", "grpc_use_tls"})
    if (from[key].present() && from[key].boolean()) to[key] = "true";
  for (const auto* key : {"ttl", "interval", "timeout"})
    if (to.contains(key) && !go_duration(to[key]))
      throw config_error(from[key].pointer(), "expected a duration in Go's form, such as \"1m30s\"");
  const auto kinds = std::ranges::count_if(to, [](const auto& each) {
    return each.first == "http" || each.first == "https" || each.first == "tcp" || each.first == "grpc";
  });
  if (kinds > 1) throw config_error(from.pointer(), "expected one of 'http', 'https', 'tcp' and 'grpc', not more");
  return to;
}

std::string read_owner(const options& from, const context& host) {
  if (from["owner"].present()) return from["owner"].string();
  boost::system::error_code error;
  auto owner = boost::asio::ip::host_name(error) + "/" + std::string(host.name());
  return owner;
}

agent_options read_agent_options(const options& from) {
  agent_options to;
  to.server = common::read_http_server(from["address"].string(), from["address"], from["tls"]);
  to.token = from["token"].string_or("");
  to.scope = common::consul::scope(from["namespace"].string_or(""), from["partition"].string_or(""));
  to.timeout = from["timeout"].duration();
  if (to.timeout < std::chrono::milliseconds(100)) throw config_error("/timeout", "expected at least 100ms");
  return to;
}

registrar_options read_options(const options& from, const context& host) {
  registrar_options to;
  to.at = read_agent_options(from);
  to.by = {.owner = read_owner(from, host),
           .check = read_check(from["check"]),
           .scripts = from["scripts"].boolean(),
           .deregister = from["deregister_critical_service_after"].string_or("")};
  if (!to.by.deregister.empty() && !go_duration(to.by.deregister))
    throw config_error("/deregister_critical_service_after", "expected a duration in Go's form, such as \"90m\"");
  to.adopt = from["adopt"].boolean();
  to.verify = from["verify"].duration();
  if (to.verify < std::chrono::milliseconds(100) || to.verify > std::chrono::hours(1))
    throw config_error("/verify", "expected a duration of 100ms to 1h");
  return to;
}

class sink final : public blocking_sink {
public:
  static constexpr const char* schema = schema_text;

  sink(context host, const options& from) : blocking_sink(host), registrar_(read_options(from, host), host) {}

  outcome apply(const update_view& update, std::stop_token stop) override {
    return registrar_.apply(update.wanted(), stop);
  }

  std::chrono::nanoseconds tend(const std::stop_token& stop) override { return registrar_.tend(stop); }

  bool render(const update_view& update) override {
    const auto wanted = registrations_of(update.wanted(), registrar_.by());
    for (const auto& [id, each] : wanted.all) host().rendered("service " + id, each.body + "\n");
    return true;
  }

private:
  registrar registrar_;
};

}  // namespace
}  // namespace drcon::consul_catalog

DRCON_SINK("consul-catalog", "0.1.0", "Keeps the registrations of a Consul agent.", drcon::consul_catalog::sink)
