// What operators ask of a sink's target, by an instance beside the one at work.
#include "engine_fixture.hpp"

#include <future>
#include <new>

namespace drcon::engine {
namespace {

using test::fake;
using test::fakes_made;
using test::service_of;

class Inspection : public Engine {
protected:
  Inspection() { test::renders_fail = true; }
  ~Inspection() override { test::renders_fail = false; }
  void start_with_a_snapshot() {
    start();
    fake("s")->host.publish(service_of("web", 1));
    fake("s")->host.ready();
    ASSERT_TRUE(sees("t", 1));
  }
  // True when an instance of the sink was asked: the fake one's answer to every render is that it cannot do that.
  bool ask() {
    const auto before = test::renders.load();
    std::promise<std::string> answer;
    boost::asio::post(context_, [&] {
      engine_->inspect("t", [&](const inspection& found) { answer.set_value(found ? "" : found.error().why); });
    });
    return answer.get_future().get() == "plugin 'fake-sink' cannot render this" && test::renders > before;
  }
};

// Each instance costs a thread, and memory that is never freed: whoever may ask could take all of it.
TEST_F(Inspection, MakesOneInstanceHoweverOftenItIsAsked) {
  start_with_a_snapshot();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(ask());
  EXPECT_EQ(fakes_made("t"), 2) << "the one at work, and the one that is asked";
}

TEST_F(Inspection, MakesAnotherOneWhenTheSinkHasChanged) {
  start_with_a_snapshot();
  EXPECT_TRUE(ask());
  const auto asked = test::fake_made_last("t");
  config_.sinks["t"].options["note"] = "other";
  ASSERT_TRUE(apply());
  ASSERT_TRUE(asked->wait([&] { return asked->stopped.load(); })) << "its sink is no more";
  ASSERT_TRUE(sees("t", 1));
  EXPECT_TRUE(ask());
  EXPECT_EQ(fakes_made("t"), 4);
}

TEST_F(Inspection, IsOverWhenItsAnswerIsLost) {
  start_with_a_snapshot();
  boost::asio::post(context_, [&] { engine_->inspect("t", [](const inspection&) { throw std::bad_alloc(); }); });
  EXPECT_TRUE(ask()) << "the lane asks one after the other";
  EXPECT_TRUE(stop()) << "the end waits for no answer that was given";
}

TEST_F(Inspection, HasADeadline) {
  start_with_a_snapshot();
  engine::inspect_patience = 50ms;
  test::renders_hang = true;
  std::promise<std::string> answer;
  on_engine([&] {
    engine_->inspect("t", [&](const inspection& found) { answer.set_value(found ? "" : found.error().why); });
    return true;
  });
  EXPECT_THAT(answer.get_future().get(), ::testing::HasSubstr("plugin 'fake-sink' has not rendered within 50ms"));
  test::renders_hang = false;
  engine::inspect_patience = 45s;
  EXPECT_TRUE(ask()) << "what comes late is nobody's answer";
}

TEST_F(Inspection, StopsTheInstanceWithTheEngine) {
  start_with_a_snapshot();
  EXPECT_TRUE(ask());
  const auto asked = test::fake_made_last("t");
  EXPECT_TRUE(stop());
  EXPECT_TRUE(asked->stopped);
}

}  // namespace
}  // namespace drcon::engine
