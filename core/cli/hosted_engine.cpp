#include "cli/hosted_engine.hpp"

#include "base/lane.hpp"

#include <boost/asio/executor_work_guard.hpp>

namespace drcon::cli {

// A plugin's thread that has said its last word may still be within the loop that it said it to.
hosted_engine::~hosted_engine() {
  engine_.reset();
  base::wait_for_lanes(std::chrono::seconds(1));
}

bool hosted_engine::run_until(const std::function<bool()>& done, std::chrono::nanoseconds at_most) {
  const auto work = boost::asio::make_work_guard(context_);
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
  while (!over) context_.run_one();
  return clean;
}

}  // namespace drcon::cli
