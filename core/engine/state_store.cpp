#include "engine/state_store.hpp"

#include "base/guarded_file.hpp"
#include "base/last_catch.hpp"
#include "log/log.hpp"
#include "model/snapshot.hpp"

#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
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

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error) || error;  // a directory that cannot be searched says nothing of what is in it
}

// A state that is older than what the targets have is only measured from. Says why it is that.
std::string why_outdated(const fs::path& file, const saved_state& state, bool is_marked) {
  if (is_marked || state.is_outdated)
    return file.string() + " is not used: a later state was not written before drcon ended";
  // A directory that cannot be written, as after an error of the disk, could not be marked either.
  if (::access(file.parent_path().c_str(), W_OK | X_OK) == 0) return {};
  return file.string() + " is not used: its directory cannot be written, so that a later state may not have been kept";
}

kept_state read_kept(const fs::path& directory, const std::string& pipeline) {
  const state_files files(directory, pipeline);
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
  kept.outdated = why_outdated(newest, *loaded, is_marked);
  if (!kept.outdated.empty()) {
    kept.earlier = std::move(loaded->snapshot);
    return kept;
  }
  kept.decided = loaded->decided;
  kept.last_good = std::move(loaded->snapshot);
  kept.asked = std::move(loaded->asked);
  return kept;
}

std::set<std::string> names_on_disk(const fs::path& directory) {
  std::set<std::string> names;
  std::error_code error;
  for (fs::directory_iterator each(directory, error), end; !error && each != end; each.increment(error)) {
    const auto name = each->path().filename().string();
    for (const std::string_view ending : {".state", ".state.outdated", ".paused"})
      if (name.size() > ending.size() && name.ends_with(ending))
        names.insert(name.substr(0, name.size() - ending.size()));
  }
  return names;
}

}  // namespace

// What the engine's thread, the writer's and the lane share.
struct state_store::shared {
  explicit shared(fs::path state_directory) : directory(std::move(state_directory)) {}

  // The state that is there is older than what the sinks are about to get. A rename works on a full disk, too, and
  // where not even that works, the file may still be written.
  void mark(const std::string& pipeline) {
    const std::lock_guard on_names(names);
    {
      const std::lock_guard lock(mutex);
      if (!behind.contains(pipeline)) return;  // a newer one has been written meanwhile
    }
    const state_files files(directory, pipeline);
    if (!is_there(files.newest)) return;  // there is none on the first save of all
    const auto moved = move_file(files.newest, files.outdated);
    if (moved) return;
    // What was renamed without a sync may have its old name again after a crash.
    std::error_code error;
    const auto marked = mark_file_outdated(fs::exists(files.newest, error) ? files.newest : files.outdated);
    if (!marked)
      log::error(
          base::subject_kind::state,
          "the last good state of pipeline {} is older than what its targets get now, and cannot be marked so: {}; "
          "{}; a restart would serve it if its sources were away, unless a newer one is written before",
          pipeline, moved.error().why, marked.error().why);
  }

  // A pipeline that was retired takes its files along, before anything else of its name is written. The caller holds
  // `disk`.
  void put_aside(const std::string& pipeline) {
    {
      const std::lock_guard lock(mutex);
      if (leaving.erase(pipeline) == 0) return;
      on_disk.erase(pipeline);
    }
    const std::lock_guard on_names(names);
    const state_files files(directory, pipeline);
    std::error_code error;
    const auto& last = fs::exists(files.newest, error) ? files.newest : files.outdated;
    fs::rename(last, files.newest.string() + ".left", error);
    for (const auto& each : {files.earlier, files.outdated}) fs::remove(each, error);
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
  std::set<std::string> leaving;                       // retired, with files that are still to be put aside
  std::set<std::string> retired;                       // while the writer was at work on some that it has taken out
  std::map<std::string, model::snapshot_ptr> on_disk;  // by pipeline: what was read or written last
  std::string why_not;                                 // something could not be written, and is tried again
  std::chrono::nanoseconds interval = std::chrono::milliseconds(500);
};

// What runs on the lane that writes. The lane owns it: a disk that does not answer may keep it there when the store is
// gone.
struct state_store::writer {
  explicit writer(std::shared_ptr<shared> with) : in(std::move(with)) {}

  void run() {
    std::unique_lock lock(in->mutex);
    for (;;) {
      in->wake.wait(lock, [this] { return in->closing || !in->waiting.empty() || !in->urgent_ones.empty(); });
      if (in->waiting.empty() && in->urgent_ones.empty()) return;
      lock.unlock();
      const auto begun = processor_time_of_thread();
      bool all_written = false;
      // Memory may be missing anywhere in it. What was not written is still there, and is tried again.
      const bool is_over = base::caught_last(lost_round, [&] { all_written = write_all(); });
      const auto work = processor_time_of_thread() - begun;
      lock.lock();
      // A disk that is full stays so for a while: the end of the process does not wait for it.
      if (!all_written && in->closing) return;
      const auto pause = std::max<std::chrono::nanoseconds>(all_written ? in->interval : pause_after_a_failed_write,
                                                            pause_for_work * work);
      // Another interval counts at once: the rest of the one before may be long.
      in->wake.wait_for(lock, pause, [this, is_over, interval = in->interval] {
        return in->closing || (is_over && !in->urgent_ones.empty()) || in->interval != interval;
      });
    }
  }

  // What is taken out of the waiting ones, and is back there at the end unless it was written, or its pipeline has left
  // meanwhile: also when an exception ends that. None of this takes memory. One at a time.
  struct taken_out {
    explicit taken_out(shared& from) : in(from) {
      const std::lock_guard lock(in.mutex);
      in.retired.clear();
    }
    ~taken_out() {
      const std::lock_guard lock(in.mutex);
      for (const auto& each : in.retired) states.erase(each);
      in.waiting.merge(states);  // keeps a newer one that has come meanwhile
    }
    taken_out(const taken_out&) = delete;
    taken_out& operator=(const taken_out&) = delete;

    shared& in;
    std::map<std::string, saved_state> states;
  };

  // One file after the other, so that retire() finds what is not written yet; each once, since changes that come faster
  // than the disk writes would otherwise never meet the pause between two rounds. False when something could not be
  // written: that is tried again with the next round.
  bool write_all() {
    write_urgent();
    taken_out failed(*in);
    std::set<std::string> seen;
    for (;;) {
      const std::lock_guard on_disk(in->disk);
      const auto next = take_first_but(seen, failed);
      if (next == failed.states.end()) break;
      if (write_one(next->first, next->second)) failed.states.erase(next);
    }
    if (!failed.states.empty()) return false;
    const std::lock_guard lock(in->mutex);
    in->why_not.clear();
    return true;
  }

  // At the end of `into` when there is none.
  std::map<std::string, saved_state>::iterator take_first_but(std::set<std::string>& seen, taken_out& into) {
    const std::lock_guard lock(in->mutex);
    const auto first = std::ranges::find_if(in->waiting, [&](const auto& each) { return !seen.contains(each.first); });
    if (first == in->waiting.end()) return into.states.end();
    seen.insert(first->first);
    return into.states.insert(in->waiting.extract(first)).position;
  }

  bool write_one(const std::string& pipeline, const saved_state& state) {
    bool written = false;
    base::caught_last("the last good state of pipeline " + pipeline + " is not kept, that of the others is", [&] {
      const auto outcome = write_state(pipeline, state);
      report(outcome ? std::string() : outcome.error().why);
      written = outcome.has_value();
    });
    return written;
  }

  // One stays in the queue until it is answered: whoever waits for the answer gets it when memory is there again.
  void write_urgent() {
    for (;;) {
      const shared::urgent* next = nullptr;
      {
        const std::lock_guard lock(in->mutex);
        if (in->urgent_ones.empty()) return;
        next = &in->urgent_ones.front();  // others only add to its end
      }
      const auto written = write_before_others(*next);
      base::try_for_seconds(no_answer, [&] { next->kept(written); });
      const std::lock_guard lock(in->mutex);
      in->urgent_ones.pop_front();
    }
  }

  base::result<> write_before_others(const shared::urgent& next) {
    const std::lock_guard on_disk(in->disk);
    base::result<> written = base::failure{"an error that was caught at the last moment"};
    taken_out older(*in);
    {
      const std::lock_guard lock(in->mutex);
      if (auto waits = in->waiting.extract(next.pipeline)) older.states.insert(std::move(waits));
    }
    base::caught_last("the state of pipeline " + next.pipeline + " is as before, and every pipeline goes on",
                      [&] { written = write_state(next.pipeline, next.state); });
    if (written) older.states.clear();
    return written;
  }

  base::result<> write_state(const std::string& pipeline, const saved_state& state) {
    const state_files files(in->directory, pipeline);
    std::error_code error;
    in->put_aside(pipeline);
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

  // Made before they are needed: memory may be what is missing then.
  const std::string lost_round = "last good states are not kept yet, and are tried again; every pipeline goes on";
  const std::string no_answer = "an operator has no answer yet; every pipeline goes on";
  const std::shared_ptr<shared> in;
  bool failing = false;             // the thread's own
  std::set<std::string> seen_good;  // the thread's own: pipelines whose state it has read or written
};

state_store::state_store(fs::path directory) : directory_(std::move(directory)) {
  if (directory_.empty()) return;
  shared_ = std::make_shared<shared>(directory_);
  const auto write = [made = std::make_shared<writer>(shared_)] { made->run(); };
  writing_.emplace("state-writer").post(write, write);
}

state_store::~state_store() { end(disk_lane::patience_at_start); }

bool state_store::end(std::chrono::nanoseconds at_most) {
  if (!writing_ || std::exchange(has_ended_, true)) return true;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->closing = true;
  }
  shared_->wake.notify_all();
  if (writing_->end(at_most)) return true;
  std::set<std::string> behind;
  {
    const std::lock_guard lock(shared_->mutex);
    behind = shared_->behind;
  }
  log::error(base::subject_kind::state,
             "the disk of {} does not answer: drcon does not wait for it any longer; what was decided last may not be "
             "kept{}{}",
             directory_.string(), behind.empty() ? "" : " of pipelines ", fmt::join(behind, ", "));
  return false;
}

void state_store::write_every(std::chrono::nanoseconds interval) {
  if (!writing_) return;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->interval = interval;
  }
  shared_->wake.notify_all();
}

kept_state state_store::load(const std::string& pipeline) {
  if (directory_.empty()) return {};
  auto found =
      lane_.ask<kept_state>([directory = directory_, pipeline] { return read_kept(directory, pipeline); }, patience_);
  if (!found) {
    kept_state unknown;
    unknown.fault = "the disk of " + directory_.string() + " does not answer";
    return unknown;
  }
  // Here, and not where it was read: by then a newer one may have been written, and it would seem to be there.
  const std::lock_guard lock(shared_->mutex);
  if (found->last_good) shared_->on_disk.insert_or_assign(pipeline, found->last_good);
  return std::move(*found);
}

void state_store::save(const std::string& pipeline, saved_state state) {
  if (!writing_) return;
  bool is_newer = false;
  {
    const std::lock_guard lock(shared_->mutex);
    const auto there = shared_->on_disk.find(pipeline);
    // The same content may wait to be written again, for the brake.
    const bool is_kept = !shared_->behind.contains(pipeline) && there != shared_->on_disk.end() &&
                         same_content(*there->second, *state.snapshot);
    shared_->waiting.insert_or_assign(pipeline, std::move(state));
    is_newer = !is_kept && shared_->behind.insert(pipeline).second;
  }
  shared_->wake.notify_all();
  if (is_newer) mark_outdated(pipeline);
}

void state_store::mark_outdated(const std::string& pipeline) {
  const bool was_stuck = lane_.is_stuck();
  const auto marked = lane_.ask<bool>(
      [in = shared_, pipeline] {
        in->mark(pipeline);
        return true;
      },
      disk_lane::patience_for_a_name);
  if (marked || was_stuck || !lane_.is_stuck()) return;
  log::warning(base::subject_kind::state,
               "the disk of {} does not answer: the change of pipeline {} is applied without waiting for it",
               directory_.string(), pipeline);
}

void state_store::keep(const std::string& pipeline, saved_state state, on_kept kept) {
  if (!writing_) return kept({});
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->urgent_ones.push_back({pipeline, std::move(state), std::move(kept)});
  }
  shared_->wake.notify_all();
}

void state_store::retire(const std::string& pipeline) {
  if (!writing_) return;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->waiting.erase(pipeline);
    shared_->behind.erase(pipeline);
    shared_->on_disk.erase(pipeline);
    shared_->leaving.insert(pipeline);
    shared_->retired.insert(pipeline);
  }
  const bool was_stuck = lane_.is_stuck();
  const auto moved = lane_.ask<bool>(
      [in = shared_, pipeline] {
        const std::lock_guard on_disk(in->disk);
        in->put_aside(pipeline);
        return true;
      },
      disk_lane::patience_for_a_name);
  if (moved || was_stuck) return;
  log::warning(base::subject_kind::state,
               "the disk of {} does not answer: what was kept of pipeline {} is put aside when it does",
               directory_.string(), pipeline);
}

std::set<std::string> state_store::pipelines() {
  if (directory_.empty()) return {};
  const auto names =
      lane_.ask<std::set<std::string>>([directory = directory_] { return names_on_disk(directory); }, patience_);
  if (names) return *names;
  log::warning(base::subject_kind::state, "the disk of {} does not answer: which states are there is not known",
               directory_.string());
  return {};
}

std::string state_store::fault() const {
  if (!writing_) return {};
  const std::lock_guard lock(shared_->mutex);
  return shared_->why_not;
}

}  // namespace drcon::engine
