// A compose file as command lines of docker: as much of it as the files of tests/golden/compose have.
#pragma once

#include "common/templating/memory.hpp"
#include "common/templating/value.hpp"
#include "common/templating/yaml/yaml.hpp"
#include "support/docker_engine.hpp"
#include "support/temp_dir.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace drcon::test {
namespace compose {

using nlohmann::json;
using arguments = std::vector<std::string>;

inline json json_of(const templating::value& each, templating::memory& scratch) {
  using templating::kind;
  if (each.is(kind::map)) {
    auto all = json::object();
    for (std::size_t i = 0; i < each.size(); ++i) {
      const auto entry = each.entry(i, scratch);
      all[std::string(entry.key.text())] = json_of(entry.held, scratch);
    }
    return all;
  }
  if (each.is(kind::list)) {
    auto all = json::array();
    for (std::size_t i = 0; i < each.size(); ++i) all.push_back(json_of(each.at(i, scratch), scratch));
    return all;
  }
  if (each.is(kind::text)) return std::string(each.text());
  if (each.is(kind::boolean)) return each.flag();
  return each.is_signed() ? json(each.whole()) : json();
}

inline json read(const std::filesystem::path& file) {
  constexpr std::size_t limit = std::size_t{1} << 20U;
  templating::memory scratch(limit);
  return json_of(templating::read_yaml(read_file(file), scratch, limit, [](std::uint64_t) {}), scratch);
}

inline std::string text_of(const json& each) { return each.is_string() ? each.get<std::string>() : each.dump(); }

// "KEY: VALUE" and "- KEY=VALUE" mean the same.
inline void add_pairs(const json& pairs, const std::string& option, arguments& argv) {
  for (const auto& [key, value] : pairs.items())
    argv.insert(argv.end(), {option, pairs.is_array() ? text_of(value) : key + "=" + text_of(value)});
}

inline void add_ports(const json& ports, arguments& argv) {
  for (const auto& each : ports)
    if (each.is_string()) argv.insert(argv.end(), {"-p", each.get<std::string>()});
    else
      argv.insert(argv.end(), {"--publish", "target=" + text_of(each.at("target")) + ",published=" +
                                                text_of(each.at("published")) + ",mode=" + text_of(each.at("mode"))});
}

// The first network with the container, the others once it is made.
inline void add_networks(const json& networks, arguments& argv, std::vector<arguments>& afterwards,
                         const std::string& name) {
  bool is_first = true;
  for (const auto& [network, with] : networks.items()) {
    const auto address = text_of(with.at("ipv4_address"));
    if (is_first) argv.insert(argv.end(), {"--network", network, "--ip", address});
    else afterwards.push_back({"network", "connect", "--ip", address, network, name});
    is_first = false;
  }
}

inline void add_deployment(const json& deploy, arguments& argv) {
  for (const auto& [key, value] : deploy.items()) {
    if (key == "replicas") argv.insert(argv.end(), {"--replicas", text_of(value)});
    else if (key == "labels") add_pairs(value, "--label", argv);
    else throw std::runtime_error("no such key of deploy: " + key);
  }
}

inline void start(const docker_engine& engine, const std::string& service, const json& with) {
  const bool is_of_swarm = with.contains("deploy");
  const auto name = with.contains("container_name") ? text_of(with["container_name"]) : service;
  arguments argv = is_of_swarm ? arguments{"service", "create", "--detach", "--no-resolve-image", "--name", service}
                               : arguments{"run", "-d", "--name", name};
  std::vector<arguments> afterwards;
  const std::map<std::string, std::function<void(const json&)>> keys{
      {"image",
       [&](const json& image) {
         engine.docker({"tag", docker_engine::image, text_of(image)});
       }},
      {"container_name", [](const json&) {}},
      {"deploy", [&](const json& deploy) { add_deployment(deploy, argv); }},
      {"ports", [&](const json& ports) { add_ports(ports, argv); }},
      {"expose",
       [&](const json& ports) {
         for (const auto& each : ports) argv.insert(argv.end(), {"--expose", text_of(each)});
       }},
      {"environment", [&](const json& pairs) { add_pairs(pairs, "--env", argv); }},
      {"labels", [&](const json& pairs) { add_pairs(pairs, "--label", argv); }},
      {"network_mode",
       [&](const json& mode) {
         argv.insert(argv.end(), {"--network", text_of(mode)});
       }},
      {"networks", [&](const json& networks) { add_networks(networks, argv, afterwards, name); }}};
  for (const auto& [key, value] : with.items()) {
    const auto found = keys.find(key);
    if (found == keys.end()) throw std::runtime_error("no such key of a service: " + key);
    found->second(value);
  }
  argv.insert(argv.end(), {text_of(with.at("image")), "sleep", "100000"});
  engine.docker(argv);
  for (const auto& each : afterwards) engine.docker(each);
}

}  // namespace compose

/// Makes the networks, and starts each service: as a service of the swarm when it has a `deploy`, else as a container.
/// All run sleep, in an image of the name that is asked for. Throws for a key that it does not know, so that nothing in
/// a file is without effect.
inline void start_compose_file(const docker_engine& engine, const std::filesystem::path& file) {
  using compose::text_of;
  const auto whole = compose::read(file);
  if (whole.contains("networks"))
    for (const auto& [name, with] : whole["networks"].items())
      engine.docker({"network", "create", "--subnet", text_of(with.at("ipam").at("config").at(0).at("subnet")), name});
  // Those that use the network of another are started after it.
  for (const bool borrows : {false, true})
    for (const auto& [service, with] : whole.at("services").items())
      if (text_of(with.value("network_mode", compose::json(""))).starts_with("container:") == borrows)
        compose::start(engine, service, with);
}

}  // namespace drcon::test
