// A pipeline by itself, without an engine around it.
#include "engine/pipeline.hpp"
#include "engine_fixture.hpp"

#include <new>

namespace drcon::engine {
namespace {

// It has no sources, so that it knows at once that nothing is in service.
class Pipeline : public ::testing::Test {
protected:
  sinks_of_pipeline sinks() {
    return {.decided = [this](const decision&) { ++decided_; },
            .look =
                [this](const model::snapshot_ptr&, std::function<void(const target_findings&)> answer) {
                  ++looks_;
                  if (looks_ == 1 && look_fails_) throw std::bad_alloc();
                  answer_ = std::move(answer);
                }};
  }
  // Runs what is due until that holds.
  template <class Condition>
  bool runs_until(Condition holds) {
    return test::wait_until([&] {
      context_.restart();
      context_.poll();
      return holds();
    });
  }

  boost::asio::io_context context_;
  journal journal_{10};
  state_store store_{{}};
  pause_store pauses_{{}};
  metrics::metrics figures_;
  std::function<void(const target_findings&)> answer_;
  bool look_fails_ = false;
  int looks_ = 0;
  int decided_ = 0;
  pipeline pipeline_{
      pipeline_of({}, {"t"}), {}, {}, {context_.get_executor(), journal_, store_, pauses_, figures_}, sinks()};
};

TEST_F(Pipeline, AsksAgainWhatTheTargetsHaveWhenTheQuestionIsLost) {
  look_fails_ = true;
  EXPECT_THROW(
      {
        pipeline_.start(false);
        runs_until([this] { return looks_ > 0; });
      },
      std::bad_alloc);
  pipeline_.recover();
  ASSERT_TRUE(runs_until([this] { return answer_ != nullptr; })) << "it would decide nothing for ever";
  answer_({});
  EXPECT_EQ(decided_, 1);
}

TEST_F(Pipeline, TakesALateAnswerAboutTheTargetsForNothingNew) {
  pipeline_.start(false);
  ASSERT_TRUE(runs_until([this] { return looks_ == 1; }));
  const auto late = answer_;
  pipeline_.recover();
  ASSERT_TRUE(runs_until([this] { return looks_ == 2; })) << "the answer may be what was lost";
  answer_({.loss = "sink t would lose all", .unknown = {}});
  const auto number = pipeline_.held_back().number;
  ASSERT_NE(number, 0U);
  late({.loss = "sink t would lose all", .unknown = {}});
  EXPECT_EQ(pipeline_.held_back().number, number);
  EXPECT_EQ(decided_, 0);
}

}  // namespace
}  // namespace drcon::engine
