// The last good snapshot of each pipeline, on disk: what a restart has to serve while its sources are away.
//
// state_file.hpp has the format. Thread rule: the engine's thread, which waits for the disk for a limited time only; a
// thread of the store's own writes, and a lane of its own does the rest.
#pragma once

#include "base/lane.hpp"
#include "base/result.hpp"
#include "engine/disk_lane.hpp"
#include "engine/state_file.hpp"
#include "model/snapshot_ptr.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace drcon::engine {

/// What there is on disk of a pipeline.
struct kept_state {
  model::snapshot_ptr last_good;  ///< null: there is none, or it cannot be used
  asked_for asked;                ///< what that answers; empty if it was kept by a version that did not say so
  kept_brake_memory brake;        ///< of the newest state that can be read
  std::chrono::system_clock::time_point decided{};  ///< when `last_good` was; the epoch: not known
  /// Not empty: something was served, and what it was is not known. Says which file cannot be used, and why.
  std::string fault;
  /// Not empty: `earlier` is there, and the targets have something later, as after a crash right behind a change. Says
  /// which file is not used, and why.
  std::string outdated;
  /// With one of the two: what was served some time before, or null. It must not be served, because the targets are
  /// newer; but a loss is measured from it.
  model::snapshot_ptr earlier;
};

class state_store {
public:
  /// An empty directory name: nothing is kept.
  explicit state_store(std::filesystem::path directory);
  /// As end(), with the patience of a start.
  ~state_store();
  state_store(const state_store&) = delete;
  state_store& operator=(const state_store&) = delete;

  /// Writes what is still to be written, and keeps nothing any more. False when the disk has not answered within
  /// `at_most`, which is logged: then the thread that writes is left behind, with all that it uses, and goes on when
  /// the disk does. Whoever waits for an answer of keep() may get it then: what that refers to must stay until the
  /// process has ended.
  bool end(std::chrono::nanoseconds at_most);

  /// How long nothing is written after something was, but for what keep() is asked for. It is longer where writing
  /// takes more than a twentieth of the time of one processor.
  void write_every(std::chrono::nanoseconds interval);

  /// What there is of a pipeline. A disk that does not answer in time is a fault.
  kept_state load(const std::string& pipeline);
  /// Pipelines run from now on, so that load() and pipelines() give up sooner.
  void hurry() { patience_ = disk_lane::patience_at_work; }

  /// Keeps a snapshot that sinks are given right afterwards. Saves that come faster than they are written are folded:
  /// the newest wins. One that cannot be written is tried again until it is, or until a newer one comes. When this
  /// returns, the file that is there is marked as outdated, durably, unless it has the same content: a crash in the
  /// next moment must not put it over newer targets. The same content may be kept again, for the brake.
  ///
  /// The mark is the renaming of one file, and waits for one sync of the directory: milliseconds, once for all saves
  /// until the next state is written, which is the interval in a burst. A disk that does not answer costs a change at
  /// most disk_lane::patience_for_a_name. Where the file cannot be renamed, the mark is in the file itself.
  void save(const std::string& pipeline, saved_state state);
  /// The same of a snapshot alone.
  void save(const std::string& pipeline, model::snapshot_ptr snapshot) {
    save(pipeline, saved_state{.snapshot = std::move(snapshot), .asked = {}});
  }

  using on_kept = std::function<void(base::result<>)>;
  /// Keeps a state before it takes effect. `kept` is called once, on the store's thread: with success when a crash
  /// or a power cut cannot undo it any more, and otherwise with what could not be done; then the state on disk is as
  /// before.
  void keep(const std::string& pipeline, saved_state state, on_kept kept);

  /// The pipeline has left the configuration: if it comes back, it begins without its old state, which stays
  /// beside as NAME.state.left. Waits for the disk, but not for long: what a load that follows finds, and what is kept
  /// of the pipeline when it comes back, is the same in either case.
  void retire(const std::string& pipeline);

  /// The pipelines that the directory has a state or a pause of, in order of name. None if the disk does not answer in
  /// time.
  std::set<std::string> pipelines();

  /// Why something could not be written and is tried again; empty if all is written.
  std::string fault() const;

private:
  struct shared;
  struct writer;
  void mark_outdated(const std::string& pipeline);

  std::filesystem::path directory_;
  std::shared_ptr<shared> shared_;     // with what runs on both lanes, which a disk that does not answer may hold up
  std::optional<base::lane> writing_;  // the writer runs on it, until the end
  bool has_ended_ = false;
  std::chrono::nanoseconds patience_ = disk_lane::patience_at_start;
  disk_lane lane_{"states"};
};

}  // namespace drcon::engine
