// run-command: a sink in C++ that runs a command for each update, with the whole snapshot as JSON on its standard
// input.
//
//   exit 0            the target serves it
//   exit 75           try again later (EX_TEMPFAIL of sysexits.h); so does a signal, and running out of time
//   any other exit    this snapshot is rejected; the end of what the command wrote to standard error says why
#include "command.hpp"

#include <drcon/sink.hpp>

#include <nlohmann/json.hpp>

#include <sysexits.h>

#include <string>
#include <vector>

namespace {

using nlohmann::ordered_json;

ordered_json endpoint_json(const drcon::endpoint_view& from) {
  auto meta = ordered_json::object();
  for (const auto& [key, value] : from.meta()) meta[std::string(key)] = value;
  return {{"id", from.id()},
          {"node", from.node()},
          {"address", from.address()},
          {"port", from.port()},
          {"weight", from.weight()},
          {"priority", from.priority()},
          {"health", to_string(from.health())},
          {"tags", std::vector<std::string>(from.tags().begin(), from.tags().end())},
          {"meta", meta}};
}

// {"revision": 7, "services": {"web": [{"id": …, "address": …, …}]}, "settings": {"app": {"key": "value"}}}
std::string document(const drcon::update_view& update) {
  auto services = ordered_json::object();
  auto settings = ordered_json::object();
  for (const auto& service : update.wanted().services()) {
    const std::string name(service.name());
    if (service.is_settings()) {
      for (const auto& [key, value] : service.values()) settings[name][std::string(key)] = value;
    } else {
      auto& endpoints = services[name] = ordered_json::array();
      for (const auto each : service.endpoints()) endpoints.push_back(endpoint_json(each));
    }
  }
  const ordered_json all{{"revision", update.wanted().revision()}, {"services", services}, {"settings", settings}};
  return all.dump(2) + "\n";
}

class run_command final : public drcon::blocking_sink {
public:
  static constexpr const char* schema = R"({
    "type": "object", "additionalProperties": false, "required": ["command"],
    "properties": {
      "command": { "type": "array", "minItems": 1, "items": { "type": "string", "minLength": 1 },
        "description": "The program, found by PATH, and its arguments. No shell: write [\"sh\", \"-c\", \"…\"] for one." },
      "timeout": { "type": "string", "format": "duration", "default": "30s",
        "description": "A duration: how long the command may run. Then it is ended, with all it started." } } })";

  run_command(drcon::context host, const drcon::options& options)
      : blocking_sink(host), command_(options["command"].strings()), timeout_(options["timeout"].duration()) {
    if (timeout_.count() == 0) throw drcon::config_error("/timeout", "expected more than 0");
  }

  drcon::outcome apply(const drcon::update_view& update, drcon::stop_token stop) override {
    const auto end = run(command_, document(update), timeout_, stop);
    const auto said = end.errors.empty() ? std::string() : ": " + end.errors;
    switch (end.how) {
      case ending::not_started: return drcon::retry(command_[0] + " cannot be started" + said);
      case ending::out_of_time: return drcon::retry(command_[0] + " did not end in time" + said);
      case ending::stopped: return drcon::retry(command_[0] + " was ended: drcon stops");
      case ending::signal: return drcon::retry(command_[0] + " was ended by signal " + std::to_string(end.code) + said);
      case ending::unknown: return drcon::retry(command_[0] + " has an exit code that cannot be read" + said);
      case ending::exit: break;
    }
    if (end.code == 0) return drcon::ok();
    const auto why = command_[0] + " ended with exit code " + std::to_string(end.code) + said;
    return end.code == EX_TEMPFAIL ? drcon::retry(why) : drcon::rejected(why);
  }

  // What the command would read.
  bool render(const drcon::update_view& update) override {
    host().rendered("standard input of " + command_[0], document(update));
    return true;
  }

private:
  const std::vector<std::string> command_;
  const std::chrono::nanoseconds timeout_;
};

}  // namespace

DRCON_SINK("run-command", "1.0.0", "Runs a command with the services as JSON on its standard input.", run_command)
