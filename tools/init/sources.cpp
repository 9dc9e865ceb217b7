#include "init/sources.hpp"

#include "common/nginx_grammar.hpp"
#include "common/toml_text.hpp"

#include <algorithm>

namespace drcon::init {
namespace {

constexpr std::size_t most_services = 8;  // a first configuration is to be read by a person

std::vector<std::string> chosen(const consul_agent& agent, const haproxy_server* balancer) {
  std::vector<std::string> services;
  for (const auto& each : agent.services)
    if (common::nginx::is_upstream_name(each)) services.push_back(each);
  if (balancer != nullptr) {
    std::vector<std::string> with_backend;
    for (const auto& each : services)
      if (std::ranges::find(balancer->backends, each) != balancer->backends.end()) with_backend.push_back(each);
    if (!with_backend.empty()) services = with_backend;
  }
  if (services.size() > most_services) services.resize(most_services);
  return services;
}

void add_token(const consul_agent& agent, source_part& part) {
  if (!agent.needs_token) return;
  part.toml += "token = { file = \"/etc/drcon/consul.token\" }\n";
  part.steps.push_back(
      {"Consul lists nothing without a token. Write one with service:read and node:read to the file that "
       "the configuration names, readable by the user that runs drcon alone.",
       {}});
}

}  // namespace

source_part consul_source(const consul_agent& agent, const haproxy_server* balancer) {
  source_part part;
  part.name = "consul";
  part.services = chosen(agent, balancer);
  part.toml = "[source.consul]\nplugin = \"consul-http\"\n";
  if (!agent.address_is_usual) part.toml += "address = " + common::toml_text(agent.address) + "\n";
  add_token(agent, part);
  if (part.services.empty()) {
    part.services = {"web"};
    part.steps.push_back(
        {"Consul has no service that can be named yet. Register one called web, or put your services' "
         "names into the configuration.",
         {}});
  }
  part.toml += "service = [\n";
  for (const auto& each : part.services) part.toml += "  { name = " + common::toml_text(each) + " },\n";
  if (agent.services.size() > part.services.size())
    part.toml += "  # Consul has " + std::to_string(agent.services.size()) +
                 " services. Add names, or all that match: { match = \"web-.*\" }\n";
  part.toml += "]\n";
  return part;
}

source_part docker_source(const docker_engine& engine, const runner& user) {
  source_part part;
  part.name = "docker";
  part.toml = "[source.docker]\nplugin = \"docker\"\n";
  if (!engine.socket_is_usual) part.toml += "engine = " + common::toml_text("unix://" + engine.socket) + "\n";
  if (user.is_service && !is_in_group("docker", user))
    part.steps.push_back({"Let the service use Docker's socket. That permission is as good as root: SECURITY.md.",
                          {"install -D -m 644 /usr/share/doc/drcon/examples/systemd/docker.conf "
                           "/etc/systemd/system/drcon.service.d/docker.conf",
                           "systemctl daemon-reload"}});
  else if (!user.is_service && !engine.may_connect)
    part.steps.push_back(
        {"Let " + user.name + " use Docker's socket, and log in again.", {"usermod -aG docker " + user.name}});
  part.steps.push_back({"Start a container with a published port and a name for its service, for example:",
                        {"docker run -d -p 8080 -e SERVICE_NAME=web IMAGE"}});
  return part;
}

}  // namespace drcon::init
