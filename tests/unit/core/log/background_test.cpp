#include "log/background.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

namespace drcon::log {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto long_enough = std::chrono::minutes(2);
constexpr auto not_long = std::chrono::milliseconds(50);

// Takes lines only while it reads.
class reader {
public:
  void put(const line& one) {
    std::unique_lock lock(mutex_);
    ++asked_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return reads_; });
    lines_.push_back(one.text);
  }
  void read(bool whether) {
    const std::lock_guard lock(mutex_);
    reads_ = whether;
    changed_.notify_all();
  }
  void wait_until_asked() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return asked_ > 0; });
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool reads_ = true;
  int asked_ = 0;
  std::vector<std::string> lines_;
};

class LogBackground : public ::testing::Test {
protected:
  LogBackground() = default;
  ~LogBackground() override {
    reader_->read(true);
    (void)log_.drain(long_enough, long_enough);
  }
  void say(const std::string& text, level which = level::info, std::chrono::milliseconds patience = {}) {
    log_.add(
        {.which = which, .about = base::subject_kind::host, .text = text, .when = std::chrono::system_clock::now()},
        patience);
  }
  // The first line is with the reader, so that all others wait.
  void stop_reading() {
    reader_->read(false);
    say("first");
    reader_->wait_until_asked();
  }

  static constexpr std::size_t bound = 4096;
  const std::shared_ptr<reader> reader_ = std::make_shared<reader>();
  background log_{[to = reader_](const line& one) { to->put(one); }, bound};
};

TEST_F(LogBackground, KeepsTheOrderAndLosesNothing) {
  std::vector<std::string> said;
  for (int i = 0; i < 1000; ++i) {
    said.push_back(std::to_string(i));
    say(said.back());
    if (i % 10 == 0) {
      ASSERT_TRUE(log_.drain(long_enough, long_enough));
    }
  }
  EXPECT_TRUE(log_.drain(long_enough, long_enough));
  EXPECT_EQ(reader_->lines(), said);
  EXPECT_EQ(log_.dropped(), 0U);
}

TEST_F(LogBackground, NeverWaitsForItsReaderAndReportsWhatItDroppedInItsPlace) {
  stop_reading();
  say("second");
  const std::string large(bound, 'x');
  for (int i = 0; i < 3; ++i) say(large);
  say(large, level::warning);
  say(large, level::error);
  say("third");
  say(large);
  EXPECT_EQ(log_.dropped(), 6U);
  EXPECT_FALSE(log_.drain(not_long, long_enough)) << "nobody reads";
  EXPECT_FALSE(log_.drain(long_enough, not_long)) << "who ends does not wait for ever";
  reader_->read(true);
  EXPECT_TRUE(log_.drain(long_enough, long_enough));
  EXPECT_THAT(reader_->lines(),
              ElementsAre("first", "second", HasSubstr("5 lines were dropped here (1 warning, 1 error)"), "third",
                          HasSubstr("1 line was dropped here")));
}

TEST_F(LogBackground, HasWrittenALineWhenItIsTakenWhileItsReaderKeepsUp) {
  for (int i = 0; i < 100; ++i) {
    say("debug");
    say("info", level::info, long_enough);
    ASSERT_EQ(reader_->lines().size(), 2U * (static_cast<std::size_t>(i) + 1));
  }
}

TEST_F(LogBackground, WaitsOnceForAReaderThatHasStopped) {
  stop_reading();
  say("the first one to wait", level::info, not_long);
  for (int i = 0; i < 10; ++i) say("another one", level::info, long_enough);  // the test would take its time otherwise
  reader_->read(true);
  EXPECT_TRUE(log_.drain(long_enough, long_enough));
  say("as before", level::info, long_enough);
  EXPECT_EQ(reader_->lines().back(), "as before");
}

TEST_F(LogBackground, IsBoundedByWhatWaits) {
  stop_reading();
  for (int i = 0; i < 100'000; ++i) say("a line");
  EXPECT_GT(log_.dropped(), 99'000U);
  reader_->read(true);
  EXPECT_TRUE(log_.drain(long_enough, long_enough));
  say("the last one");
  EXPECT_TRUE(log_.drain(long_enough, long_enough));
  EXPECT_EQ(reader_->lines().back(), "the last one") << "it goes on";
}

TEST_F(LogBackground, GoesOnAfterALineThatCannotBeWritten) {
  background other([](const line&) { throw std::bad_alloc(); });
  for (int i = 0; i < 3; ++i)
    other.add({.which = level::info, .about = base::subject_kind::host, .text = "x", .when = {}});
  EXPECT_TRUE(other.drain(long_enough, long_enough));
}

}  // namespace
}  // namespace drcon::log
