// The host's end of a drcon_instance: the gate through which the calls of a plugin reach its instance.
//
// A gate is never freed, not even when its instance is: a plugin may call late, on a thread that still runs after
// stop. It then finds a closed gate, which refuses and counts the call.
// Thread rule: open() and close() on the instance's lane or the engine's thread; all else on any thread.
#pragma once

#include "base/last_catch.hpp"
#include "base/subject.hpp"
#include "log/plugin_level.hpp"
#include "metrics/metrics.hpp"

#include <drcon/plugin.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

struct drcon_instance {
protected:
  ~drcon_instance() = default;
};

namespace drcon::plugins {

class instance;

/// The counters that a closed gate increases.
struct breach_counters {
  metrics::counter late_calls;
  metrics::counter misbehaviour;
};

class call_gate final : public drcon_instance {
public:
  /// Makes one that is never freed. `configuration`: the file that the instance is configured in.
  static call_gate* make(const base::subject& of, const std::string& plugin, const std::string& configuration,
                         breach_counters counters);

  /// Calls reach `target` from now on, until close() has returned.
  void open(instance* target);
  /// `after` says what has happened to the plugin's object: a late call is reported as made "after" that.
  void close(const char* after);

  const std::string& name() const { return subject_.name; }
  const std::string& configuration() const { return configuration_; }
  bool would_log(log::level which) const { return level_.takes(which); }

  /// Runs `call` on the instance, which cannot go away meanwhile; notes a late call instead when closed. False when an
  /// exception left the call, as when memory ran out: it must not travel on into the plugin, which may be written in C.
  template <class Call>
  bool with(Call call) {
    const std::shared_ptr<instance> target = reach();
    return !target || base::caught_last(lost_call_, [&] { call(*target); });
  }

  /// The same, while memory is missing again and again with pauses for some seconds, for a call that the plugin makes
  /// only once, so that what it says would be lost for good. False when it was given up.
  template <class Call>
  bool insist(Call call) {
    const std::shared_ptr<instance> target = reach();
    return !target || base::try_for_seconds(lost_call_, [&] { call(*target); });
  }

  /// Counts a call that came too late. The first is also logged, as misbehaviour: a thread that was left behind may
  /// call thousands of times a second.
  void note_late_call();

  static call_gate& of(drcon_instance* raw) { return static_cast<call_gate&>(*raw); }

private:
  call_gate(base::subject of, std::string plugin, std::string configuration, breach_counters counters)
      : subject_(std::move(of)),
        plugin_(std::move(plugin)),
        configuration_(std::move(configuration)),
        level_(plugin_),
        counters_(std::move(counters)),
        lost_call_("a call of " + to_string(subject_) + " to the host is lost; the other instances go on") {}
  std::shared_ptr<instance> reach();

  const base::subject subject_;
  const std::string plugin_;
  const std::string configuration_;
  const log::plugin_level level_;
  const breach_counters counters_;
  const std::string lost_call_;  // for the report of a call that throws
  std::mutex mutex_;             // guards all below
  std::weak_ptr<instance> target_;
  bool open_ = false;
  bool late_call_reported_ = false;
  const char* after_ = "its stop had returned";
};

}  // namespace drcon::plugins
