// drcon complete: what there is to choose from, asked of the plugins on disk and of the drcon that runs. It
// prints no error, since that would appear within the line that the user types.
#include "base/bracketed.hpp"
#include "cli/admin_client.hpp"
#include "cli/complete.hpp"
#include "cli/startup.hpp"
#include "cli/tools.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <iostream>
#include <utility>

namespace drcon::cli {
namespace {

std::vector<std::string> plugin_names(const arguments& options) {
  plugins::registry plugins;
  load_plugins(options, plugins);
  std::vector<std::string> all;
  for (const auto& [name, each] : plugins.all()) all.push_back(name);
  return all;
}

// The options that say which drcon to ask, as far as they have been typed.
arguments options_typed(const arguments& options) {
  auto typed = options;
  for (std::size_t i = 0; i + 1 < options.words.size(); ++i) {
    if (options.words[i] == "-c" || options.words[i] == "--config") typed.config = options.words[i + 1];
    if (options.words[i] == "--socket") typed.socket = options.words[i + 1];
  }
  return typed;
}

std::vector<std::string> pipeline_names(const arguments& options) {
  std::vector<std::string> all;
  try {
    const auto got = admin_client(options_typed(options)).ask("GET", "/v1/pipelines");
    if (got.status == 200)
      for (const auto& [name, each] : got.body.items()) all.push_back(name);
  } catch (const no_answer&) {  // none runs, or it is not for this user
  }
  return all;
}

// What the drcon that runs has of a pipeline; an empty object when it does not answer.
nlohmann::json pipeline_of(const arguments& options, const std::string& name) {
  try {
    auto got = admin_client(options_typed(options)).ask("GET", target_of({"v1", "pipelines", name}));
    if (got.status == 200) return std::move(got.body);
  } catch (const no_answer&) {  // none runs, or it is not for this user
  }
  return nlohmann::json::object();
}

// A shell asks before it lists more than a screen, and each candidate is a line to read.
constexpr std::size_t most_endpoints = 1000;

std::vector<known_word> endpoints_of(const nlohmann::json& pipeline) {
  std::vector<known_word> all;
  for (const auto& service : pipeline.value("services", nlohmann::json::array()))
    for (const auto& each : service.at("endpoints")) {
      if (all.size() == most_endpoints) return all;
      all.push_back({base::bracketed(each.at("address").get<std::string>()) + ":" +
                         std::to_string(each.at("port").get<unsigned>()),
                     service.at("name").get<std::string>() + ", " + each.at("health").get<std::string>()});
    }
  return all;
}

std::vector<known_word> revisions_of(const nlohmann::json& pipeline) {
  std::vector<known_word> all;
  for (const auto& each : pipeline.value("history", nlohmann::json::array()))
    all.push_back({std::to_string(each.at("revision").get<std::uint64_t>()),
                   std::to_string(each.at("in_service").get<std::size_t>()) + " of " +
                       std::to_string(each.at("endpoints").get<std::size_t>()) + " in service, from " +
                       each.at("why").get<std::string>()});
  return all;
}

std::vector<known_word> services_of(const nlohmann::json& pipeline) {
  std::vector<known_word> all;
  for (const auto& each : pipeline.value("services", nlohmann::json::array()))
    all.push_back({each.at("name").get<std::string>(), {}});
  return all;
}

}  // namespace

int complete(const arguments& options) {
  std::cout << complete(
      with_tools(tree_of(*options.command_line), *options.tools), options.words,
      {.plugins = [&] { return plugin_names(options); },
       .pipelines = [&] { return pipeline_names(options); },
       .endpoints = [&](const std::string& pipeline) { return endpoints_of(pipeline_of(options, pipeline)); },
       .revisions = [&](const std::string& pipeline) { return revisions_of(pipeline_of(options, pipeline)); },
       .services = [&](const std::string& pipeline) { return services_of(pipeline_of(options, pipeline)); }});
  return exit_ok;
}

}  // namespace drcon::cli
