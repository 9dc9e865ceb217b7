// What the files of the state directory hold, and that what is answered as kept survives a power failure.
#include "engine/state_file.hpp"

#include "model/snapshot.hpp"
#include "support/recorded_syncs.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace drcon::engine {
namespace {

ino_t inode_of(const std::filesystem::path& file) {
  struct stat info {};
  EXPECT_EQ(::stat(file.c_str(), &info), 0) << file;
  return info.st_ino;
}

TEST(StateFile, IsOnDiskBeforeItsNameIsAndThenItsName) {
  const test::temp_dir directory;
  const test::recorded_syncs synced;
  ASSERT_TRUE(replace_file(directory / "p.paused", "lunch"));
  EXPECT_EQ(synced.seen(), (std::vector<ino_t>{inode_of(directory / "p.paused"), inode_of(directory.path())}));
}

TEST(StateFile, IsGoneForGoodWhenItIsRemoved) {
  const test::temp_dir directory;
  ASSERT_TRUE(replace_file(directory / "p.paused", "lunch"));
  const test::recorded_syncs synced;
  ASSERT_TRUE(remove_file(directory / "p.paused"));
  EXPECT_EQ(synced.seen(), std::vector<ino_t>{inode_of(directory.path())});
}

TEST(StateFile, HasWhatTheBrakeHasToKnow) {
  const std::chrono::system_clock::time_point noon{std::chrono::hours(500'000)};
  const kept_brake_memory brake{
      .holds = {{.service = "", .why = "too much", .kept = 12, .lowest = 3, .since = noon, .of_outage = true},
                {.service = "web", .why = "4 of 4", .kept = 4, .lowest = 0, .since = noon, .is_own = false}},
      .losses = {{.service = "api", .until = noon, .served = 10}}};
  const auto text = serialise(model::snapshot(7, {}), {}, brake);
  const auto read = parse_state(text);
  ASSERT_TRUE(read) << read.error().why;
  EXPECT_EQ(read->brake, brake);
}

}  // namespace
}  // namespace drcon::engine
