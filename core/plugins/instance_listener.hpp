// What an instance reports to the engine, and who takes it.
//
// Thread rule: the listener's functions are called on the engine's thread, one at a time.
#pragma once

#include "model/snapshot_ptr.hpp"
#include "plugins/validation.hpp"

#include <drcon/plugin.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace drcon::plugins {

/// A part of what a source watches whose services it cannot name at present.
struct unknown_names {
  std::string pattern;  ///< of the whole name, in ECMAScript; empty: any name may be one of them
  std::string why;
};

/// What a source has reported since it was last read: the latest on each service.
struct source_news {
  std::map<std::string, model::service_ptr> services;         ///< null: withdrawn
  std::map<std::string, std::string> unknown;                 ///< service -> why
  std::map<std::string, std::optional<unknown_names>> names;  ///< by part; nothing: its services are known
  std::optional<std::string> all_unknown;                     ///< why
  bool ready = false;
  std::chrono::steady_clock::time_point first_seen{};  ///< when the oldest of this came from the plugin
};

/// The state that a plugin gives itself, for people to read.
struct instance_status {
  int state = DRCON_STATE_OK;
  std::string text;
  bool operator==(const instance_status&) const = default;
};

/// What would be written to a target, and what is there now (if that is known).
struct rendered_target {
  std::string target;
  std::string wanted;
  std::optional<std::string> live;
};

/// Takes what an instance reports. Each function does nothing unless overridden: a source needs others than a sink.
class instance_listener {
public:
  virtual ~instance_listener() = default;
  virtual void on_news(const source_news&) {}
  virtual void on_status(const instance_status&) {}
  /// The text of its status is another one, in the same state, and it has reported something as left out.
  virtual void on_status_text() {}
  /// Answers apply(): DRCON_OK, DRCON_RETRY or DRCON_REJECTED.
  virtual void on_done(std::uint64_t /*ticket*/, drcon_result, const std::string& /*why*/) {}
  /// The plugin's own process (isolation = "process") is a new one: what the old one knew of its target is gone.
  virtual void on_restarted() {}
  /// Endpoints, or with an empty id services, are left out from now on: all that one change brought, at least one.
  virtual void on_refused(const std::vector<refusal>&) {}
};

}  // namespace drcon::plugins
