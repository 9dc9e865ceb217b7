#include "import/registrator.hpp"

#include "common/toml_text.hpp"
#include "import/toml.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <sstream>

namespace drcon::importing {
namespace {

constexpr flag registrator_flag_list[] = {
    {"internal", false, "Registers the containers' own addresses and ports"},
    {"explicit", false, "Only containers that name their service"},
    {"ip", true, "Address for ports that are published on all addresses"},
    {"tags", true, "Tags for all services, at commas"},
    {"ttl", true, "Seconds after which a registration that is not renewed is critical"},
    {"ttl-refresh", true, "Not needed: drcon renews in time"},
    {"resync", true, "Seconds between comparisons with the engine's list"},
    {"deregister", true, "always, or on-success: a container that crashed stays registered"},
    {"cleanup", false, "Not needed: see adopt"},
    {"useIpFromLabel", true, "A label whose value is the address"},
    {"useIpFromNetwork", true, "The network whose address counts"},
    {"retry-attempts", true, "Not needed: drcon never gives up"},
    {"retry-interval", true, "Not needed: drcon never gives up"},
};

using environment_function = std::function<std::optional<std::string>(const std::string&)>;

struct options_of_both {
  std::string docker;  // options of the source
  std::string consul;  // of the sink
};

bool is_plain_number(const std::string& text) {
  return !text.empty() && text.size() < 10 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::string option_line(const char* key, const std::string& value) {
  return std::string(key) + " = " + common::toml_text(value) + "\n";
}

std::vector<std::string> at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string each; std::getline(in, each, ',');)
    if (!each.empty()) parts.push_back(each);
  return parts;
}

void tags(const given_flag& of, options_of_both& result, report& found) {
  if (of.value.find("{{") != std::string::npos)
    found.fault(of.where, "tags that are templates have no counterpart: give each container its own by SERVICE_TAGS");
  else result.docker += "tags = " + toml::list(at_commas(of.value)) + "\n";
}

void seconds(const given_flag& of, const std::string& before, const std::string& after, std::string& into,
             report& found) {
  if (!is_plain_number(of.value)) found.fault(of.where, "expected a number of seconds, found '" + of.value + "'");
  else if (of.value != "0") into += before + common::toml_text(of.value + "s") + after + "\n";
}

void deregister(const given_flag& of, options_of_both& result, report& found) {
  if (of.value == "on-success")
    result.docker += option_line("on_exit", "critical") +
                     "# -deregister on-success: a container that crashed stays registered, and is critical.\n";
  else if (of.value != "always") found.fault(of.where, "expected always or on-success, found '" + of.value + "'");
}

void one(const given_flag& of, options_of_both& result, report& found) {
  const auto name = of.what->name;
  if (of.value == "false") return;
  if (name == "internal") result.docker += option_line("addresses", "internal");
  else if (name == "explicit") result.docker += "explicit = true\n";
  else if (name == "ip") result.docker += option_line("host_address", of.value);
  else if (name == "tags") tags(of, result, found);
  else if (name == "ttl") seconds(of, "check = { ttl = ", " }", result.consul, found);
  else if (name == "resync") seconds(of, "resync = ", "", result.docker, found);
  else if (name == "deregister") deregister(of, result, found);
  else if (name == "useIpFromLabel") result.docker += option_line("address_label", of.value);
  else if (name == "useIpFromNetwork") result.docker += option_line("network", of.value);
  else if (name == "cleanup")
    found.remark(
        of.where,
        "drcon removes what carries its own mark and no container offers any more, always; with adopt = true it "
        "takes over what Registrator has left");
  else if (name == "ttl-refresh") found.remark(of.where, "drcon renews in time by itself");
  else found.remark(of.where, "drcon never gives up");
}

std::string tls_of(const environment_function& environment) {
  std::string text;
  for (const auto& [key, name] : {std::pair("ca_file", "CONSUL_CACERT"), std::pair("cert_file", "CONSUL_TLSCERT"),
                                  std::pair("key_file", "CONSUL_TLSKEY")})
    if (const auto file = environment(name); file && !file->empty())
      text += std::string(text.empty() ? "" : ", ") + key + " = " + common::toml_text(*file);
  return text.empty() ? "" : "tls = { " + text + " }\n";
}

void registry(const std::string& uri, const environment_function& environment, options_of_both& result, report& found) {
  const auto colon = uri.find("://");
  const auto scheme = uri.substr(0, colon);
  const auto rest = colon == std::string::npos ? "" : uri.substr(colon + 3);
  const auto host = rest.substr(0, rest.find('/')).empty() ? "127.0.0.1:8500" : rest.substr(0, rest.find('/'));
  std::string text;
  if (scheme == "consul") text = option_line("address", "http://" + host);
  else if (scheme == "consul-tls") text = option_line("address", "https://" + host) + tls_of(environment);
  else if (scheme == "consul-unix") text = option_line("address", "unix://" + rest);
  else if (scheme.starts_with("consulkv"))
    return found.fault({.file = "command line, " + uri},
                       "drcon registers services in Consul's catalogue, and writes no keys: name it as consul://" +
                           host + ", and have readers ask for services");
  else
    return found.fault(
        {.file = "command line, " + uri},
        "drcon registers in Consul alone: expected consul://, consul-tls:// or consul-unix://. A sink for "
        "another registry can be a plugin: drcon plugin new");
  if (const auto token = environment("CONSUL_HTTP_TOKEN"); token && !token->empty())
    text += "token = { env = \"CONSUL_HTTP_TOKEN\" }\n";
  result.consul = text + result.consul;
}

// What comes behind the program's name, or behind the image's in a line that begins with docker or podman.
std::span<const std::string> own_words(std::span<const std::string> words) {
  if (words.empty()) return words;
  const auto first = std::filesystem::path(words[0]).filename();
  if (first == "registrator") return words.subspan(1);
  if (first != "docker" && first != "podman") return words;
  for (std::size_t i = 1; i < words.size(); ++i)
    if (!words[i].starts_with('-') && words[i].find("registrator") != std::string::npos && words[i - 1] != "--name")
      return words.subspan(i + 1);
  return words;
}

std::string head(const report& found) {
  auto text = toml::comment(
      "Made of Registrator's command line by `drcon import registrator`. Containers are read by the same SERVICE_… "
      "environment and labels. Try it: drcon check -c FILE; drcon render --diff -c FILE.");
  return text + as_comments(found) + "\n";
}

}  // namespace

std::span<const flag> registrator_flags() { return registrator_flag_list; }

std::string translated_registrator(std::span<const std::string> words, const environment_function& environment,
                                   report& found) {
  const auto line = read_line(own_words(words), registrator_flag_list, "registrator", found);
  options_of_both result;
  for (const auto& each : line.flags) one(each, result, found);
  const bool by_network = result.docker.find("network = ") != std::string::npos;
  if (by_network && result.docker.find("addresses = ") == std::string::npos)
    result.docker += option_line("addresses", "internal");
  if (line.rest.size() == 1) registry(line.rest[0], environment, result, found);
  else
    found.fault({.file = "command line"}, "expected one registry, such as consul://127.0.0.1:8500, found " +
                                              std::to_string(line.rest.size()) + " words");
  if (const auto engine = environment("DOCKER_HOST"); engine && !engine->empty())
    result.docker = option_line("engine", *engine) + result.docker;
  return head(found) + "[source.docker]\nplugin = \"docker\"\n" + result.docker +
         "\n[sink.consul]\nplugin = \"consul-catalog\"\n" + result.consul +
         "# adopt = true  # takes over what Registrator has registered, once it is stopped\n"
         "\n[pipeline.register]\nsources = [\"docker\"]\nsinks = [\"consul\"]\n"
         "brake = { hold = \"0s\" }  # no brake, as Registrator has none: stopped containers leave at once\n";
}

}  // namespace drcon::importing
