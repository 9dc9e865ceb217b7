#include "plugins/lane.hpp"

#include <pthread.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace drcon::plugins {
namespace {

// Never destroyed: an abandoned lane may still use it while the process ends.
struct running_lanes {
  std::mutex mutex;
  std::condition_variable changed;
  int count = 0;

  void add(int by) {
    const std::lock_guard lock(mutex);
    count += by;
    changed.notify_all();
  }
};

running_lanes& running() {
  static running_lanes& only = *new running_lanes;
  return only;
}

}  // namespace

struct lane::state {
  std::mutex mutex;  // guards jobs, closing and over
  std::condition_variable wake;
  std::condition_variable ended;
  std::deque<std::function<void()>> jobs;
  bool closing = false;
  bool over = false;

  void run() {
    for (;;) {
      std::unique_lock lock(mutex);
      wake.wait(lock, [this] { return closing || !jobs.empty(); });
      if (jobs.empty()) {
        over = true;
        ended.notify_all();
        return;
      }
      auto job = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      job();
    }
  }
};

lane::lane(const std::string& name) : state_(std::make_shared<state>()) {
  running().add(1);
  std::thread([held = state_, name] {
    ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
    held->run();
    running().add(-1);
  }).detach();
}

lane::~lane() {
  const std::lock_guard lock(state_->mutex);
  state_->closing = true;
  state_->wake.notify_one();
}

void lane::post(std::function<void()> job) {
  const std::lock_guard lock(state_->mutex);
  state_->jobs.push_back(std::move(job));
  state_->wake.notify_one();
}

bool lane::end(std::chrono::nanoseconds at_most) {
  std::unique_lock lock(state_->mutex);
  state_->closing = true;
  state_->wake.notify_one();
  return state_->ended.wait_for(lock, at_most, [this] { return state_->over; });
}

int lanes_running() {
  const std::lock_guard lock(running().mutex);
  return running().count;
}

bool wait_for_lanes(std::chrono::nanoseconds at_most) {
  std::unique_lock lock(running().mutex);
  return running().changed.wait_for(lock, at_most, [] { return running().count == 0; });
}

}  // namespace drcon::plugins
