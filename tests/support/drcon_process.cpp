#include "support/drcon_process.hpp"

#include "support/http.hpp"

#include <parsed_json.hpp>

#include <stdexcept>

namespace drcon::test {

drcon_process::drcon_process(std::string config) { write_config(config); }

void drcon_process::write_config(const std::string& config) const {
  write_file(directory_ / "drcon.toml",
             "host.state_directory = \"state\"\nhost.stop_deadline = \"5s\"\n"
             "admin.socket = \"admin.sock\"\n" +
                 config);
}

void drcon_process::start() {
  process_ = process({DRCON_BINARY, "run", "-c", (directory_ / "drcon.toml").string()}, directory_ / "log");
  const bool up =
      wait_until([this] { return !process_.running() || get(directory_ / "admin.sock", "/healthz").status == 200; });
  if (!up || !process_.running()) throw std::runtime_error("drcon does not start:\n" + log());
}

void drcon_process::reload(std::string config) {
  write_config(config);
  process_.signal(SIGHUP);
}

run_result drcon_process::verb(const std::string& name, const std::vector<std::string>& more) const {
  std::vector<std::string> argv{DRCON_BINARY, name, "-c", (directory_ / "drcon.toml").string()};
  argv.insert(argv.end(), more.begin(), more.end());
  return run(argv);
}

nlohmann::json drcon_process::status() const { return parsed_json(get(directory_ / "admin.sock", "/v1/status").body); }

nlohmann::json drcon_process::pipeline(const std::string& name) const {
  return parsed_json(ask("GET", "/v1/pipelines/" + name).body);
}

http_answer drcon_process::ask(const std::string& method, const std::string& target) const {
  return http(method, directory_ / "admin.sock", target);
}

std::string drcon_process::metrics() const { return get(directory_ / "admin.sock", "/metrics").body; }

nlohmann::json drcon_process::journal() const {
  return parsed_json(get(directory_ / "admin.sock", "/v1/journal").body);
}

std::string drcon_process::kept_state(const std::string& pipeline) const {
  return read_file(directory_ / "state" / (pipeline + ".state"));
}

bool drcon_process::settled(std::chrono::milliseconds deadline) const {
  return wait_until([this] { return get(directory_ / "admin.sock", "/readyz").status == 200; }, deadline);
}

}  // namespace drcon::test
