#include "common/atomic_file.hpp"

#include "support/recorded_syncs.hpp"
#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

namespace drcon::common {
namespace {

using test::temp_dir;

struct stat stat_of(const std::filesystem::path& file) {
  struct stat info {};
  EXPECT_EQ(::stat(file.c_str(), &info), 0) << file;
  return info;
}

auto files_in(const std::filesystem::path& directory) {
  return std::distance(std::filesystem::directory_iterator(directory), std::filesystem::directory_iterator());
}

TEST(AtomicFile, WritesANewFileWithTheModeAskedFor) {
  const temp_dir directory;
  const auto file = directory / "x.conf";
  EXPECT_EQ(replace_file(file, "text", {.new_mode = 0640}), "");
  EXPECT_EQ(test::read_file(file), "text");
  EXPECT_EQ(stat_of(file).st_mode & 07777U, 0640U);
  EXPECT_EQ(files_in(directory.path()), 1);
}

TEST(AtomicFile, ReplacesByRenameAndKeepsModeAndOwner) {
  const temp_dir directory;
  const auto file = directory / "x.conf";
  test::write_file(file, "old");
  ASSERT_EQ(::chmod(file.c_str(), 0604), 0);
  ASSERT_EQ(::chown(file.c_str(), 7, 8), 0);
  const auto before = stat_of(file);
  EXPECT_EQ(replace_file(file, "new", {.new_mode = 0644}), "");
  const auto after = stat_of(file);
  EXPECT_EQ(test::read_file(file), "new");
  EXPECT_NE(after.st_ino, before.st_ino) << "whoever had it open still reads the old one";
  EXPECT_EQ(after.st_mode, before.st_mode);
  EXPECT_EQ(after.st_uid, 7U);
  EXPECT_EQ(after.st_gid, 8U);
}

TEST(AtomicFile, IsOnTheDiskWithItsNameWhenItHasBeenReplaced) {
  const temp_dir directory;
  const auto file = directory / "x.conf";
  const test::recorded_syncs synced;
  EXPECT_EQ(replace_file(file, "text"), "");
  const auto& seen = synced.seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0], stat_of(file).st_ino) << "first the content";
  EXPECT_EQ(seen[1], stat_of(directory.path()).st_ino) << "then the directory, which has the name";
}

TEST(AtomicFile, ReplacesTheTargetOfALinkAndKeepsTheLink) {
  const temp_dir directory;
  test::write_file(directory / "real" / "x.conf", "old");
  std::filesystem::create_symlink("real/x.conf", directory / "x.conf");
  EXPECT_EQ(replace_file(directory / "x.conf", "new"), "");
  EXPECT_TRUE(std::filesystem::is_symlink(directory / "x.conf"));
  EXPECT_EQ(test::read_file(directory / "real" / "x.conf"), "new");
}

TEST(AtomicFile, ChangesNothingWhenItCannotFinish) {
  const temp_dir directory;
  EXPECT_NE(replace_file(directory / "nowhere" / "x", "text").find("No such file"), std::string::npos);
  std::filesystem::create_directories(directory / "taken" / "by a directory");
  EXPECT_NE(replace_file(directory / "taken", "text"), "");
  EXPECT_EQ(files_in(directory.path()), 1) << "no temporary file is left behind";
}

TEST(AtomicFile, TakesABareNameAsOneOfTheWorkingDirectory) {
  const temp_dir directory;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory.path());
  const auto why = replace_file("bare.conf", "text");
  std::filesystem::current_path(before);
  EXPECT_EQ(why, "");
  EXPECT_EQ(test::read_file(directory / "bare.conf"), "text");
}

TEST(AtomicFile, KeepsAFileThatIsNotThereApartFromOneThatCannotBeRead) {
  const temp_dir directory;
  std::string why;
  EXPECT_FALSE(read_file(directory / "none", why));
  EXPECT_EQ(why, "");
  EXPECT_FALSE(read_file(directory.path(), why));
  EXPECT_NE(why.find("Is a directory"), std::string::npos) << why;
}

TEST(AtomicFile, ReadsEveryByte) {
  const temp_dir directory;
  std::string text(100000, 'x');
  text[5] = '\0';
  test::write_file(directory / "x", text);
  test::write_file(directory / "empty", "");
  std::string why;
  EXPECT_EQ(read_file(directory / "x", why), text);
  EXPECT_EQ(read_file(directory / "empty", why), "");
  EXPECT_EQ(why, "");
}

}  // namespace
}  // namespace drcon::common
