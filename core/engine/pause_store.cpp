#include "engine/pause_store.hpp"

#include "base/guarded_file.hpp"

#include <future>
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

}  // namespace

std::optional<pause_mark> pause_store::load(const std::string& pipeline) const {
  if (directory_.empty()) return {};
  const auto file = directory_ / (pipeline + ".paused");
  std::error_code error;
  if (!fs::exists(fs::symlink_status(file, error))) return {};
  return parse_pause(text_of(file));  // one that cannot be read is a mark all the same
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
  auto moved = std::make_shared<std::promise<void>>();
  const auto over = moved->get_future();
  auto move = [file = directory_ / (pipeline + ".paused"), moved] {
    std::error_code error;
    fs::rename(file, file.string() + ".left", error);
    moved->set_value();
  };
  lane_.post(std::move(move), [moved] { moved->set_value(); });
  over.wait();
}

}  // namespace drcon::engine
