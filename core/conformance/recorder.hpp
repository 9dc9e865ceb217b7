// The host that a plugin under test is given: it records what the plugin does, and checks more than the recording host
// of unit tests.
//
// No recorder is ever freed, because the contract lets a plugin keep `host` and `instance` until the
// process ends.
// Thread rule: any thread; the thread that makes it stands in for the lane.
#pragma once

#include "conformance/tested_plugin.hpp"
#include "conformance/traps.hpp"

#include <drcon/testing/host.hpp>

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace drcon::conformance {

class recorder final : public testing::host {
public:
  /// How this host differs from an ordinary one.
  struct host_behaviour {
    bool newer = false;           ///< a host of a later minor: its table is longer
    bool guards_strings = false;  ///< an option's text ends where memory ends
    bool takes_strings = false;   ///< options are gone when create has returned
    bool mute = false;            ///< records nothing, so that it costs no memory
  };
  static recorder& make(const nlohmann::json& options, const host_behaviour& behaviour, std::string name = "test");

  /// The thread that made it is the lane; create has returned.
  void created();

  /// What is wrong with what was published, each once.
  std::vector<std::string> malformed() const;
  /// Calls of [lane] functions from other threads.
  std::vector<std::string> off_lane() const;
  bool said_empty() const { return said_empty_; }
  bool said_unknown() const { return said_unknown_; }
  /// True once it has called anything that a source calls about its services, or has reported a state.
  bool said_anything() const { return said_anything_; }
  /// Of a mute host: how many updates were answered.
  std::size_t done_count() const { return done_count_; }
  /// The last log lines and states, to be shown beside a failure.
  std::string last_words() const;

  /// Called within `done`, when it is recorded: from then on the update is the host's.
  std::function<void()> on_done;

private:
  struct own;  // the functions that differ from testing::host's
  recorder(const drcon_host& table, const nlohmann::json& options, const host_behaviour& behaviour, std::string name);
  static const drcon_host& table_for(const host_behaviour& behaviour);
  drcon_string handed_out(drcon_string text);
  drcon_string kept_apart(std::string_view text);
  void note(std::vector<std::string>& to, std::string what);
  bool is_lane() const { return std::this_thread::get_id() == lane_; }

  const host_behaviour behaviour_;
  const std::thread::id lane_ = std::this_thread::get_id();
  std::atomic<bool> said_empty_{false};
  std::atomic<bool> said_unknown_{false};
  std::atomic<bool> said_anything_{false};
  std::atomic<std::size_t> done_count_{0};
  mutable std::mutex own_mutex_;  // guards all below
  std::vector<std::string> malformed_;
  std::vector<std::string> off_lane_;
  std::map<std::string, drcon_string, std::less<>> copies_;
  std::optional<pages> handed_out_;
  std::size_t handed_out_used_ = 0;
};

}  // namespace drcon::conformance
