#include "common/managed_file.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <filesystem>

namespace drcon::common {
namespace {

using test::temp_dir;

class ManagedFile : public ::testing::Test {
protected:
  std::string path() const { return (directory_ / "x.conf").string(); }
  std::string text() const { return test::read_file(path()); }
  auto files() const { return std::distance(std::filesystem::directory_iterator(directory_.path()), {}); }
  // A change that a crash cut short: written, and neither settled nor taken back.
  void crash_in_a_change() const {
    managed_file file(path(), {});
    ASSERT_EQ(file.look(), "");
    ASSERT_EQ(file.write("new"), "");
  }
  // What the next run finds, and takes back.
  void take_back() const {
    managed_file file(path(), {});
    ASSERT_EQ(file.look(), "");
    file.find_unfinished();
    ASSERT_TRUE(file.changing());
    ASSERT_EQ(file.restore(), "");
  }
  temp_dir directory_;
};

TEST_F(ManagedFile, TakesBackAChangeThatACrashCutShort) {
  test::write_file(path(), "old");
  crash_in_a_change();
  EXPECT_EQ(text(), "new");
  take_back();
  EXPECT_EQ(text(), "old");
  EXPECT_EQ(files(), 1);
}

TEST_F(ManagedFile, TellsAnEmptyFileThatWasThereFromNone) {
  test::write_file(path(), "");
  crash_in_a_change();
  take_back();
  ASSERT_TRUE(std::filesystem::exists(path())) << "it was there, and empty";
  EXPECT_EQ(text(), "");
  EXPECT_EQ(files(), 1);
  std::filesystem::remove(path());
  crash_in_a_change();
  take_back();
  EXPECT_EQ(files(), 0) << "there was none";
}

TEST_F(ManagedFile, PutsARemovedFileBackAsItWas) {
  test::write_file(path(), "secret");
  ASSERT_EQ(::chmod(path().c_str(), 0640), 0);
  managed_file file(path(), {});
  ASSERT_EQ(file.look(), "");
  ASSERT_EQ(file.take_away(), "");
  EXPECT_FALSE(std::filesystem::exists(path()));
  ASSERT_EQ(file.restore(), "");
  EXPECT_EQ(text(), "secret");
  struct stat made {};
  ASSERT_EQ(::stat(path().c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777U, 0640U);
  EXPECT_EQ(files(), 1);
  EXPECT_TRUE(file.is_untouched());
  EXPECT_FALSE(file.changing());
}

TEST_F(ManagedFile, KeepsNothingAsideOnceAChangeIsSettled) {
  test::write_file(path(), "");
  managed_file file(path(), {});
  ASSERT_EQ(file.look(), "");
  ASSERT_EQ(file.write("new"), "");
  EXPECT_TRUE(file.replaces());
  file.settle();
  EXPECT_FALSE(file.replaces());
  EXPECT_EQ(text(), "new");
  EXPECT_EQ(files(), 1);
}

}  // namespace
}  // namespace drcon::common
