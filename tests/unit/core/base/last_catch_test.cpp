#include "base/last_catch.hpp"

#include "base/lane.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace drcon::base {
namespace {

// Keeps what was reported, on the thread that reported it.
std::vector<std::pair<std::string, std::string>> reported;

class LastCatch : public ::testing::Test {
protected:
  LastCatch() {
    reported.clear();
    report_escaped_to([](const std::string& where, const std::string& what) { reported.emplace_back(where, what); });
  }
  ~LastCatch() override { report_escaped_to(nullptr); }
};

TEST_F(LastCatch, SaysWhereAndWhatAndReturns) {
  EXPECT_FALSE(caught_last("the test", [] { throw std::runtime_error("no room"); }));
  EXPECT_FALSE(caught_last("the test", [] { throw 3; }));
  EXPECT_TRUE(caught_last("the test", [] {}));
  ASSERT_EQ(reported.size(), 2U);
  EXPECT_EQ(reported[0], (std::pair<std::string, std::string>("the test", "no room")));
  EXPECT_EQ(reported[1].second, "an exception of an unknown type");
}

TEST_F(LastCatch, TriesAgainForWantOfMemoryAlone) {
  int calls = 0;
  EXPECT_FALSE(try_for_seconds("the test", [&] {
    ++calls;
    throw std::runtime_error("no such service");
  }));
  EXPECT_EQ(calls, 1) << "it would say the same each time, and its thread waits meanwhile";
  EXPECT_TRUE(try_for_seconds("the test", [&] {
    if (++calls < 4) throw std::bad_alloc();
  }));
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(reported.size(), 3U);
}

TEST_F(LastCatch, ALaneGoesOnWithItsNextJob) {
  lane jobs("web");
  std::promise<void> done;
  jobs.post([] { throw std::runtime_error("no room"); });
  jobs.post([&done] { done.set_value(); });
  ASSERT_EQ(done.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  ASSERT_TRUE(jobs.end(std::chrono::seconds(10)));
  ASSERT_EQ(reported.size(), 1U);
  EXPECT_EQ(reported[0].second, "no room");
  EXPECT_NE(reported[0].first.find("web"), std::string::npos) << "it names the lane";
}

TEST_F(LastCatch, ALaneAnswersForAJobThatIsLost) {
  lane jobs("web");
  std::promise<std::string> answer;
  auto answered = answer.get_future();
  int failures = 2;
  jobs.post([] { throw std::bad_alloc(); },
            [&] {
              if (failures-- > 0) throw std::bad_alloc();  // there is no memory for the answer either, at first
              answer.set_value("lost");
            });
  jobs.post([] {}, [&answer] { answer.set_value("of a job that ran"); });
  ASSERT_EQ(answered.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(answered.get(), "lost");
  ASSERT_TRUE(jobs.end(std::chrono::seconds(10)));
}

}  // namespace
}  // namespace drcon::base
