#include "base/lane.hpp"

#include "base/last_catch.hpp"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace drcon::base {
namespace {

// The threads of all lanes. A thread whose lane is gone is joined by whoever waits for it, or when the next lane
// begins, so that no thread outlives what it used. The object is never destroyed, because the thread of an abandoned
// lane may still use it while the process ends.
class lane_threads {
public:
  int begin(std::function<void()> run) {
    join_ended();
    const std::lock_guard lock(mutex_);
    const int number = ++last_;
    // So that a thread which ends needs no memory: where that has run out it would end the process.
    ended_.reserve(ended_.size() + static_cast<std::size_t>(running_) + 1);
    ++running_;
    threads_.emplace(number, [this, number, run = std::move(run)] {
      run();
      const std::lock_guard ending(mutex_);
      --running_;
      ended_.push_back(number);
      changed_.notify_all();
    });
    return number;
  }
  int running() {
    int now = 0;
    {
      const std::lock_guard lock(mutex_);
      now = running_;
    }
    join_ended();
    return now;
  }
  template <class Condition>
  bool wait(std::chrono::nanoseconds at_most, Condition condition) {
    bool held = false;
    {
      std::unique_lock lock(mutex_);
      held = changed_.wait_for(lock, at_most, [&] { return condition(*this); });
    }
    join_ended();
    return held;
  }
  // For the condition of wait(), which holds the mutex.
  bool has_ended(int number) const { return !threads_.contains(number) || std::ranges::count(ended_, number) > 0; }
  bool none_runs() const { return running_ == 0; }

private:
  // Without the mutex while it joins: the thread that ends takes it.
  void join_ended() {
    std::vector<std::thread> ended;
    {
      const std::lock_guard lock(mutex_);
      for (const int each : ended_) ended.push_back(std::move(threads_.extract(each).mapped()));
      ended_.clear();
    }
    for (auto& each : ended) each.join();
  }

  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::map<int, std::thread> threads_;
  std::vector<int> ended_;
  int running_ = 0;
  int last_ = 0;
};

lane_threads& threads() {
  static lane_threads& only = *new lane_threads;
  return only;
}

}  // namespace

struct lane::state {
  struct work {
    std::function<void()> job;
    std::function<void()> lost;
  };

  std::mutex mutex;  // guards jobs and closing
  std::condition_variable wake;
  std::deque<work> jobs;
  bool closing = false;
  int thread = 0;
  std::string where;  // for the report of a job that throws; set before the thread runs

  void run() {
    for (;;) {
      std::unique_lock lock(mutex);
      wake.wait(lock, [this] { return closing || !jobs.empty(); });
      if (jobs.empty()) return;
      const auto next = std::move(jobs.front());
      jobs.pop_front();
      lock.unlock();
      // The other instances, and the next job of this one, go on.
      if (!caught_last(where, next.job) && next.lost) try_for_seconds(where, next.lost);
    }
  }
};

lane::lane(const std::string& name) : state_(std::make_shared<state>()) {
  state_->where = "a job of lane " + name + " is lost; it goes on with the next one, and every pipeline goes on";
  state_->thread = threads().begin([held = state_, name] {
    ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
    held->run();
  });
}

lane::~lane() {
  const std::lock_guard lock(state_->mutex);
  state_->closing = true;
  state_->wake.notify_one();
}

void lane::post(std::function<void()> job, std::function<void()> lost) {
  const std::lock_guard lock(state_->mutex);
  state_->jobs.push_back({std::move(job), std::move(lost)});
  state_->wake.notify_one();
}

std::size_t lane::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->jobs.size();
}

bool lane::end(std::chrono::nanoseconds at_most) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->closing = true;
    state_->wake.notify_one();
  }
  return threads().wait(at_most, [this](const lane_threads& all) { return all.has_ended(state_->thread); });
}

int lanes_running() { return threads().running(); }

bool wait_for_lanes(std::chrono::nanoseconds at_most) {
  return threads().wait(at_most, [](const lane_threads& all) { return all.none_runs(); });
}

}  // namespace drcon::base
