#include "cli/hosted_engine.hpp"

#include "base/lane.hpp"
#include "log/log.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <cstdlib>

namespace drcon::cli {

// The thread of a plugin that has just posted to the loop may still be inside of it, so the loop must not go yet.
hosted_engine::~hosted_engine() {
  engine_.reset();
  base::wait_for_lanes(std::chrono::seconds(1));
}

bool hosted_engine::run_until(const std::function<bool()>& done, std::chrono::nanoseconds at_most) {
  const auto work = boost::asio::make_work_guard(context_);
  context_.restart();
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    context_.run_one_until(end);
  }
  return true;
}

bool hosted_engine::stop() {
  bool over = false;
  bool clean = false;
  engine_->stop([&](bool in_time) {
    over = true;
    clean = in_time;
  });
  const auto work = boost::asio::make_work_guard(context_);
  // The guard of run_until() has ended. If the loop had nothing else to do, that has stopped it, and run_one() would
  // return at once for ever.
  context_.restart();
  while (!over) context_.run_one();
  return clean;
}

void exit_without_those_left(int code) {
  log::flush();
  std::_Exit(code);
}

}  // namespace drcon::cli
