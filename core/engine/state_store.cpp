#include "engine/state_store.hpp"

#include "base/last_catch.hpp"
#include "log/log.hpp"

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>
#include <utility>

namespace drcon::engine {
namespace {

namespace fs = std::filesystem;

// Writing a large snapshot at every change would wear the disk for nothing: only a restart reads it.
constexpr auto pause_between_writes = std::chrono::milliseconds(500);

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
      auto now = std::exchange(waiting, {});
      lock.unlock();
      for (const auto& [pipeline, snapshot] : now)
        base::caught_last(
            "the last good state of pipeline " + pipeline + " is not kept, that of the others is",
            [&, &pipeline = pipeline, &snapshot = snapshot] { replace(pipeline + ".state", serialise(*snapshot)); });
      lock.lock();
      wake.wait_for(lock, pause_between_writes, [this] { return closing; });
    }
  }

  void replace(const std::string& name, const std::string& text) {
    std::error_code error;
    fs::create_directories(directory, error);
    const auto replaced = replace_file(directory / name, text);
    auto why = replaced ? std::string() : replaced.error().why;
    if (why == last_fault) return;
    if (!why.empty()) log::error(base::subject_kind::state, "last good state is not kept: {}", why);
    last_fault = std::move(why);
  }

  fs::path directory;
  std::mutex mutex;  // guards closing and waiting
  std::condition_variable wake;
  bool closing = false;
  std::map<std::string, model::snapshot_ptr> waiting;
  std::string last_fault;  // the thread's own
  std::thread thread;
};

state_store::state_store(fs::path directory) : directory_(std::move(directory)) {
  if (!directory_.empty()) writer_ = std::make_unique<writer>(directory_);
}

state_store::~state_store() = default;

base::result<model::snapshot_ptr> state_store::load(const std::string& pipeline) const {
  if (directory_.empty()) return model::snapshot_ptr();
  const auto path = directory_ / (pipeline + ".state");
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const auto why = std::strerror(errno);
    std::error_code error;
    if (fs::exists(path, error)) return base::failure{path.string() + " cannot be read: " + why};
    return model::snapshot_ptr();
  }
  std::ostringstream text;
  text << in.rdbuf();
  auto loaded = parse_state(text.str());
  if (!loaded) return base::failure{path.string() + " is not used: " + loaded.error().why};
  return loaded;
}

void state_store::save(const std::string& pipeline, model::snapshot_ptr snapshot) {
  if (!writer_) return;
  {
    const std::lock_guard lock(writer_->mutex);
    writer_->waiting.insert_or_assign(pipeline, std::move(snapshot));
  }
  writer_->wake.notify_all();
}

}  // namespace drcon::engine
