// Runs an isolated plugin's process: starts it, listens to it, watches its memory, and starts another when it ends.
//
// While there is no process a source is "unknown" and a sink answers "retry", so that the last good state stands.
// Thread rule: begin() and join() on the instance's lane; all else on the supervisor's own thread, which runs from
// begin() until the process has ended for good.
#pragma once

#include "config/configuration.hpp"
#include "log/plugin_level.hpp"
#include "plugins/frame_dispatcher.hpp"
#include "plugins/isolated_calls.hpp"
#include "plugins/isolated_state.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace drcon::plugins {

/// What a process is asked to run.
struct isolated_plugin {
  config::kind kind;
  int library;                ///< the open file of the library, which is the one that was checked
  std::string file;           ///< its name, for messages
  std::string plugin;         ///< the plugin's name, which its log level goes by
  std::string name;           ///< the instance's
  std::string configuration;  ///< the file that it is configured in
  config::isolation_config limits;
};

class process_supervisor final : public std::enable_shared_from_this<process_supervisor>, private process_answers {
public:
  process_supervisor(isolated_plugin what, std::shared_ptr<isolated_state> state, plugin_surroundings around,
                     isolation_events events);

  /// Starts the first process and this object's thread; throws when the process cannot be started. `options` are CBOR,
  /// since a secret may be any bytes. state->created, or the phase `over`, says how it went.
  void begin(std::string options);
  /// Waits for the end of the thread, which ends when state->stopping is set and the process has ended. From the thread
  /// itself, which may hold the last reference to the instance, it does not wait.
  void join();

private:
  void launch();
  void relaunch();
  void run();
  void end_for_good();
  std::string converse(child& process);
  void check(child& process);
  void check_memory(child& process);
  void check_start();
  void lost(const std::string& how);
  bool pause();

  void on_created(drcon_result result) override;
  void on_started(drcon_result result) override;
  void on_render_ended(drcon_result result) override;
  void on_found(finding one) override;
  void on_probed(bool can) override;
  void on_stopped() override;
  void on_answered(std::uint64_t ticket) override;
  void end_process(const std::string& why);

  const isolated_plugin what_;
  const std::shared_ptr<isolated_state> state_;
  const plugin_surroundings around_;
  const isolation_events events_;
  const log::plugin_level level_;
  std::string options_;  // set before the thread starts
  std::thread thread_;   // the lane's

  // The thread's own; launch() sets them on the lane before the thread starts.
  frame_dispatcher dispatcher_;
  child* process_ = nullptr;  // while the thread listens to it
  std::string why_;           // why this process is ended, when that is known better than from its exit code
  std::chrono::nanoseconds pause_{};
  std::chrono::steady_clock::time_point born_;
  std::chrono::steady_clock::time_point checked_;
  log::level level_sent_{};  // that the process knows
};

}  // namespace drcon::plugins
