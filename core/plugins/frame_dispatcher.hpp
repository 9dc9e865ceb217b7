// Turns what a plugin's own process sends into calls of the host's functions, as if the plugin had made them here.
//
// The bytes may be anything: a frame that is none throws frame_fault, and what a sound frame carries is judged by the
// host's functions, as for a plugin in this process.
// Thread rule: one thread, the supervisor's.
#pragma once

#include "config/configuration.hpp"
#include "plugins/calls.hpp"
#include "plugins/finding.hpp"
#include "plugins/frame.hpp"

#include <drcon/plugin.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace drcon::plugins {

/// Answers of the process to calls that it was asked for. They concern the supervisor, not the host.
class process_answers {
public:
  virtual ~process_answers() = default;
  virtual void on_created(drcon_result result) = 0;
  virtual void on_started(drcon_result result) = 0;
  virtual void on_render_ended(drcon_result result) = 0;
  /// One finding of the open probe, and its end: whether the plugin can look at all.
  virtual void on_found(finding one) = 0;
  virtual void on_probed(bool can) = 0;
  virtual void on_stopped() = 0;
  /// A sink has answered an update. Called before the host is, which may hand over the next one at once.
  virtual void on_answered(std::uint64_t ticket) = 0;
};

class frame_dispatcher {
public:
  /// `late_call` is called for each frame that comes after the plugin's stop has returned. `memory` bounds, in bytes of
  /// frames, what drcon keeps of what the process sends: a limit of the process is none if it can fill drcon instead.
  frame_dispatcher(config::kind kind, plugin_surroundings around, std::function<void()> late_call,
                   process_answers& answers, std::size_t memory = std::numeric_limits<std::size_t>::max())
      : kind_(kind), around_(std::move(around)), late_call_(std::move(late_call)), answers_(answers), memory_(memory) {}

  /// Takes one frame, without its length. Throws frame_fault when it is none, or when too much would be kept.
  void dispatch(std::string_view bytes);

  /// The process has ended. What it published stands until another one is ready.
  void process_ended();
  /// The last failure that the process gave a reason for; empty when it gave none.
  const std::string& last_failure() const { return last_failure_; }

private:
  void status(frame_reader& fields);
  void log(frame_reader& fields);
  void failed(frame_reader& fields);
  void publish(frame_reader& fields);
  void withdraw(frame_reader& fields);
  void ready();
  void unknown(frame_reader& fields);
  void names_unknown(frame_reader& fields);
  void names_known(const std::string& part);
  void done(frame_reader& fields);
  void rendered(frame_reader& fields);
  void refused(frame_reader& fields);
  void found(frame_reader& fields);
  void stopped();
  void keep(const std::string& service, std::size_t bytes);
  void release(const std::string& service);
  void keep_for_call(std::size_t bytes);
  void check_kept() const;

  const config::kind kind_;  // of the instance: what the process says may be anything
  const plugin_surroundings around_;
  const std::function<void()> late_call_;
  process_answers& answers_;
  const std::size_t memory_;
  std::map<std::string, std::size_t> kept_;  // service -> bytes of its last frame
  std::size_t kept_bytes_ = 0;               // all of them
  std::size_t call_bytes_ = 0;               // of what an apply or a render has sent so far: ends with its answer
  std::size_t frame_bytes_ = 0;              // of the frame that is dispatched
  bool in_outage_ = false;                   // since all was unknown, until the source is ready again
  std::set<std::string> withdrawn_;          // in this outage: the engine keeps each until the outage ends
  bool stopped_ = false;                     // nothing that the process sends counts any more
  std::string last_failure_;
  std::set<std::string> published_now_;     // services, by the process that is
  std::set<std::string> published_before_;  // services of earlier processes that this one has not published yet
  std::set<std::string> parts_now_;         // whose names are not known, by the process that is
  std::set<std::string> parts_before_;      // the same of earlier processes
};

}  // namespace drcon::plugins
