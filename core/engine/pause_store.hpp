// Which pipelines are paused, on disk: a pause lasts through a restart, because whoever asked for it did not ask for
// its end.
//
// state_file.hpp has the format of a mark. Thread rule: the engine's thread calls; a lane of the store's own reads and
// writes, one mark after the other in the order in which that was asked for.
#pragma once

#include "base/result.hpp"
#include "engine/disk_lane.hpp"
#include "engine/state_file.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace drcon::engine {

class pause_store {
public:
  /// An empty directory name: nothing is kept.
  explicit pause_store(std::filesystem::path directory) : directory_(std::move(directory)) {}

  /// Whether the pipeline was paused when drcon ended. Where that cannot be known, because of an error or since the
  /// disk has not answered in time, it was: only an operator ends a pause, and the mark says so.
  std::optional<pause_mark> load(const std::string& pipeline);
  /// Pipelines run from now on, so that load() gives up sooner.
  void hurry() { patience_ = disk_lane::patience_at_work; }

  /// Waits for what is still to be written or removed; nothing is kept any more. False when the disk has not answered
  /// within `at_most`, which is logged: `kept` of save() may still be called then.
  bool end(std::chrono::nanoseconds at_most);

  using on_kept = std::function<void(base::result<>)>;
  /// Keeps a mark, or removes it when there is none in `pause`. `kept` is called once, on the store's thread: with
  /// success when a crash or a power cut cannot undo it any more, and otherwise with what could not be done.
  void save(const std::string& pipeline, std::optional<pause_mark> pause, on_kept kept);
  /// The pipeline has left the configuration: if it comes back, it is not paused. The mark stays beside as
  /// NAME.paused.left. Waits for the disk, but not for long; a load that follows finds none in either case.
  void retire(const std::string& pipeline);

private:
  const std::filesystem::path directory_;
  std::chrono::nanoseconds patience_ = disk_lane::patience_at_start;
  disk_lane lane_{"pauses"};
};

}  // namespace drcon::engine
