#include "engine/state_store.hpp"

#include "base/guarded_file.hpp"
#include "base/last_catch.hpp"
#include "log/log.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

namespace drcon::engine {
namespace {

namespace fs = std::filesystem;

// Writing a large snapshot at every change would wear the disk for nothing: only a restart reads it.
constexpr auto pause_between_writes = std::chrono::milliseconds(500);
// A disk that was full is written again soon after there is space.
constexpr auto pause_after_failure = std::chrono::milliseconds(1000);

// The files of one pipeline's state.
struct state_files {
  state_files(const fs::path& directory, const std::string& pipeline)
      : newest(directory / (pipeline + ".state")),
        earlier(newest.string() + ".1"),
        outdated(newest.string() + ".outdated"),
        damaged(newest.string() + ".damaged") {}
  fs::path newest;    // the last decided snapshot
  fs::path earlier;   // the one before
  fs::path outdated;  // the newest that could be written; a later one could not
  fs::path damaged;   // it could not be read when it was replaced
};

base::result<saved_state> read_state(const fs::path& path) {
  const auto text = base::read_plain_file(path);
  if (!text) return base::failure{path.string() + " cannot be read: " + text.error().why};
  auto loaded = parse_state(*text);
  if (!loaded) return base::failure{path.string() + " is not used: " + loaded.error().why};
  return loaded;
}

}  // namespace

// Owns the thread that writes.
struct state_store::writer {
  explicit writer(fs::path state_directory) : directory(std::move(state_directory)), thread([this] { run(); }) {}
  ~writer() {
    {
      const std::lock_guard lock(mutex);
      closing = true;
    }
    wake.notify_all();
    thread.join();
  }
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [this] { return closing || !waiting.empty(); });
      if (waiting.empty()) return;
      lock.unlock();
      const bool all_written = write_all();
      lock.lock();
      // A disk that is full stays so for a while: the end of the process does not wait for it.
      if (!all_written && closing) return;
      const auto pause = all_written ? pause_between_writes : pause_after_failure;
      wake.wait_for(lock, pause, [this] { return closing; });
    }
  }

  // One file after the other, so that retire() finds what is not written yet. False when something could not be
  // written: that is tried again with the next round.
  bool write_all() {
    std::map<std::string, saved_state> failed;
    for (;;) {
      const std::lock_guard on_disk(disk);
      auto next = take_first();
      if (next.empty()) break;
      bool written = false;
      base::caught_last("the last good state of pipeline " + next.key() + " is not kept, that of the others is",
                        [&] { written = write_state(next.key(), next.mapped()); });
      if (!written) failed.insert(std::move(next));
    }
    const std::lock_guard lock(mutex);
    const bool all_written = failed.empty();
    waiting.merge(failed);  // keeps a newer one that has come meanwhile
    if (all_written) why_not.clear();
    return all_written;
  }

  // Empty when there is none.
  std::map<std::string, saved_state>::node_type take_first() {
    const std::lock_guard lock(mutex);
    if (waiting.empty()) return {};
    return waiting.extract(waiting.begin());
  }

  bool write_state(const std::string& pipeline, const saved_state& state) {
    const state_files files(directory, pipeline);
    std::error_code error;
    fs::create_directories(directory, error);
    keep_earlier(files);
    const auto replaced = replace_file(files.newest, serialise(*state.snapshot, state.asked));
    if (replaced) {
      fs::remove(files.outdated, error);
    } else {
      // A full disk still allows a rename. A restart must not serve what is older than what the targets have.
      fs::rename(files.newest, files.outdated, error);
    }
    report(replaced ? std::string() : replaced.error().why);
    return replaced.has_value();
  }

  // The file that is about to be replaced stays as the earlier generation, or as evidence if it is damaged.
  void keep_earlier(const state_files& files) {
    std::error_code error;
    if (!fs::exists(files.newest, error)) return;
    const bool is_good = seen_good.contains(files.newest.string()) || read_state(files.newest).has_value();
    seen_good.insert(files.newest.string());
    if (!is_good) return fs::rename(files.newest, files.damaged, error);
    fs::remove(files.earlier, error);
    fs::create_hard_link(files.newest, files.earlier, error);
  }

  void report(const std::string& why) {
    {
      const std::lock_guard lock(mutex);
      if (why == why_not || (why.empty() && !failing)) return;
      if (!why.empty()) why_not = why;
    }
    if (why.empty()) log::info(base::subject_kind::state, "last good state is kept again");
    else log::error(base::subject_kind::state, "last good state is not kept, and is tried again: {}", why);
    failing = !why.empty();
  }

  fs::path directory;
  std::mutex disk;   // held while files of one pipeline are changed; never taken while `mutex` is held
  std::mutex mutex;  // guards closing, waiting and why_not
  std::condition_variable wake;
  bool closing = false;
  std::map<std::string, saved_state> waiting;
  std::string why_not;              // something could not be written, and is tried again
  bool failing = false;             // the thread's own
  std::set<std::string> seen_good;  // the thread's own: files that it has read or written
  std::thread thread;
};

state_store::state_store(fs::path directory) : directory_(std::move(directory)) {
  if (!directory_.empty()) writer_ = std::make_unique<writer>(directory_);
}

state_store::~state_store() = default;

kept_state state_store::load(const std::string& pipeline) const {
  if (directory_.empty()) return {};
  const state_files files(directory_, pipeline);
  const auto is_there = [](const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error) || error;  // a directory that cannot be searched says nothing of what is in it
  };
  kept_state kept;
  if (is_there(files.newest)) {
    auto loaded = read_state(files.newest);
    if (loaded)
      return {.last_good = std::move(loaded->snapshot), .asked = std::move(loaded->asked), .fault = {}, .earlier = {}};
    kept.fault = loaded.error().why;
  } else if (is_there(files.outdated)) {
    kept.fault = files.outdated.string() + " is not used: a later state could not be written";
    if (auto loaded = read_state(files.outdated)) kept.earlier = std::move(loaded->snapshot);
  }
  if (!kept.fault.empty() && !kept.earlier)
    if (auto loaded = read_state(files.earlier)) kept.earlier = std::move(loaded->snapshot);
  return kept;
}

void state_store::save(const std::string& pipeline, model::snapshot_ptr snapshot, question asked) {
  if (!writer_) return;
  {
    const std::lock_guard lock(writer_->mutex);
    writer_->waiting.insert_or_assign(pipeline, saved_state{std::move(snapshot), std::move(asked)});
  }
  writer_->wake.notify_all();
}

void state_store::retire(const std::string& pipeline) {
  if (!writer_) return;
  {
    const std::lock_guard lock(writer_->mutex);
    writer_->waiting.erase(pipeline);
  }
  const std::lock_guard on_disk(writer_->disk);
  const state_files files(directory_, pipeline);
  std::error_code error;
  fs::rename(files.newest, files.newest.string() + ".left", error);
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
  const std::lock_guard lock(writer_->mutex);
  return writer_->why_not;
}

}  // namespace drcon::engine
