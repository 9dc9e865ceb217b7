#include "engine/state_store.hpp"

#include "base/guarded_file.hpp"
#include "base/last_catch.hpp"
#include "log/log.hpp"
#include "model/snapshot.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

namespace drcon::engine {
namespace {

namespace fs = std::filesystem;

// Writing a large snapshot at every change would wear the disk for nothing: only a restart reads it. And it takes time
// of the processor, which a burst of changes needs: after each round of writing there is a pause of so many times that.
constexpr int pause_for_work = 19;
// A disk that was full is written again soon after there is space.
constexpr auto pause_after_a_failed_write = std::chrono::milliseconds(1000);

// The files of one pipeline's state.
struct state_files {
  state_files(const fs::path& directory, const std::string& pipeline)
      : newest(directory / (pipeline + ".state")),
        earlier(newest.string() + ".1"),
        outdated(newest.string() + ".outdated"),
        damaged(newest.string() + ".damaged") {}
  fs::path newest;    // the last decided snapshot
  fs::path earlier;   // the one before
  fs::path outdated;  // the newest that was written, when the sinks have been given a later one
  fs::path damaged;   // it could not be read when it was replaced
};

std::chrono::nanoseconds processor_time_of_thread() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

base::result<saved_state> read_state(const fs::path& path) {
  const auto text = base::read_plain_file(path);
  if (!text) return base::failure{path.string() + " cannot be read: " + text.error().why};
  auto loaded = parse_state(*text);
  if (!loaded) return base::failure{path.string() + " is not used: " + loaded.error().why};
  return loaded;
}

}  // namespace

// What the engine's thread, the writer's and the marker's share.
struct state_store::shared {
  explicit shared(fs::path state_directory) : directory(std::move(state_directory)) {}

  // The state that is there is older than what the sinks are about to get. A rename works on a full disk, too.
  void mark(const std::string& pipeline) {
    const std::lock_guard on_names(names);
    {
      const std::lock_guard lock(mutex);
      if (!behind.contains(pipeline)) return;  // a newer one has been written meanwhile
    }
    const state_files files(directory, pipeline);
    // A failure shows when the state is written, which comes next; there is none on the first save of all.
    (void)move_file(files.newest, files.outdated);
  }

  struct urgent {
    std::string pipeline;
    saved_state state;
    on_kept kept;
  };

  const fs::path directory;
  std::mutex disk;   // held while one pipeline's state is written or retired; taken before `names`
  std::mutex names;  // held while files get their names, which is short; taken before `mutex`
  std::mutex mutex;  // guards all that follows
  std::condition_variable wake;
  bool closing = false;
  std::map<std::string, saved_state> waiting;          // to be written
  std::deque<urgent> urgent_ones;                      // the same, before all others
  std::set<std::string> behind;                        // what is on disk is older than what the sinks have
  std::map<std::string, model::snapshot_ptr> on_disk;  // by pipeline: what was read or written last
  std::string why_not;                                 // something could not be written, and is tried again
  std::chrono::nanoseconds interval = std::chrono::milliseconds(500);
  std::atomic<int> marking{0};  // marks that the disk has not answered
};

// Owns the thread that writes.
struct state_store::writer {
  explicit writer(std::shared_ptr<shared> with) : in(std::move(with)), thread([this] { run(); }) {}
  ~writer() {
    {
      const std::lock_guard lock(in->mutex);
      in->closing = true;
    }
    in->wake.notify_all();
    thread.join();
  }
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  void run() {
    std::unique_lock lock(in->mutex);
    for (;;) {
      in->wake.wait(lock, [this] { return in->closing || !in->waiting.empty() || !in->urgent_ones.empty(); });
      if (in->waiting.empty() && in->urgent_ones.empty()) return;
      lock.unlock();
      const auto begun = processor_time_of_thread();
      const bool all_written = write_all();
      const auto work = processor_time_of_thread() - begun;
      lock.lock();
      // A disk that is full stays so for a while: the end of the process does not wait for it.
      if (!all_written && in->closing) return;
      const auto pause = std::max<std::chrono::nanoseconds>(all_written ? in->interval : pause_after_a_failed_write,
                                                            pause_for_work * work);
      // Another interval counts at once: the rest of the one before may be long.
      in->wake.wait_for(lock, pause, [this, interval = in->interval] {
        return in->closing || !in->urgent_ones.empty() || in->interval != interval;
      });
    }
  }

  // One file after the other, so that retire() finds what is not written yet; each once, since changes that come faster
  // than the disk writes would otherwise never meet the pause between two rounds. False when something could not be
  // written: that is tried again with the next round.
  bool write_all() {
    write_urgent();
    std::map<std::string, saved_state> failed;
    std::set<std::string> taken;
    for (;;) {
      const std::lock_guard on_disk(in->disk);
      auto next = take_first_but(taken);
      if (next.empty()) break;
      taken.insert(next.key());
      bool written = false;
      base::caught_last("the last good state of pipeline " + next.key() + " is not kept, that of the others is", [&] {
        const auto outcome = write_state(next.key(), next.mapped());
        report(outcome ? std::string() : outcome.error().why);
        written = outcome.has_value();
      });
      if (!written) failed.insert(std::move(next));
    }
    const std::lock_guard lock(in->mutex);
    const bool all_written = failed.empty();
    in->waiting.merge(failed);  // keeps a newer one that has come meanwhile
    if (all_written) in->why_not.clear();
    return all_written;
  }

  // Empty when there is none.
  std::map<std::string, saved_state>::node_type take_first_but(const std::set<std::string>& taken) {
    const std::lock_guard lock(in->mutex);
    const auto first = std::ranges::find_if(in->waiting, [&](const auto& each) { return !taken.contains(each.first); });
    if (first == in->waiting.end()) return {};
    return in->waiting.extract(first);
  }

  void write_urgent() {
    for (;;) {
      std::unique_lock on_disk(in->disk);
      std::unique_lock lock(in->mutex);
      if (in->urgent_ones.empty()) return;
      auto next = std::move(in->urgent_ones.front());
      in->urgent_ones.pop_front();
      auto older = in->waiting.extract(next.pipeline);
      lock.unlock();
      base::result<> written = base::failure{"an error that was caught at the last moment"};
      base::caught_last("the state of pipeline " + next.pipeline + " is as before, and every pipeline goes on",
                        [&] { written = write_state(next.pipeline, next.state); });
      if (!written && older) {
        lock.lock();
        in->waiting.insert(std::move(older));
        lock.unlock();
      }
      on_disk.unlock();
      base::try_for_seconds("an operator has no answer yet; every pipeline goes on", [&] { next.kept(written); });
    }
  }

  base::result<> write_state(const std::string& pipeline, const saved_state& state) {
    const state_files files(in->directory, pipeline);
    std::error_code error;
    fs::create_directories(in->directory, error);
    const auto text = write_beside(files.newest, state);
    if (!text) return text.error();
    const std::lock_guard on_names(in->names);  // a mark renames what is looked at here
    if (!seen_good.contains(pipeline)) {
      const auto& there = fs::exists(files.newest, error) ? files.newest : files.outdated;
      if (!read_state(there)) fs::rename(there, files.damaged, error);  // stays as evidence
      seen_good.insert(pipeline);
    }
    bool is_newest = false;
    {
      const std::lock_guard lock(in->mutex);
      is_newest = !in->waiting.contains(pipeline);
      if (is_newest) in->behind.erase(pipeline);
      // A save in this moment must not be compared with what is about to be replaced: it would count as kept already.
      if (is_newest) in->on_disk.erase(pipeline);
    }
    // The sinks have been given a newer one by now, which is written in the next round: this one is not served.
    if (!is_newest) return move_file(*text, files.outdated);
    if (fs::exists(files.newest, error)) {
      fs::remove(files.earlier, error);
      fs::create_hard_link(files.newest, files.earlier, error);
    }
    auto replaced = move_file(*text, files.newest);
    if (!replaced) return replaced;
    if (fs::exists(files.outdated, error)) fs::rename(files.outdated, files.earlier, error);
    const std::lock_guard lock(in->mutex);
    in->on_disk.insert_or_assign(pipeline, state.snapshot);
    return {};
  }

  void report(const std::string& why) {
    {
      const std::lock_guard lock(in->mutex);
      if (why == in->why_not || (why.empty() && !failing)) return;
      if (!why.empty()) in->why_not = why;
    }
    if (why.empty()) log::info(base::subject_kind::state, "last good state is kept again");
    else log::error(base::subject_kind::state, "last good state is not kept; retrying: {}", why);
    failing = !why.empty();
  }

  const std::shared_ptr<shared> in;
  bool failing = false;             // the thread's own
  std::set<std::string> seen_good;  // the thread's own: pipelines whose state it has read or written
  std::thread thread;
};

state_store::state_store(fs::path directory) : directory_(std::move(directory)) {
  if (directory_.empty()) return;
  shared_ = std::make_shared<shared>(directory_);
  writer_ = std::make_unique<writer>(shared_);
}

state_store::~state_store() = default;

void state_store::write_every(std::chrono::nanoseconds interval) {
  if (!writer_) return;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->interval = interval;
  }
  shared_->wake.notify_all();
}

kept_state state_store::load(const std::string& pipeline) const {
  if (directory_.empty()) return {};
  const state_files files(directory_, pipeline);
  const auto is_there = [](const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error) || error;  // a directory that cannot be searched says nothing of what is in it
  };
  // A directory that cannot be written, as after an error of the disk, could not be marked either.
  const auto is_stuck = [&] { return ::access(directory_.c_str(), W_OK | X_OK) != 0; };
  const bool is_marked = !is_there(files.newest) && is_there(files.outdated);
  if (!is_marked && !is_there(files.newest)) return {};
  const auto& newest = is_marked ? files.outdated : files.newest;
  kept_state kept;
  auto loaded = read_state(newest);
  if (!loaded) {
    kept.fault = loaded.error().why;
    if (auto before = read_state(files.earlier)) {
      kept.earlier = std::move(before->snapshot);
      kept.brake = std::move(before->brake);
    }
    return kept;
  }
  kept.brake = std::move(loaded->brake);
  if (is_marked || is_stuck()) {
    kept.outdated = newest.string() + " is not used: " +
                    (is_marked ? "a later state was not written before drcon ended"
                               : "its directory cannot be written, so that a later state may not have been kept");
    kept.earlier = std::move(loaded->snapshot);
    return kept;
  }
  const std::lock_guard lock(shared_->mutex);
  shared_->on_disk.insert_or_assign(pipeline, loaded->snapshot);
  kept.last_good = std::move(loaded->snapshot);
  kept.asked = std::move(loaded->asked);
  return kept;
}

void state_store::save(const std::string& pipeline, model::snapshot_ptr snapshot, asked_for asked,
                       kept_brake_memory brake) {
  if (!writer_) return;
  bool is_newer = false;
  {
    const std::lock_guard lock(shared_->mutex);
    const auto there = shared_->on_disk.find(pipeline);
    // The same content may wait to be written again, for the brake.
    const bool is_kept = !shared_->behind.contains(pipeline) && there != shared_->on_disk.end() &&
                         same_content(*there->second, *snapshot);
    shared_->waiting.insert_or_assign(pipeline, saved_state{std::move(snapshot), std::move(asked), std::move(brake)});
    is_newer = !is_kept && shared_->behind.insert(pipeline).second;
  }
  shared_->wake.notify_all();
  if (is_newer) mark_outdated(pipeline);
}

void state_store::mark_outdated(const std::string& pipeline) {
  auto done = std::make_shared<std::promise<void>>();
  const auto marked = done->get_future();
  const bool is_stuck = shared_->marking.fetch_add(1) > 0;
  marker_.post([in = shared_, pipeline, done] {
    base::caught_last("the state of pipeline " + pipeline + " is not marked; every pipeline goes on",
                      [&] { in->mark(pipeline); });
    --in->marking;
    done->set_value();
  });
  // Waiting for each change would slow all of them down, and the disk does not answer sooner for it.
  if (is_stuck || marked.wait_for(longest_wait_for_mark) == std::future_status::ready) return;
  log::warning(base::subject_kind::state,
               "the disk of {} does not answer: the change of pipeline {} is applied without waiting for it",
               directory_.string(), pipeline);
}

void state_store::keep(const std::string& pipeline, saved_state state, on_kept kept) {
  if (!writer_) return kept({});
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->urgent_ones.push_back({pipeline, std::move(state), std::move(kept)});
  }
  shared_->wake.notify_all();
}

void state_store::retire(const std::string& pipeline) {
  if (!writer_) return;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->waiting.erase(pipeline);
    shared_->behind.erase(pipeline);
    shared_->on_disk.erase(pipeline);
  }
  const std::lock_guard on_disk(shared_->disk);
  const std::lock_guard on_names(shared_->names);
  const state_files files(directory_, pipeline);
  std::error_code error;
  const auto& last = fs::exists(files.newest, error) ? files.newest : files.outdated;
  fs::rename(last, files.newest.string() + ".left", error);
  for (const auto& each : {files.earlier, files.outdated}) fs::remove(each, error);
}

std::set<std::string> state_store::pipelines() const {
  std::set<std::string> names;
  if (directory_.empty()) return names;
  std::error_code error;
  for (fs::directory_iterator each(directory_, error), end; !error && each != end; each.increment(error)) {
    const auto name = each->path().filename().string();
    for (const std::string_view ending : {".state", ".state.outdated", ".paused"})
      if (name.size() > ending.size() && name.ends_with(ending))
        names.insert(name.substr(0, name.size() - ending.size()));
  }
  return names;
}

std::string state_store::fault() const {
  if (!writer_) return {};
  const std::lock_guard lock(shared_->mutex);
  return shared_->why_not;
}

}  // namespace drcon::engine
