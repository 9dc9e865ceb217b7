#include "container/configuration.hpp"

#include "common/toml_text.hpp"
#include "container/places.hpp"

namespace drcon::container {
namespace {

std::string line(const std::string& key, const std::string& text) {
  return key + " = " + common::toml_text(text) + "\n";
}

std::string source_text(const container_settings& all) {
  std::string text = "[source.consul]\nplugin = \"consul-http\"\n" + line("address", all.consul);
  if (all.has_token) text += "token = { env = \"CONSUL_HTTP_TOKEN\" }\n";
  if (!all.ca_file.empty()) text += line("tls.ca_file", all.ca_file);
  if (!all.cert_file.empty()) text += line("tls.cert_file", all.cert_file);
  if (!all.key_file.empty()) text += line("tls.key_file", all.key_file);
  if (!all.match.empty()) return text + "service = [{ match = " + common::toml_text(all.match) + " }]\n";
  text += "service = [";
  for (std::size_t i = 0; i < all.services.size(); ++i)
    text += std::string(i == 0 ? "" : ", ") + "{ name = " + common::toml_text(all.services[i]) + " }";
  return text + "]\n";
}

const char* const proxied = R"(proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header Connection "";
)";

std::string listen(const container_settings& all, const std::string& how) {
  const auto port = std::to_string(all.port);
  return "    listen " + port + how + ";\n    listen [::]:" + port + how + ";\n";
}

std::string upstreams(const container_settings& all) {
  const auto balance = all.balance == "round_robin" ? "" : "    " + all.balance + ";\n";
  return "{{#services}}\nupstream {{name}} {\n" + balance +
         "{{#endpoints}}\n    server {{server}} weight={{weight}}{{#backup}} backup{{/backup}}{{#down}} "
         "down{{/down}};\n"
         "{{/endpoints}}\n    keepalive 16;\n}\n{{/services}}\n";
}

std::string location(const std::string& path, const std::string& target) {
  return "    location " + path + " {\n        proxy_pass http://" + target + ";\n        " + proxied + "    }\n";
}

}  // namespace

std::string drcon_configuration(const container_settings& all) {
  return "# Made by drcon container from the environment; a mounted /etc/drcon/drcon.toml is used where CONSUL is not "
         "set.\n"
         "[host]\n" +
         line("state_directory", places::state) + "\n[admin]\n" + line("socket", places::socket) + "\n" +
         source_text(all) + "\n[sink.routes]\nplugin = \"nginx\"\n" + line("file", places::routes) +
         line("template", places::route_template) + line("config", places::nginx_config) +
         line("pid_file", places::nginx_pid) +
         "empty = \"503\"\n"
         // The routes can be applied only by an nginx that runs: so it is started once this sink's own file is there.
         "\n[sink.nginx]\nplugin = \"template\"\n"
         "supervise = { command = [\"nginx\", \"-c\", " +
         common::toml_text(places::nginx_config) +
         ", \"-g\", \"daemon off;\"], reload_signal = \"HUP\", kill_signal = \"QUIT\", kill_timeout = \"20s\", after = "
         "\"own\" }\n"
         "\n[[sink.nginx.file]]\n" +
         line("path", places::kept) + line("template", places::kept_template) +
         "escape = \"nginx\"\n"
         "\n[pipeline.web]\nsources = [\"consul\"]\nsinks = [\"nginx\", \"routes\"]\n";
}

std::string route_template(const container_settings& all) {
  auto text = upstreams(all);
  if (all.services.size() == 1)
    return text + "server {\n" + listen(all, " default_server") + location("/", all.services.front()) + "}\n";
  return text + "{{#services}}\nserver {\n" + listen(all, "") + "    server_name {{name}}.*;\n" +
         location("/", "{{name}}") + "}\n{{/services}}\nserver {\n" + listen(all, " default_server") +
         "{{#services}}\n" + location("/{{name}}/", "{{name}}/") +
         "{{/services}}\n    location / { return 404 \"no such service\\n\"; }\n}\n";
}

}  // namespace drcon::container
