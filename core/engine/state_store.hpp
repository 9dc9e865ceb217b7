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
#include <set>
#include <string>

namespace drcon::engine {

/// What there is on disk of a pipeline.
struct kept_state {
  model::snapshot_ptr last_good;  ///< null: there is none, or it cannot be used
  question asked;                 ///< what that answers; empty if it was kept by a version that did not say so
  /// Not empty: something was served, and what it was is not known. Says which file cannot be used, and why.
  std::string fault;
  /// With a fault: what was served some time before, or null. It must not be served, because the targets are newer; but
  /// a loss can be measured from it.
  model::snapshot_ptr earlier;
};

class state_store {
public:
  /// An empty directory name: nothing is kept.
  explicit state_store(std::filesystem::path directory);
  /// Writes what is still to be written.
  ~state_store();
  state_store(const state_store&) = delete;
  state_store& operator=(const state_store&) = delete;

  kept_state load(const std::string& pipeline) const;

  /// Keeps a snapshot. Saves that come faster than they are written are folded: the newest wins. One that cannot be
  /// written is tried again until it is, or until a newer one comes; meanwhile the file that is there is marked as
  /// outdated, so that a restart does not put it over newer targets.
  /// `asked` is what the snapshot answers.
  void save(const std::string& pipeline, model::snapshot_ptr snapshot, question asked = {});

  /// The pipeline has left the configuration: if it comes back, it begins without its old state, which stays
  /// beside as NAME.state.left. Waits for the disk.
  void retire(const std::string& pipeline);

  /// The pipelines that the directory has a state or a pause of, in order of name. Waits for the disk.
  std::set<std::string> pipelines() const;

  /// Why something could not be written and is tried again; empty if all is written.
  std::string fault() const;

private:
  struct writer;
  std::filesystem::path directory_;
  std::unique_ptr<writer> writer_;
};

}  // namespace drcon::engine
