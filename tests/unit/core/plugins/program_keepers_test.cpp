// Which sinks keep a program, and what reaches them.
#include "plugins/program_keepers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <csignal>

namespace drcon::plugins {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ProgramKeepers : public ::testing::Test {
protected:
  ProgramKeepers() { std::signal(SIGPIPE, SIG_IGN); }  // as drcon does

  // What can be read without waiting.
  static std::vector<int> read_from(int file) {
    std::array<unsigned char, 64> all{};
    const auto length = ::read(file, all.data(), all.size());
    return {all.begin(), all.begin() + std::max<ssize_t>(length, 0)};
  }

  program_keepers keepers_;
};

TEST_F(ProgramKeepers, PassSignalsOnToEachAndToNoneThatHasClosedItsEnd) {
  EXPECT_FALSE(keepers_.pass_on(SIGUSR1));
  const int a = keepers_.keep("a", std::chrono::seconds(1));
  const int b = keepers_.keep("b", std::chrono::seconds(2));
  EXPECT_TRUE(keepers_.pass_on(SIGUSR1));
  EXPECT_THAT(read_from(a), ElementsAre(SIGUSR1));
  EXPECT_THAT(read_from(b), ElementsAre(SIGUSR1));
  ::close(a);
  EXPECT_TRUE(keepers_.pass_on(SIGUSR2));
  EXPECT_THAT(read_from(b), ElementsAre(SIGUSR2));
  EXPECT_FALSE(keepers_.keeps("a"));
  ::close(b);
  EXPECT_FALSE(keepers_.pass_on(SIGUSR2));
  EXPECT_FALSE(keepers_.any());
}

TEST_F(ProgramKeepers, WaitUntilTheyMayBeginAndAgainAfterAReload) {
  const int first = keepers_.keep("a", {});
  EXPECT_THAT(keepers_.waiting(), ElementsAre("a"));
  keepers_.let_begin("a");
  EXPECT_THAT(keepers_.waiting(), IsEmpty());
  EXPECT_THAT(read_from(first), ElementsAre(DRCON_BEGIN));
  const int second = keepers_.keep("a", {});
  EXPECT_THAT(keepers_.waiting(), ElementsAre("a"));
  keepers_.let_begin("a");
  EXPECT_THAT(read_from(second), ElementsAre(DRCON_BEGIN));
  EXPECT_THAT(read_from(first), IsEmpty());
  ::close(first);
  ::close(second);
}

TEST_F(ProgramKeepers, ThatHaveGoneAreNotWaitedFor) {
  ::close(keepers_.keep("a", {}));
  keepers_.let_begin("a");
  EXPECT_THAT(keepers_.waiting(), IsEmpty());
  EXPECT_FALSE(keepers_.any());
}

TEST_F(ProgramKeepers, ThatHaveGoneCountForNothing) {
  const auto gone = [this] { ::close(keepers_.keep("a", std::chrono::seconds(9))); };
  gone();
  EXPECT_FALSE(keepers_.any());
  gone();
  EXPECT_FALSE(keepers_.keeps("a"));
  gone();
  EXPECT_THAT(keepers_.waiting(), IsEmpty());
  gone();
  EXPECT_EQ(keepers_.time_to_end("a"), std::chrono::seconds(0));
  gone();
  const int b = keepers_.keep("b", std::chrono::seconds(1));
  EXPECT_EQ(keepers_.time_to_end(), std::chrono::seconds(1)) << "of one that is there still";
  EXPECT_TRUE(keepers_.keeps("b"));
  ::close(b);
}

TEST_F(ProgramKeepers, HaveTheirTimeToEnd) {
  const int a = keepers_.keep("a", std::chrono::seconds(1));
  const int b = keepers_.keep("b", std::chrono::seconds(3));
  EXPECT_EQ(keepers_.time_to_end("a"), std::chrono::seconds(1));
  EXPECT_EQ(keepers_.time_to_end("other"), std::chrono::seconds(0));
  EXPECT_EQ(keepers_.time_to_end(), std::chrono::seconds(3));
  ::close(a);
  ::close(b);
}

TEST_F(ProgramKeepers, ReportWhatHasChangedToTheLatestListener) {
  int calls = 0;
  keepers_.listen([&calls] { ++calls; });
  ::close(keepers_.keep("a", {}));
  keepers_.note({.sink = "a", .code = 7, .by_itself = true, .why = "it ended"});
  EXPECT_EQ(calls, 2);
  keepers_.listen({});
  keepers_.note({.sink = "a", .code = 8, .by_itself = false, .why = "it was ended"});
  EXPECT_EQ(calls, 2);
  const auto all = keepers_.take_endings();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].code, 7);
  EXPECT_TRUE(all[0].by_itself);
  EXPECT_EQ(all[1].code, 8);
  EXPECT_THAT(keepers_.take_endings(), IsEmpty());
}

}  // namespace
}  // namespace drcon::plugins
