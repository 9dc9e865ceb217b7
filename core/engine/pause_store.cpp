#include "engine/pause_store.hpp"

#include "base/guarded_file.hpp"
#include "log/log.hpp"

#include <memory>
#include <system_error>
#include <utility>

namespace drcon::engine {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  const auto text = base::read_plain_file(file);
  return text ? *text : std::string();
}

base::result<> write(const fs::path& file, const std::optional<pause_mark>& pause) {
  std::error_code error;
  if (!pause) return remove_file(file);
  fs::create_directories(file.parent_path(), error);  // a failure shows when the file is created
  return replace_file(file, serialise(*pause));
}

// What was answered with a failure must not have an effect at the next start: a change of the directory that could not
// be synced is taken back.
base::result<> write_or_take_back(const fs::path& file, const std::optional<pause_mark>& pause) {
  std::error_code error;
  const bool was_there = fs::exists(fs::symlink_status(file, error));
  const auto before = base::read_plain_file(file);
  auto written = write(file, pause);
  const bool is_there = fs::exists(fs::symlink_status(file, error));
  if (written) return written;
  if (!was_there && is_there) (void)remove_file(file);
  if (was_there && before && text_of(file) != *before) (void)replace_file(file, *before);
  return written;
}

// Whoever has paused has not resumed, as far as anybody can tell.
pause_mark unknown_mark(const std::string& why) {
  return {.why = "it may have been paused before the restart: its mark cannot be looked at: " + why,
          .since = std::chrono::system_clock::now()};
}

std::optional<pause_mark> read_mark(const fs::path& file) {
  std::error_code error;
  const auto found = fs::symlink_status(file, error).type();
  if (found == fs::file_type::not_found) return {};
  // A directory that cannot be searched says nothing of what is in it.
  if (found == fs::file_type::none) return unknown_mark(error.message());
  return parse_pause(text_of(file));  // one that cannot be read is a mark all the same
}

}  // namespace

std::optional<pause_mark> pause_store::load(const std::string& pipeline) {
  if (directory_.empty()) return {};
  const auto found = lane_.ask<std::optional<pause_mark>>(
      [file = directory_ / (pipeline + ".paused")] { return read_mark(file); }, patience_);
  return found ? *found : unknown_mark("the disk does not answer");
}

void pause_store::save(const std::string& pipeline, std::optional<pause_mark> pause, on_kept kept) {
  const auto written = std::make_shared<base::result<>>(base::failure{"the mark could not be written"});
  auto answer = [written, kept = std::move(kept)] { kept(*written); };
  auto write_and_answer = [directory = directory_, pipeline, pause = std::move(pause), written, answer] {
    try {
      *written = directory.empty() ? base::result<>() : write_or_take_back(directory / (pipeline + ".paused"), pause);
    } catch (const std::exception& error) {  // without an answer the operator would wait for one
      *written = base::failure{error.what()};
    }
    answer();
  };
  lane_.post(std::move(write_and_answer), std::move(answer));
}

void pause_store::retire(const std::string& pipeline) {
  if (directory_.empty()) return;
  const bool was_stuck = lane_.is_stuck();
  const auto moved = lane_.ask<bool>(
      [file = directory_ / (pipeline + ".paused")] {
        std::error_code error;
        fs::rename(file, file.string() + ".left", error);
        return true;
      },
      disk_lane::patience_for_a_name);
  if (moved || was_stuck) return;
  log::warning(base::subject_kind::state,
               "the disk of {} does not answer: the mark of a pause of pipeline {} is put aside when it does",
               directory_.string(), pipeline);
}

bool pause_store::end(std::chrono::nanoseconds at_most) {
  if (lane_.end(at_most)) return true;
  log::error(base::subject_kind::state,
             "the disk of {} does not answer: drcon does not wait any longer for what it was asked of pauses",
             directory_.string());
  return false;
}

}  // namespace drcon::engine
