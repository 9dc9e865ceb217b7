// drcon once: every target up to date, once.
#include "base/printed.hpp"
#include "base/wall_clock.hpp"
#include "cli/hosted_engine.hpp"
#include "cli/kept_programs.hpp"
#include "cli/process_one.hpp"
#include "cli/state_lock.hpp"
#include "log/in_background.hpp"
#include "log/log.hpp"
#include "report/verdict.hpp"

#include <boost/asio/signal_set.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace drcon::cli {
namespace {

// The files are as they are to be, and what the sources report from now on is not followed: drcon only stays for the
// programs that its sinks keep, until one of them ends, or drcon is stopped.
void stay_for(const kept_programs& programs, hosted_engine& hosted, const bool& stopped) {
  hosted.engine().stop_sources();
  constexpr auto without_end = std::chrono::hours(24);
  while (!hosted.run_until([&] { return stopped || programs.has_ended(); }, without_end)) {
  }
}

// What a pause keeps from the targets.
void add_paused(const engine::engine& engine, std::vector<std::string>& open) {
  for (const auto& [name, pipeline] : engine.pipelines()) {
    if (!pipeline->paused()) continue;
    const auto to_do = "; start drcon and run drcon resume " + name;
    if (pipeline->pending())
      open.push_back("pipeline " + name + " is paused, and its targets do not have what its sources have now: " +
                     pipeline->paused()->why + to_do);
    for (const auto& sink : pipeline->paused()->behind)
      open.push_back("sink " + sink + " keeps what it had of pipeline " + name +
                     ", which is paused, since it had not applied what is served when the pause began" + to_do);
  }
}

// A hold may last longer than whoever waits expects: what it is, until when, and how to go on is reported as it begins.
class hold_reporter {
public:
  void report(const engine::engine& of) {
    for (const auto& [name, pipeline] : of.pipelines()) {
      const auto& held = pipeline->held_back();
      auto& last = reported_[name];
      if (held.number == 0 || held.number == last) continue;
      last = held.number;
      std::cerr << "drcon: pipeline " << name << " waits, since its brake holds: " << held.why << "; until "
                << base::time_of_day(held.until)
                << " at the latest, or until the endpoints are back. To end the wait: let "
                << "drcon run serve this configuration and release it with drcon release-brake " << name
                << ", or set brake.hold to 0 for this one run\n"
                << std::flush;
    }
  }

private:
  std::map<std::string, std::uint64_t> reported_;  // the number of what was reported last, by pipeline
};

}  // namespace

int once(const arguments& options) {
  if (const auto code = serve_as_process_one()) return *code;
  ignore_broken_pipes();
  plugins::registry plugins;
  const auto host = prepare(options, plugins);
  if (!host) return host.error();
  const auto config = load_config(options, plugins);
  if (!config) return config.error();
  auto own = *host;
  const auto locked = state_lock::take(own.state_directory);
  if (!locked) {
    // What the running one keeps is its own: this one neither serves from it nor writes to it.
    log::warning(base::subject_kind::state, "{}; no state is read or kept", locked.error().why);
    own.state_directory.clear();
  }
  std::optional<log::in_background> log_without_waiting;  // ends last, for what is logged until then
  bool stopped = false;                                   // outlives the loop, whose handlers set it
  hosted_engine hosted(plugins, own, engine::mode::apply);
  kept_programs programs(hosted.context(), hosted.engine(), [] {});
  // Until the end: without it, a signal would end drcon at once, and leave the programs that its sinks keep or run.
  boost::asio::signal_set signals(hosted.context(), SIGTERM, SIGINT);
  signals.async_wait([&stopped](const boost::system::error_code& error, int) { stopped |= !error; });
  config::diagnostics found;
  if (!hosted.engine().apply(*config, found)) {
    print(found);
    return exit_config;
  }
  hold_reporter holds;
  const auto is_over = [&] {
    holds.report(hosted.engine());
    return stopped || hosted.engine().settled() || programs.has_ended();
  };
  hosted.run_until(is_over, options.timeout);
  const bool settled = hosted.engine().settled();
  // All may have settled without what a sink refuses, or what a pause keeps from the targets.
  auto open = report::unsettled(hosted.engine());
  add_paused(hosted.engine(), open);
  if (stopped && !settled) open.emplace_back("a signal came before every target was up to date");
  for (const auto& line : open) std::cerr << "drcon: " << base::with_printed(line) << "\n";
  if (settled && open.empty() && programs.any()) {
    log_without_waiting.emplace();
    stay_for(programs, hosted, stopped);
  }
  programs.note_stop();
  const bool clean = hosted.stop();
  int result = clean ? exit_ok : exit_overstay;
  if (!settled || !open.empty()) result = exit_runtime;
  // Without that the files are not as they should be, which the end of a program that drcon has ended must not hide.
  if (const auto code = programs.exit_code(); code && (programs.has_ended() || (settled && open.empty())))
    result = *code;
  if (clean) return result;
  exit_without_those_left(result);
}

}  // namespace drcon::cli
