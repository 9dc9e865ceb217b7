// The program itself, as a user runs it.
#pragma once

#include "support/http.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace drcon::test {

/// For a pipeline whose test takes away more than the brake lets pass.
inline const std::string no_brake = "brake = { hold = \"0s\" }\n";

class drcon_process {
public:
  /// `config` is TOML; [host] state_directory and [admin] socket are added.
  explicit drcon_process(std::string config);

  void start();
  int stop() { return process_.terminate(); }
  void kill9() { process_.kill9(); }
  void reload(std::string config);
  bool running() { return process_.running(); }
  pid_t pid() const { return process_.pid(); }
  const process& program() const { return process_; }

  /// A verb with `-c CONFIG`.
  run_result verb(const std::string& name, const std::vector<std::string>& more = {}) const;

  nlohmann::json status() const;
  /// GET /v1/pipelines/NAME.
  nlohmann::json pipeline(const std::string& name) const;
  /// Any request to its admin socket.
  http_answer ask(const std::string& method, const std::string& target) const;
  std::string metrics() const;
  nlohmann::json journal() const;
  /// Waits until all is settled; false when the time is up.
  bool settled(std::chrono::milliseconds deadline = patience) const;
  std::string log() const { return process_.text(); }
  /// The last good snapshot that is kept for a pipeline, as it is on disk; empty when none is. It is written some time
  /// after it was applied, under another name beside this one first: only what this returns survives a kill.
  std::string kept_state(const std::string& pipeline) const;
  const temp_dir& directory() const { return directory_; }

private:
  void write_config(const std::string& config) const;

  temp_dir directory_;
  process process_;
};

}  // namespace drcon::test
