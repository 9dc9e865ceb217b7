#include "cli/state_lock.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <utility>

namespace drcon::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr uid_t other = 65534;

// Acts as another user while it lives.
class as_other_user {
public:
  as_other_user() {
    if (::seteuid(other) != 0) throw std::runtime_error("this suite runs as root");
  }
  ~as_other_user() { (void)!::seteuid(0); }
  as_other_user(const as_other_user&) = delete;
  as_other_user& operator=(const as_other_user&) = delete;
};

class StateLock : public ::testing::Test {
protected:
  StateLock() {
    if (::chown(directory_.path().c_str(), other, other) != 0) throw std::runtime_error("this suite runs as root");
  }
  test::temp_dir directory_;
  std::filesystem::path file_ = directory_ / "lock";
};

TEST_F(StateLock, IsForOneProcess) {
  const auto first = state_lock::take(directory_.path());
  ASSERT_TRUE(first) << first.error().why;
  const auto second = state_lock::take(directory_.path());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().why, HasSubstr("in use by another drcon, process " + std::to_string(::getpid())));
}

TEST_F(StateLock, RemovesWhatAKillLeftHalfWritten) {
  const auto make = [this](const std::string& name) { test::write_file(directory_ / name, "half"); };
  for (const auto* name : {"web.state.new", "web.paused.new", "web.state", "notes.new", "web.state.new.bak"})
    make(name);
  std::filesystem::create_directory(directory_ / "dir.state.new");
  make("others.state.new");
  ASSERT_EQ(::chown((directory_ / "others.state.new").c_str(), 7, 7), 0);
  const auto held = state_lock::take(directory_.path());
  ASSERT_TRUE(held) << held.error().why;
  for (const auto* name : {"web.state.new", "web.paused.new"})
    EXPECT_FALSE(std::filesystem::exists(directory_ / name)) << name;
  for (const auto* name : {"web.state", "notes.new", "web.state.new.bak", "dir.state.new", "others.state.new"})
    EXPECT_TRUE(std::filesystem::exists(directory_ / name)) << name;
  make("web.state.new");
  EXPECT_FALSE(state_lock::take(directory_.path()));
  EXPECT_TRUE(std::filesystem::exists(directory_ / "web.state.new")) << "its owner may be writing it";
}

// A file system on memory, in a directory of its own.
class small_file_system {
public:
  explicit small_file_system(std::filesystem::path at) : at_(std::move(at)) {
    std::filesystem::create_directory(at_);
    if (::mount("none", at_.c_str(), "tmpfs", 0, "size=64k") != 0) throw std::runtime_error("this suite runs as root");
  }
  ~small_file_system() { ::umount2(at_.c_str(), MNT_DETACH); }
  small_file_system(const small_file_system&) = delete;
  small_file_system& operator=(const small_file_system&) = delete;
  ino_t inode_of_lock() const {
    struct stat found {};
    EXPECT_EQ(::stat((at_ / "lock").c_str(), &found), 0);
    return found.st_ino;
  }
  const std::filesystem::path& path() const { return at_; }

private:
  const std::filesystem::path at_;
};

TEST_F(StateLock, IsHeldByTheProcessThatTookIt) {
  EXPECT_EQ(state_lock::holder(directory_.path()), 0) << "there is no file";
  {
    const auto taken = state_lock::take(directory_.path());
    EXPECT_EQ(state_lock::holder(directory_.path()), ::getpid());
  }
  EXPECT_EQ(state_lock::holder(directory_.path()), 0);
}

TEST_F(StateLock, IsNotHeldByWhoeverLocksAFileOfTheSameNumberOnAnotherFileSystem) {
  const small_file_system ours(directory_ / "ours");
  const small_file_system theirs(directory_ / "theirs");
  { ASSERT_TRUE(state_lock::take(ours.path())); }
  const auto taken = state_lock::take(theirs.path());
  ASSERT_EQ(ours.inode_of_lock(), theirs.inode_of_lock());
  EXPECT_EQ(state_lock::holder(theirs.path()), ::getpid());
  EXPECT_EQ(state_lock::holder(ours.path()), 0);
}

// `sudo drcon once`, and then the service.
TEST_F(StateLock, TakenByRootItCanStillBeTakenByTheServicesUser) {
  { ASSERT_TRUE(state_lock::take(directory_.path())); }
  {
    const as_other_user service;
    const auto taken = state_lock::take(directory_.path());
    ASSERT_TRUE(taken) << taken.error().why;
    EXPECT_FALSE(state_lock::take(directory_.path())) << "it is really locked";
  }
}

TEST_F(StateLock, ThatIsThereAndCannotBeOpenedIsAnError) {
  test::write_file(file_, "1\n");
  ASSERT_EQ(::chmod(file_.c_str(), 0600), 0);
  const as_other_user service;
  const auto taken = state_lock::take(directory_.path());
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().why, HasSubstr("cannot open " + file_.string() + ": Permission denied"));
  EXPECT_THAT(taken.error().why, HasSubstr("it belongs to uid 0"));
  EXPECT_THAT(taken.error().why, Not(HasSubstr("in use by another drcon")));
}

TEST_F(StateLock, ADirectoryThatCannotBeWrittenKeepsNothingAndIsLeftUnlocked) {
  ASSERT_EQ(::chown(directory_.path().c_str(), 0, 0), 0);
  const as_other_user service;
  EXPECT_TRUE(state_lock::take(directory_.path()));
}

TEST_F(StateLock, IsWrittenThroughNoLinkThatIsInItsPlace) {
  const test::temp_dir roots;
  const auto victim = roots / "victim";
  for (const bool hard : {false, true}) {
    test::write_file(victim, "root's own");
    if (hard) std::filesystem::create_hard_link(victim, file_);
    else std::filesystem::create_symlink(victim, file_);
    const auto taken = state_lock::take(directory_.path());
    EXPECT_FALSE(taken) << "hard: " << hard;
    EXPECT_EQ(test::read_file(victim), "root's own");
    struct stat there {};
    ASSERT_EQ(::stat(victim.c_str(), &there), 0);
    EXPECT_EQ(there.st_uid, 0U);
    std::filesystem::remove(file_);
  }
}

}  // namespace
}  // namespace drcon::cli
