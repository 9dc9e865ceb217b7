// The last good snapshot of each pipeline, on disk: what a restart has to serve while its sources are away.
//
// One file a pipeline, DIRECTORY/PIPELINE.state: a line with format and SHA-256, then JSON. Replaced by rename, so a
// crash leaves the old or the new one, whole; a damaged one is refused.
// Thread rule: load() on the engine's thread; save() returns at once, a thread of the store's own writes.
#pragma once

#include "model/snapshot.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace drcon::engine {

/// Somebody stopped a pipeline from deciding.
struct pause_mark {
  std::string why;
  std::chrono::system_clock::time_point since{};
};

class state_store {
public:
  /// An empty directory name: nothing is kept.
  explicit state_store(std::filesystem::path directory);
  /// Writes what is still to be written.
  ~state_store();
  state_store(const state_store&) = delete;
  state_store& operator=(const state_store&) = delete;

  /// The snapshot kept for the pipeline; or null, with a reason in `why` when there is a file that cannot be used.
  model::snapshot_ptr load(const std::string& pipeline, std::string& why) const;

  /// Keeps a snapshot. Saves that come faster than they are written are folded: the newest wins.
  void save(const std::string& pipeline, model::snapshot_ptr snapshot);

  /// A pause lasts through a restart: whoever asked for it did not ask for its end. DIRECTORY/PIPELINE.paused, JSON.
  std::optional<pause_mark> load_pause(const std::string& pipeline) const;
  void save_pause(const std::string& pipeline, std::optional<pause_mark> pause);

private:
  struct writer;
  std::filesystem::path directory_;
  std::unique_ptr<writer> writer_;
};

/// The file's text, and back. Exposed for tests.
std::string serialise(const model::snapshot& from);
model::snapshot_ptr parse_state(const std::string& text, std::string& why);

}  // namespace drcon::engine
