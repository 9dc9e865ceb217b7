// That what is answered as kept survives a power failure.
#include "engine/state_file.hpp"

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

}  // namespace
}  // namespace drcon::engine
