#include "log/log.hpp"

#include "log/in_background.hpp"
#include "log/journald.hpp"
#include "support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace drcon::log {
namespace {

using base::subject_kind;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;

// The log writes to a file while this lives, and to standard error again afterwards.
class Log : public ::testing::Test {
protected:
  Log() {
    if (const auto opened = to_file(file_); !opened) throw std::runtime_error(opened.error().why);
  }
  ~Log() override {
    flush();
    if (!to_file({})) std::abort();
  }
  std::vector<std::string> lines() const {
    std::istringstream text(test::read_file(file_));
    std::vector<std::string> all;
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
  }

  // Of this test alone: what an earlier one has written is still folded.
  const std::string name_ = "test-" + std::to_string(++tests_);

private:
  static inline int tests_ = 0;
  test::temp_dir directory_;
  std::filesystem::path file_ = directory_ / "log";
};

TEST_F(Log, FoldsWhatASourceASinkOrAPipelineRepeats) {
  for (const auto kind : {subject_kind::source, subject_kind::sink, subject_kind::pipeline})
    for (int i = 0; i < 3; ++i) error({kind, name_}, "does not answer");
  EXPECT_THAT(lines(), ElementsAre(EndsWith("error [source " + name_ + "] does not answer"),
                                   EndsWith("error [sink " + name_ + "] does not answer"),
                                   EndsWith("error [pipeline " + name_ + "] does not answer")));
}

TEST_F(Log, WritesEachLineAboutTheHostItself) {
  for (int i = 0; i < 3; ++i) error(subject_kind::host, "second signal");
  EXPECT_EQ(lines().size(), 3U);
}

TEST_F(Log, ASourcesRecoveryDoesNotEndWhatASinkOfTheSameNameRepeats) {
  error({subject_kind::sink, name_}, "does not answer");
  info({subject_kind::source, name_}, "reachable again");
  error({subject_kind::sink, name_}, "does not answer");
  EXPECT_EQ(lines().size(), 2U);
}

TEST_F(Log, GoesOnInTheOldFileWhenTheNewOneCannotBeOpened) {
  const auto opened = to_file("/nowhere/drcon.log");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().why, "cannot log to /nowhere/drcon.log: there is no directory /nowhere");
  info(subject_kind::host, "goes on");
  EXPECT_THAT(lines(), ElementsAre(EndsWith("info [host] goes on")));
}

TEST(JournalFields, NameTheKindAndTheNameApart) {
  const auto fields = journal_fields(level::warning, {subject_kind::sink, "edge"}, "away");
  EXPECT_THAT(fields, ElementsAre("MESSAGE=[sink edge] away", "PRIORITY=4", "SYSLOG_IDENTIFIER=drcon",
                                  "DRCON_COMPONENT=sink edge", "DRCON_KIND=sink", "DRCON_NAME=edge"));
}

TEST(JournalFields, HaveNoNameWhereThereIsNone) {
  const auto fields = journal_fields(level::info, subject_kind::host, "stopping");
  EXPECT_THAT(fields, Contains("DRCON_COMPONENT=host"));
  EXPECT_THAT(fields, Contains("DRCON_KIND=host"));
  EXPECT_THAT(fields, Contains("DRCON_NAME="));
}

// Whoever may write to the directory of a log could have root append to any file.
TEST(LogFile, IsOpenedAsRootThroughNoLinkThatSomebodyElseCanHaveMade) {
  ASSERT_EQ(::geteuid(), 0U) << "this suite runs as root";
  const test::temp_dir mine;
  const test::temp_dir others;
  const auto victim = mine / "victim";
  test::write_file(victim, "root's own\n");
  for (const bool hard : {false, true}) {
    for (const auto* directory : {&mine, &others}) {
      const auto file = *directory / "log";
      if (hard) std::filesystem::create_hard_link(victim, file);
      else std::filesystem::create_symlink(victim, file);
    }
    ASSERT_EQ(::chown(others.path().c_str(), 65534, 65534), 0);
    const auto refused = to_file(others / "log");
    ASSERT_FALSE(refused) << "hard: " << hard;
    EXPECT_NE(refused.error().why.find("link"), std::string::npos) << refused.error().why;
    EXPECT_TRUE(to_file(mine / "log")) << "root alone can have made that";
    ASSERT_TRUE(to_file({}));
    for (const auto* directory : {&mine, &others}) std::filesystem::remove(*directory / "log");
  }
  EXPECT_EQ(test::read_file(victim), "root's own\n");
  EXPECT_TRUE(to_file(others / "log")) << "a file of its own";
  ASSERT_TRUE(to_file({}));
}

// The pipe that is the log holds a page, and the queue before it some megabytes.
TEST(LogOfAProgram, CountsTheLinesThatNobodyTook) {
  const test::temp_dir directory;
  const auto pipe = directory / "log";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::signal(SIGPIPE, SIG_IGN);  // as the program does
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_TRUE(to_file(pipe));
  {
    const in_background writer;
    EXPECT_EQ(dropped_lines(), 0U);
    const std::string text(2000, 'x');
    for (int i = 0; i < 5000; ++i) write(level::info, base::subject_kind::host, text);
    EXPECT_GT(dropped_lines(), 1000U);
    ::close(reader);  // whoever writes on is refused, and does not wait
  }
  EXPECT_TRUE(to_file({}));
}

}  // namespace
}  // namespace drcon::log
