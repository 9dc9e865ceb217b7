#include "log/background.hpp"

#include "base/count_of.hpp"

#include <fmt/format.h>

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace drcon::log {
namespace {

// What a line costs in memory, about.
std::size_t size_of(const line& one) { return sizeof(line) + one.about.name.size() + one.text.size(); }

struct loss {
  std::uint64_t lines = 0;
  std::uint64_t warnings = 0;
  std::uint64_t errors = 0;
};

line report_on(const loss& of) {
  return {.which = level::warning,
          .about = base::subject_kind::log,
          .text = fmt::format("{} dropped here ({}, {}), since whoever reads the log did not take them in time",
                              base::count_of(of.lines, "line") + (of.lines == 1 ? " was" : " were"),
                              base::count_of(of.warnings, "warning"), base::count_of(of.errors, "error")),
          .when = std::chrono::system_clock::now()};
}

}  // namespace

struct background::shared {
  shared(std::function<void(const line&)> put_one, std::size_t bytes) : put(std::move(put_one)), most(bytes) {}

  // Under the mutex, as all that follow.
  bool is_done() const { return waiting.empty() && !is_writing && missing.lines == 0; }

  void note_dropped(level which) {
    ++dropped;
    ++missing.lines;
    missing.warnings += which == level::warning ? 1 : 0;
    missing.errors += which == level::error ? 1 : 0;
  }

  // Its report takes the place of what was dropped.
  void push_report() {
    if (missing.lines == 0) return;
    push(report_on(std::exchange(missing, {})));
  }

  void push(line one) {
    used += size_of(one);
    waiting.push_back(std::move(one));
    ++added;
  }

  line take() {
    auto next = std::move(waiting.front());
    waiting.pop_front();
    used -= size_of(next);
    return next;
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      if (waiting.empty()) push_report();
      if (waiting.empty()) is_behind = false;
      if (waiting.empty() && closing) return;
      if (waiting.empty()) {
        wake.wait(lock);
        continue;
      }
      const auto next = take();
      is_writing = true;
      lock.unlock();
      try {
        put(next);
      } catch (...) {  // there is no place to report that a line cannot be written
      }
      lock.lock();
      is_writing = false;
      ++written;
      progress.notify_all();
    }
  }

  const std::function<void(const line&)> put;
  const std::size_t most;
  std::mutex mutex;  // guards all that follows; never held while a line is written
  std::condition_variable wake;
  std::condition_variable progress;
  std::deque<line> waiting;
  std::size_t used = 0;
  bool is_writing = false;
  bool is_behind = false;  // somebody has waited in vain
  bool closing = false;
  loss missing;  // dropped since the last report
  std::uint64_t dropped = 0;
  std::uint64_t added = 0;
  std::uint64_t written = 0;  // of those, reports included
  std::thread::id writer;
};

background::background(std::function<void(const line&)> put, std::size_t most_bytes)
    : in_(std::make_shared<shared>(std::move(put), most_bytes)) {
  // It cannot be joined while it waits for a reader that has stopped.
  std::thread writer([in = in_] {
    ::pthread_setname_np(::pthread_self(), "log");
    in->run();
  });
  {
    const std::lock_guard lock(in_->mutex);
    in_->writer = writer.get_id();
  }
  writer.detach();
}

background::~background() {
  const std::lock_guard lock(in_->mutex);
  in_->closing = true;
  in_->wake.notify_all();
}

void background::add(line one, std::chrono::milliseconds patience) {
  std::unique_lock lock(in_->mutex);
  if (in_->used + size_of(one) > in_->most) return in_->note_dropped(one.which);
  in_->push_report();
  in_->push(std::move(one));
  in_->wake.notify_all();
  if (in_->is_behind || patience.count() == 0 || in_->writer == std::this_thread::get_id()) return;
  const auto number = in_->added;
  if (!in_->progress.wait_for(lock, patience, [&] { return in_->written >= number; })) in_->is_behind = true;
}

bool background::drain(std::chrono::milliseconds patience, std::chrono::milliseconds at_most) {
  using clock = std::chrono::steady_clock;
  const auto end = clock::now() + at_most;
  std::unique_lock lock(in_->mutex);
  if (in_->writer == std::this_thread::get_id()) return false;  // it would wait for itself
  while (!in_->is_done()) {
    in_->wake.notify_all();
    const auto before = in_->written;
    const auto until = std::min(end, clock::now() + patience);
    if (!in_->progress.wait_until(lock, until, [&] { return in_->is_done() || in_->written != before; })) return false;
    if (clock::now() >= end) return in_->is_done();
  }
  return true;
}

std::uint64_t background::dropped() const {
  const std::lock_guard lock(in_->mutex);
  return in_->dropped;
}

}  // namespace drcon::log
