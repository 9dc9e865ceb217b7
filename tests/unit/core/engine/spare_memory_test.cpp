#include "engine/spare_memory.hpp"

#include "base/lane.hpp"
#include "support/wait.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

namespace drcon::engine {
namespace {

using namespace std::chrono_literals;

class SpareMemory : public ::testing::Test {
protected:
  SpareMemory() {
    spare_memory::patience = 1ms;
    spare_memory::interval = 1h;
  }
  ~SpareMemory() override {
    spare_memory::patience = 10s;
    spare_memory::interval = 1min;
    memory_.reset();  // its lane ends with it: waited for before, it would not end until the test gave up
    base::wait_for_lanes(test::patience);
  }
  bool is_given_back(int times) {
    return test::wait_until([&] {
      context_.poll();
      return *times_ == times;
    });
  }

  const std::shared_ptr<std::atomic<int>> times_ = std::make_shared<std::atomic<int>>(0);
  boost::asio::io_context context_;
  std::unique_ptr<spare_memory> memory_ =
      std::make_unique<spare_memory>(context_.get_executor(), [times = times_] { ++*times; });
};

TEST_F(SpareMemory, IsGivenBackOnceAfterABurst) {
  for (int i = 0; i < 100; ++i) memory_->note_work();
  EXPECT_TRUE(is_given_back(1));
  context_.restart();
  EXPECT_EQ(context_.poll(), 0U) << "an idle host does not wake up";
}

TEST_F(SpareMemory, IsNotGivenBackAgainWithinTheInterval) {
  memory_->note_work();
  ASSERT_TRUE(is_given_back(1));
  memory_->note_work();
  context_.restart();
  EXPECT_EQ(context_.poll(), 0U);
  EXPECT_FALSE(context_.stopped()) << "it waits for the interval";
  EXPECT_EQ(*times_, 1);
}

TEST_F(SpareMemory, IsGivenBackAgainAfterTheInterval) {
  spare_memory::interval = 1ms;
  memory_->note_work();
  ASSERT_TRUE(is_given_back(1));
  memory_->note_work();
  context_.restart();
  EXPECT_TRUE(is_given_back(2));
}

}  // namespace
}  // namespace drcon::engine
