#include "cli/kept_programs.hpp"

#include "log/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <set>
#include <utility>

namespace drcon::cli {
namespace {

// How soon a program begins after the other sinks have applied.
constexpr auto look_again = std::chrono::milliseconds(20);

base::subject sink_named(const std::string& name) { return {base::subject_kind::sink, name}; }

}  // namespace

kept_programs::kept_programs(boost::asio::io_context& context, engine::engine& engine, std::function<void()> ended)
    : keepers_(plugins::program_keepers::of_this_process()),
      engine_(engine),
      ended_(std::move(ended)),
      signals_(context),
      next_look_(context.get_executor()) {
  keepers_.listen([this, &context, alive = std::weak_ptr(alive_)] {
    boost::asio::post(context, [this, alive] {
      if (!alive.expired()) look();
    });
  });
}

kept_programs::~kept_programs() { keepers_.listen({}); }

bool kept_programs::any() const { return keepers_.any(); }

std::optional<int> kept_programs::exit_code() {
  take_endings();
  return code_;
}

void kept_programs::look() {
  if (!passes_signals_ && keepers_.any()) {
    // Before any of them begins: one of these signals would otherwise end drcon, and leave the program alone.
    for (const int signal : {SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH}) signals_.add(signal);
    passes_signals_ = true;
    wait_for_signal();
  }
  const bool had_ended = has_ended_;
  take_endings();
  if (has_ended_ && !had_ended) ended_();
  let_begin();
}

void kept_programs::take_endings() {
  for (const auto& each : keepers_.take_endings()) {
    if (!each.by_itself && !stopping_) continue;  // a reload has changed or removed it
    if (each.by_itself)
      log::warning(sink_named(each.sink), "{}; drcon stops, and ends with code {} as well", each.why, each.code);
    if (!code_) code_ = each.code;
    has_ended_ |= each.by_itself;
  }
}

void kept_programs::let_begin() {
  const auto waiting = keepers_.waiting();
  if (waiting.empty() || stopping_) return;
  for (const auto& sink : waiting)
    if (others_have_applied(sink)) keepers_.let_begin(sink);
  next_look_.after(look_again, [this] { let_begin(); });
}

// One that keeps a program itself is not waited for: both would wait for each other.
bool kept_programs::others_have_applied(const std::string& sink) const {
  std::set<std::string> others;
  for (const auto& [name, pipeline] : engine_.pipelines()) {
    const auto& sinks = pipeline->config().sinks;
    if (std::ranges::find(sinks, sink) != sinks.end()) others.insert(sinks.begin(), sinks.end());
  }
  return std::ranges::all_of(others, [&](const std::string& other) {
    if (other == sink || keepers_.keeps(other)) return true;
    const auto found = engine_.sinks().find(other);
    return found == engine_.sinks().end() || found->second->applies() > 0 || engine_.is_settled(*found->second);
  });
}

void kept_programs::wait_for_signal() {
  signals_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error, int signal) {
    if (error || alive.expired()) return;
    if (keepers_.pass_on(signal)) return wait_for_signal();
    log::warning(
        base::subject_kind::host,
        "signal {} came, and no sink keeps a program that it could be passed on to; the next one has its usual "
        "effect on drcon, unless a sink keeps a program by then",
        signal);
    // Not as soon as the last program has gone: in a reload the next one may be about to begin.
    signals_.clear();
    passes_signals_ = false;
    look();
  });
}

}  // namespace drcon::cli
