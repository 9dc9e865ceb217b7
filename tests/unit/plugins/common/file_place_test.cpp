#include "common/file_place.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace drcon::common {
namespace {

using test::temp_dir;

constexpr auto not_followed = "is a symbolic link that somebody other than root can have made";

class FilePlace : public ::testing::Test {
protected:
  FilePlace() {
    std::filesystem::create_directory(directory_ / "real");
    std::filesystem::create_directory(directory_ / "links");
  }
  std::string real() const { return (std::filesystem::canonical(directory_ / "real") / "x.conf").string(); }
  std::filesystem::path link(const std::string& target, const std::string& name = "x") const {
    const auto made = directory_ / "links" / name;
    std::filesystem::create_symlink(target, made);
    return made;
  }
  void rights_of_links(mode_t mode, uid_t owner = 0) const {
    ASSERT_EQ(::geteuid(), 0U);
    ASSERT_EQ(::chown((directory_ / "links").c_str(), owner, owner), 0);
    ASSERT_EQ(::chmod((directory_ / "links").c_str(), mode), 0);
  }
  temp_dir directory_;
};

TEST_F(FilePlace, IsWhereLinksLead) {
  const auto absolute = link(real(), "absolute");
  link("../real", "directory");
  EXPECT_EQ(file_place(absolute).path(), real());
  EXPECT_EQ(file_place(directory_ / "links" / "directory" / ".." / "real" / "." / "x.conf").path(), real());
  EXPECT_EQ(file_place(absolute, file_place::last_link::keep).name(), "absolute");
}

TEST_F(FilePlace, KnowsANameOfTheWorkingDirectory) {
  const file_place bare("bare.conf");
  EXPECT_EQ(bare.fault(), "");
  EXPECT_EQ(bare.path(), "bare.conf");
  EXPECT_EQ(file_place("../../x").path(), "../../x");
  EXPECT_EQ(file_place("/../x").path(), "/x");
}

TEST_F(FilePlace, SaysWhyThereIsNone) {
  EXPECT_NE(file_place(directory_ / "none" / "x.conf").fault().find("none: No such file"), std::string::npos);
  EXPECT_NE(file_place("/").fault().find("names a directory"), std::string::npos);
  EXPECT_NE(file_place(link("x")).fault().find("Too many levels"), std::string::npos);
}

TEST_F(FilePlace, FollowsAsRootOnlyWhatRootAloneCanHaveMade) {
  const auto made = link(real());
  EXPECT_EQ(file_place(made).fault(), "");
  rights_of_links(0755, 65534);
  EXPECT_NE(file_place(made).fault().find(not_followed), std::string::npos) << "somebody else's directory";
  rights_of_links(0775);
  EXPECT_NE(file_place(made).fault().find(not_followed), std::string::npos) << "its group may write to it";
  rights_of_links(01777);
  EXPECT_EQ(file_place(made).fault(), "") << "nobody can replace root's link there";
  ASSERT_EQ(::lchown(made.c_str(), 65534, 65534), 0);
  EXPECT_NE(file_place(made).fault().find(not_followed), std::string::npos) << "somebody else's link";
}

TEST_F(FilePlace, StaysWhenItsDirectoryIsReplaced) {
  const file_place place(directory_ / "real" / "x.conf");
  std::filesystem::rename(directory_ / "real", directory_ / "moved");
  std::filesystem::create_symlink("links", directory_ / "real");
  struct stat opened {};
  struct stat moved {};
  ASSERT_EQ(::fstat(place.directory(), &opened), 0);
  ASSERT_EQ(::stat((directory_ / "moved").c_str(), &moved), 0);
  EXPECT_EQ(opened.st_ino, moved.st_ino);
}

}  // namespace
}  // namespace drcon::common
