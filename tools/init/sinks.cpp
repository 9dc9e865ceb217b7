#include "init/sinks.hpp"

#include "common/toml_text.hpp"

#include <algorithm>

namespace drcon::init {
namespace {

namespace fs = std::filesystem;

constexpr auto usual_nginx_config = "/etc/nginx/nginx.conf";
constexpr auto usual_nginx_pid_file = "/run/nginx.pid";

std::string example_of(const std::vector<std::string>& services) { return services.empty() ? "web" : services.front(); }

// The service writes into a directory of its own group: one that nginx includes belongs to root, and to other files.
fs::path nginx_directory(const nginx_server& nginx, const runner& user) {
  if (!user.is_service && !nginx.directories.empty()) return nginx.directories.front();
  return fs::path(nginx.config).parent_path() / "drcon";
}

step drop_in(const std::string& name, const std::string& why) {
  return {why,
          {"install -D -m 644 /usr/share/doc/drcon/examples/systemd/" + name +
               ".conf /etc/systemd/system/drcon.service.d/" + name + ".conf",
           "systemctl daemon-reload"}};
}

// A file of a directory that nginx reads anyway is easier than an edit of its main configuration.
step include_step(const nginx_server& nginx, const fs::path& directory) {
  const auto line = "include " + directory.string() + "/*.conf;";
  if (nginx.directories.empty())
    return {"Include what drcon writes: a line for " + nginx.config + ", within http { }.", {line}};
  return {"Have nginx include what drcon writes.",
          {"echo '" + line + "' > " + nginx.directories.front() + "/drcon.conf"}};
}

void add_nginx_steps(const nginx_server& nginx, const fs::path& directory, const runner& user, sink_part& part) {
  if (!may_write_in(directory, user)) {
    if (user.is_service)
      part.steps.push_back({"Make a directory that drcon may write in.",
                            {"install -d -o root -g " + user.name + " -m 2775 " + directory.string()}});
    else
      part.steps.push_back({user.name + " has no permission to write in " + directory.string() +
                                ": make it, or run drcon as a user who has, and who may signal nginx.",
                            {}});
  }
  if (std::ranges::find(nginx.directories, directory.string()) == nginx.directories.end())
    part.steps.push_back(include_step(nginx, directory));
  if (user.is_service) part.steps.push_back(drop_in("nginx", "Let the service write there and signal nginx's master."));
}

void add_haproxy_socket_step(const haproxy_server& haproxy, const std::string& socket, sink_part& part) {
  if (haproxy.socket.empty())
    part.steps.push_back({"Give HAProxy a runtime socket: a line for " + haproxy.config + ", in its global section.",
                          {"stats socket " + socket + " mode 660 level admin expose-fd listeners"}});
}

}  // namespace

sink_part nginx_sink(const nginx_server& nginx, const std::vector<std::string>& services, const runner& user) {
  const auto directory = nginx_directory(nginx, user);
  sink_part part;
  part.name = "nginx";
  part.toml = "[sink.nginx]\nplugin = \"nginx\"\nfile = " + common::toml_text((directory / "drcon.conf").string()) +
              "   # defines: upstream " + example_of(services) + " { server …; }\n";
  if (nginx.config != usual_nginx_config) part.toml += "config = " + common::toml_text(nginx.config) + "\n";
  if (!nginx.pid_file.empty() && nginx.pid_file != usual_nginx_pid_file)
    part.toml += "pid_file = " + common::toml_text(nginx.pid_file) + "\n";
  if (user.is_service)
    part.toml += "check = \"master\"   # nginx -t would need rights that the service does not have\n";
  add_nginx_steps(nginx, directory, user, part);
  part.steps_when_it_runs.push_back(
      {"When drcon has written the file, use an upstream in nginx, and reload nginx once:",
       {"server {", "    listen 8081;", "    location / {", "        proxy_pass http://" + example_of(services) + ";",
        "    }", "}"}});
  return part;
}

sink_part haproxy_sink(const haproxy_server& haproxy, const std::vector<std::string>& services, const runner& user) {
  const auto socket = haproxy.socket.empty() ? std::string("/run/haproxy/admin.sock") : haproxy.socket;
  const auto service = example_of(services);
  const bool has_backend = std::ranges::find(haproxy.backends, service) != haproxy.backends.end();
  sink_part part;
  part.name = "haproxy";
  part.toml = "[sink.haproxy]\nplugin = \"haproxy\"\nsocket = " + common::toml_text(socket) +
              "\nbackend = \"{service}\"   # each service has a backend of its name\n";
  // One service and one backend of another name: they are meant for each other, and the configuration says so.
  if (!has_backend && services.size() == 1 && haproxy.backends.size() == 1)
    part.toml += "backends = [{ service = " + common::toml_text(service) +
                 ", backend = " + common::toml_text(haproxy.backends.front()) + " }]\n";
  else if (!has_backend)
    part.steps.push_back({"Make a backend for each service: lines for " + haproxy.config + ", for example:",
                          {"backend " + service, "    balance roundrobin"}});
  add_haproxy_socket_step(haproxy, socket, part);
  if (user.is_service && !is_in_group("haproxy", user))
    part.steps.push_back(
        drop_in("haproxy", "Let the service use HAProxy's socket, which belongs to the group haproxy."));
  else if (!user.is_service && !is_in_group("haproxy", user))
    part.steps.push_back(
        {"Let " + user.name + " use HAProxy's socket, and log in again.", {"usermod -aG haproxy " + user.name}});
  return part;
}

sink_part catalog_sink(const consul_agent& agent) {
  sink_part part;
  part.name = "consul";
  part.toml = "[sink.consul]\nplugin = \"consul-catalog\"\n";
  if (!agent.address_is_usual) part.toml += "address = " + common::toml_text(agent.address) + "\n";
  if (agent.needs_token) {
    part.toml += "token = { file = \"/etc/drcon/consul.token\" }\n";
    part.steps.push_back(
        {"Write a token with service:write to the file that the configuration names, readable by the user "
         "that runs drcon alone.",
         {}});
  }
  return part;
}

}  // namespace drcon::init
