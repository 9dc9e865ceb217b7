// The last good snapshot of each pipeline, on disk: what a restart has to serve while its sources are away.
//
// state_file.hpp has the format. Thread rule: the engine's thread. load() blocks on the disk; save() returns at once,
// because a thread of the store's own writes.
#pragma once

#include "base/result.hpp"
#include "engine/state_file.hpp"
#include "model/snapshot_ptr.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace drcon::engine {

class state_store {
public:
  /// An empty directory name: nothing is kept.
  explicit state_store(std::filesystem::path directory);
  /// Writes what is still to be written.
  ~state_store();
  state_store(const state_store&) = delete;
  state_store& operator=(const state_store&) = delete;

  /// The snapshot kept for the pipeline, or null if none was kept. A file that cannot be used is a failure.
  base::result<model::snapshot_ptr> load(const std::string& pipeline) const;

  /// Keeps a snapshot. Saves that come faster than they are written are folded: the newest wins.
  void save(const std::string& pipeline, model::snapshot_ptr snapshot);

private:
  struct writer;
  std::filesystem::path directory_;
  std::unique_ptr<writer> writer_;
};

}  // namespace drcon::engine
