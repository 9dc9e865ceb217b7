#include "common/target_lock.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

namespace drcon::common {
namespace {

using test::temp_dir;

// What `action` returns in a process of its own, which ends by SIGKILL.
bool holds_in_a_child(const std::function<bool()>& action) {
  const auto child = ::fork();
  if (child == 0) {
    if (!action()) ::_exit(1);
    ::raise(SIGKILL);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFSIGNALED(status);
}

std::string this_process() { return "pid " + std::to_string(::getpid()); }

class FileLock : public ::testing::Test {
protected:
  file_place place() const { return file_place(directory_ / "x.conf"); }
  std::string lock_file() const { return (directory_ / ".x.conf.lock").string(); }
  temp_dir directory_;
};

TEST_F(FileLock, HasOneHolderAndNamesIt) {
  file_lock other;
  {
    file_lock first;
    EXPECT_EQ(first.take(place(), "edge"), "");
    EXPECT_EQ(first.take(place(), "edge"), "") << "it is held already";
    const auto why = other.take(place(), "web");
    EXPECT_NE(why.find(this_process() + ", sink 'edge'"), std::string::npos) << why;
    EXPECT_NE(why.find("x.conf is written by"), std::string::npos) << why;
  }
  EXPECT_EQ(other.take(place(), "web"), "") << "the first has ended";
}

TEST_F(FileLock, SaysWhoseRightIsMissing) {
  const auto there = place();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const auto child = ::fork();
  if (child == 0) {
    file_lock lock;
    const auto why = ::seteuid(65534) == 0 ? lock.take(there, "edge") : std::string("not another user");
    ::_exit(::write(ends[1], why.data(), why.size()) < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  std::string why(2000, '\0');
  const auto length = ::read(ends[0], why.data(), why.size());
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  why.resize(length < 0 ? 0 : static_cast<std::size_t>(length));
  EXPECT_NE(why.find("Permission denied; the user that drcon runs as must be allowed to write in that directory"),
            std::string::npos)
      << why;
}

TEST_F(FileLock, KeepsOutOtherProcessesAndEndsWithAKilledOne) {
  EXPECT_TRUE(holds_in_a_child([this] {
    static file_lock killed;
    return killed.take(place(), "killed").empty();
  }));
  EXPECT_TRUE(std::filesystem::exists(lock_file())) << "it could not clean up";
  file_lock lock;
  EXPECT_EQ(lock.take(place(), "edge"), "");
  EXPECT_TRUE(holds_in_a_child([this] { return !file_lock().take(place(), "other").empty(); }));
}

TEST_F(FileLock, LeavesNothingBehind) {
  { EXPECT_EQ(file_lock().take(place(), "edge"), ""); }
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(FileLock, IsTheSameForEachWayToTheFile) {
  std::filesystem::create_directory(directory_ / "way");
  std::filesystem::create_symlink(directory_ / "x.conf", directory_ / "way" / "link");
  file_lock first;
  EXPECT_EQ(first.take(place(), "edge"), "");
  EXPECT_NE(file_lock().take(file_place(directory_ / "way" / "link"), "web"), "");
}

TEST_F(FileLock, IsTakenAgainWhenSomebodyRemovedIt) {
  file_lock first;
  EXPECT_EQ(first.take(place(), "edge"), "");
  std::filesystem::remove(lock_file());
  EXPECT_EQ(first.take(place(), "edge"), "");
  EXPECT_NE(file_lock().take(place(), "web"), "");
}

// Whoever may write to the directory could otherwise have root empty any file of the same file system.
TEST_F(FileLock, IsNoFileThatHasAnotherName) {
  const auto victim = directory_ / "victim";
  test::write_file(victim, "root's own\n");
  std::filesystem::create_hard_link(victim, lock_file());
  file_lock lock;
  const auto why = lock.take(place(), "edge");
  EXPECT_NE(why.find(lock_file() + " is no file of its own"), std::string::npos) << why;
  EXPECT_EQ(test::read_file(victim), "root's own\n");
  std::filesystem::remove(lock_file());
  EXPECT_EQ(lock.take(place(), "edge"), "");
}

TEST_F(FileLock, IsNoPipeAndNoDirectory) {
  ASSERT_EQ(::mkfifo(lock_file().c_str(), 0600), 0);
  file_lock lock;
  EXPECT_NE(lock.take(place(), "edge").find("is no file of its own"), std::string::npos);
  std::filesystem::remove(lock_file());
  std::filesystem::create_directory(lock_file());
  EXPECT_NE(lock.take(place(), "edge").find("is no file of its own"), std::string::npos);
}

// What a writer that was killed has left beside its target: whoever writes that target next removes it.
class Unfinished : public FileLock {
protected:
  bool is_there(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(directory_ / name));
  }
  void make(const std::string& name) const { test::write_file(directory_ / name, "half"); }
};

TEST_F(Unfinished, GoesWhenItsTargetIsOpened) {
  for (const auto* name : {".x.conf.0badcafe", ".x.conf.12345678", "..x.conf.kept.deadbeef"}) make(name);
  file_lock lock;
  EXPECT_EQ(lock.take(place(), "edge"), "");
  for (const auto* name : {".x.conf.0badcafe", ".x.conf.12345678", "..x.conf.kept.deadbeef"})
    EXPECT_FALSE(is_there(name)) << name;
}

TEST_F(Unfinished, IsNothingButAWritersOwn) {
  const auto others = {"x.conf.0badcafe",    ".x.conf.0badcaf",  ".x.conf.0badcafe0",
                       ".x.conf.0BADCAFE",   ".x.conf.previous", ".y.conf.0badcafe",
                       ".x.conf.y.0badcafe", "..0badcafe",       "..y.conf.kept.deadbeef"};
  for (const auto* name : others) make(name);
  std::filesystem::create_directory(directory_ / ".x.conf.00000001");
  std::filesystem::create_symlink("x.conf", directory_ / ".x.conf.00000002");
  make(".x.conf.00000003");
  ASSERT_EQ(::chown((directory_ / ".x.conf.00000003").c_str(), 7, 7), 0);
  file_lock lock;
  EXPECT_EQ(lock.take(place(), "edge"), "");
  for (const auto* name : others) EXPECT_TRUE(is_there(name)) << name;
  for (const auto* name : {".x.conf.00000001", ".x.conf.00000002", ".x.conf.00000003"})
    EXPECT_TRUE(is_there(name)) << name;
}

// A file that is given to the owner of its target belongs to that one while it is still beside it.
TEST_F(Unfinished, MayBelongToTheOwnerOfTheTarget) {
  make("x.conf");
  make(".x.conf.00000003");
  for (const auto* name : {"x.conf", ".x.conf.00000003"}) ASSERT_EQ(::chown((directory_ / name).c_str(), 7, 7), 0);
  file_lock lock;
  EXPECT_EQ(lock.take(place(), "edge"), "");
  EXPECT_FALSE(is_there(".x.conf.00000003"));
}

TEST_F(Unfinished, StaysWhileAnotherSinkMayBeWritingIt) {
  file_lock holder;
  EXPECT_EQ(holder.take(place(), "edge"), "");
  make(".x.conf.0badcafe");
  EXPECT_EQ(holder.take(place(), "edge"), "") << "it is held already";
  EXPECT_NE(file_lock().take(place(), "web"), "");
  EXPECT_TRUE(is_there(".x.conf.0badcafe"));
}

// A file that is open for writing keeps its file system from being remounted read-only.
TEST_F(FileLock, IsNotOpenForWriting) {
  file_lock lock;
  EXPECT_EQ(lock.take(place(), "edge"), "");
  struct stat made {};
  ASSERT_EQ(::stat(lock_file().c_str(), &made), 0);
  int seen = 0;
  for (int each = 0; each < 1024; ++each) {
    struct stat open {};
    if (::fstat(each, &open) != 0 || open.st_dev != made.st_dev || open.st_ino != made.st_ino) continue;
    ++seen;
    EXPECT_EQ(::fcntl(each, F_GETFL) & O_ACCMODE, O_RDONLY);
  }
  EXPECT_EQ(seen, 1);
}

TEST_F(FileLock, IsForThoseWhoMayWriteToTheDirectory) {
  ASSERT_EQ(::geteuid(), 0U);
  ASSERT_EQ(::chown(directory_.path().c_str(), 65534, 65534), 0);
  ASSERT_EQ(::chmod(directory_.path().c_str(), 0775), 0);
  file_lock lock;
  EXPECT_EQ(lock.take(place(), "edge"), "");
  struct stat made {};
  ASSERT_EQ(::stat(lock_file().c_str(), &made), 0);
  EXPECT_EQ(made.st_uid, 65534U);
  EXPECT_EQ(made.st_gid, 65534U);
  EXPECT_EQ(made.st_mode & 0777U, 0660U) << "a reader could hold it for ever";
}

TEST(NameLock, HasOneHolderAndNamesIt) {
  const auto name = "drcon-test-" + std::to_string(::getpid());
  name_lock other;
  {
    name_lock first;
    EXPECT_EQ(first.take(name), "");
    EXPECT_EQ(first.take(name), "");
    for (int i = 0; i < 300; ++i) EXPECT_NE(other.take(name), "");
    EXPECT_EQ(first.take(name), "") << "this empties the queue of those who asked";
    EXPECT_EQ(other.take(name), "is held by " + this_process());
    EXPECT_EQ(name_lock().take(name + "-other"), "");
  }
  EXPECT_EQ(other.take(name), "");
}

TEST(NameLock, KeepsOutOtherProcessesAndEndsWithAKilledOne) {
  const auto name = "drcon-test-processes-" + std::to_string(::getpid());
  EXPECT_TRUE(holds_in_a_child([&] {
    static name_lock killed;
    return killed.take(name).empty();
  }));
  name_lock lock;
  EXPECT_EQ(lock.take(name), "");
  EXPECT_TRUE(
      holds_in_a_child([&] { return name_lock().take(name) == "is held by pid " + std::to_string(::getppid()); }));
}

// Anybody may bind an abstract name.
TEST(NameLock, PassesOverAHolderWhoMayNotWriteToTheTarget) {
  ASSERT_EQ(::geteuid(), 0U);
  const auto name = "drcon-test-foreign-" + std::to_string(::getpid());
  struct stat target {};
  target.st_mode = S_IFSOCK | 0660;
  name_lock foreign;
  ASSERT_EQ(::setegid(65534), 0);
  ASSERT_EQ(::seteuid(65534), 0);
  EXPECT_EQ(foreign.take(name), "");
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_EQ(::setegid(0), 0);
  name_lock ours;
  EXPECT_EQ(ours.take(name, target), "");
  EXPECT_EQ(name_lock().take(name, target), "is held by " + this_process());
  target.st_uid = 65534;
  EXPECT_NE(name_lock().take(name, target), "") << "to this target it may write";
}

}  // namespace
}  // namespace drcon::common
