#include "init/line.hpp"

#include <nlohmann/json.hpp>

namespace drcon::init {
namespace {

constexpr auto about =
    "Look for Consul, Docker, nginx and HAProxy on this machine, and write a first configuration for what is there. "
    "Nothing else is changed, and no file is ever overwritten.";

struct option {
  const char* name;
  const char* value;
  const char* meaning;
  void (*set)(request&, const std::string&);
};

constexpr option all_options[] = {
    {"--output", "FILE",
     "The file to write. Default: /etc/drcon/pipelines.d/first.toml where drcon is installed as a service, else "
     "drcon.toml.",
     [](request& all, const std::string& value) { all.output = value; }},
    {"--consul", "URL", "Consul's agent. Default: CONSUL_HTTP_ADDR, or http://127.0.0.1:8500.",
     [](request& all, const std::string& value) { all.consul = value; }},
    {"--docker", "PATH", "Docker's socket. Default: DOCKER_HOST, or /var/run/docker.sock.",
     [](request& all, const std::string& value) { all.docker = value; }},
    {"--nginx", "FILE", "nginx's main configuration. Default: the one that nginx was built for.",
     [](request& all, const std::string& value) { all.nginx = value; }},
    {"--haproxy", "FILE", "HAProxy's configuration. Default: /etc/haproxy/haproxy.cfg.",
     [](request& all, const std::string& value) { all.haproxy = value; }},
};

const option* known(const std::string& name) {
  for (const auto& each : all_options)
    if (name == each.name) return &each;
  return nullptr;
}

}  // namespace

std::variant<request, std::string> read_line(std::span<const std::string> words) {
  request all;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto mark = words[i].find('=');
    const auto name = words[i].substr(0, mark);
    const auto* const what = known(name);
    if (what == nullptr) return "there is no option '" + words[i] + "'. See drcon init --help";
    std::string value;
    if (mark != std::string::npos) value = words[i].substr(mark + 1);
    else if (i + 1 < words.size()) value = words[++i];
    // Also where it is written and empty, as a variable that is not set leaves it in a script.
    if (value.empty()) return name + " needs a value: " + name + " " + what->value;
    what->set(all, value);
  }
  return all;
}

std::string help() {
  auto text = std::string(about) + "\n\nUsage: drcon init [OPTIONS]\n\nOptions:\n";
  for (const auto& each : all_options)
    text += "  " + std::string(each.name) + " " + each.value + "\n      " + each.meaning + "\n";
  return text +
         "\nExit codes: 0 a configuration is written; 1 one is there already, or it cannot be written; 2 the command "
         "line is wrong; 3 nothing was found that it could connect\n";
}

std::string description() {
  nlohmann::ordered_json all{{"meaning", about}, {"verbs", nlohmann::ordered_json::array()}};
  all["options"] = nlohmann::ordered_json::array();
  for (const auto& each : all_options)
    all["options"].push_back({{"name", each.name}, {"takes_value", true}, {"meaning", each.meaning}});
  return all.dump(2) + "\n";
}

}  // namespace drcon::init
