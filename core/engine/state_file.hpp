// The files of the state directory: what is in them, and how one takes the place of another.
//
// PIPELINE.state: a line with the format's version and the SHA-256 of the rest, then a snapshot as JSON.
// PIPELINE.paused: there while the pipeline is paused; JSON with the reason and the time.
// Thread rule: pure functions, but for those that write, move or remove files, which block on the disk.
#pragma once

#include "base/result.hpp"
#include "engine/asked_for.hpp"
#include "engine/brake_memory.hpp"
#include "model/snapshot_ptr.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace drcon::engine {

/// An operator has stopped a pipeline from deciding.
struct pause_mark {
  std::string why;
  std::chrono::system_clock::time_point since{};
  /// Sinks whose targets had something else than the pipeline serves, since they had not applied it: they keep that.
  std::vector<std::string> behind = {};
  std::string who = {};  ///< who has paused it, and who has added a reason; empty: not known
  bool operator==(const pause_mark&) const = default;
};

/// What a .state file holds.
struct saved_state {
  model::snapshot_ptr snapshot;  ///< never null
  asked_for asked;               ///< what the snapshot answers; empty if the file does not say so
  kept_brake_memory brake = {};  ///< what the pipeline's brake has to know besides
  /// When the snapshot was decided; the epoch: the file does not say so, as that of an earlier version.
  std::chrono::system_clock::time_point decided = {};
  /// The targets have been given a later one: see mark_file_outdated().
  bool is_outdated = false;
};

/// The text of a .state file.
std::string serialise(const model::snapshot& snapshot, const asked_for& asked = {}, const kept_brake_memory& brake = {},
                      std::chrono::system_clock::time_point decided = {});
/// What it holds. A file that is damaged, or of another format, is a failure that says so.
base::result<saved_state> parse_state(const std::string& text);

/// The text of a .paused file.
std::string serialise(const pause_mark& mark);
/// Never fails: a file that cannot be read still pauses, because only an operator may end a pause.
pause_mark parse_pause(const std::string& text);

/// Writes a file beside `path` and renames it, so that a crash leaves the old content or the new one, whole.
/// On success a power cut cannot undo it: the file and its directory are synced.
base::result<> replace_file(const std::filesystem::path& path, const std::string& text);
/// The first half of that: writes and syncs the file beside `path`, and returns its name.
base::result<std::filesystem::path> write_beside(const std::filesystem::path& path, const std::string& text);
/// The same with the text of a .state file, which is never in memory as a whole.
base::result<std::filesystem::path> write_beside(const std::filesystem::path& path, const saved_state& state);
/// The second half: renames a file within its directory, for good.
base::result<> move_file(const std::filesystem::path& file, const std::filesystem::path& path);
/// Says in a .state file itself, where it cannot be renamed, that it is outdated, and syncs it: one byte of its first
/// line becomes another one, for which no disk is too full. A file that is not one of this format, or not plain, is
/// left alone.
base::result<> mark_file_outdated(const std::filesystem::path& path);
/// Removes a file for good; one that is not there is no failure.
base::result<> remove_file(const std::filesystem::path& path);

}  // namespace drcon::engine
