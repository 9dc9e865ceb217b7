// What comes of frames of a plugin's own process; that they may be any bytes is fuzzed.
#include "plugins/frame_dispatcher.hpp"

#include "plugins/frame.hpp"
#include "support/no_answers.hpp"

#include <drcon/names.h>
#include <drcon/model.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace drcon::plugins {
namespace {

using test::no_answers;

drcon_host silent_host() {
  drcon_host host{};
  host.size = sizeof host;
  host.publish = [](drcon_instance*, const drcon_service*) {};
  host.withdraw = [](drcon_instance*, drcon_string) {};
  host.ready = [](drcon_instance*) {};
  host.unknown = [](drcon_instance*, drcon_string, drcon_string) {};
  host.rendered = [](drcon_instance*, drcon_string, drcon_string, drcon_string) {};
  host.failed = [](drcon_instance*, drcon_string, drcon_string) {};
  host.refused = [](drcon_instance*, drcon_string, drcon_string, drcon_string) {};
  return host;
}

class FrameDispatcher : public ::testing::Test {
protected:
  static void dispatch(frame_dispatcher& to, frame_writer what) {
    const auto bytes = what.take();
    to.dispatch(std::string_view(bytes).substr(4));
  }
  void dispatch(frame_writer what) { dispatch(dispatcher_, std::move(what)); }
  static void leave_out_many(frame_dispatcher& by) {
    for (int i = 0; i < 1000; ++i)
      dispatch(by, std::move(frame_writer(frame::refused).text("web").text("endpoint-" + std::to_string(i)).text("y")));
  }
  // A service without endpoints, whose one value makes it as large.
  static frame_writer service(const std::string& name, std::size_t size) {
    return std::move(
        frame_writer(frame::publish).text(name).number(1).number(0).number(1).text("key").text(std::string(size, 'x')));
  }

  const drcon_host host_ = silent_host();
  no_answers answers_;
  frame_dispatcher made_for(config::kind kind) { return made_for(kind, host_); }
  frame_dispatcher made_for(config::kind kind, const drcon_host& host) {
    return {kind,
            {.host = host, .instance = nullptr, .misbehaved = [this](const std::string& how) { misbehaved_ = how; }},
            [] {},
            answers_,
            10000};
  }
  frame_dispatcher dispatcher_ = made_for(config::kind::source);
  std::string misbehaved_;
};

// The process is not drcon's own: what it says goes to the log.
TEST_F(FrameDispatcher, CleansWhatAProcessReportsOfMisbehaviour) {
  dispatch(
      std::move(frame_writer(frame::misbehaved).text("a\n2026 error [host] forged\x1b[2J" + std::string(5000, 'x'))));
  EXPECT_EQ(misbehaved_.find('\n'), std::string::npos);
  EXPECT_EQ(misbehaved_.find('\x1b'), std::string::npos);
  EXPECT_LT(misbehaved_.size(), 600U);
  EXPECT_EQ(misbehaved_.substr(0, 5), "a\\x0a") << misbehaved_;
}

// Why it could not make or start its instance is logged with the process's end.
TEST_F(FrameDispatcher, CleansWhyAProcessCouldNotStart) {
  dispatch(std::move(
      frame_writer(frame::failed).text("").text("x\n2026 error [host] forged\x1b[2J" + std::string(100'000, 'x'))));
  const auto& kept = dispatcher_.last_failure();
  EXPECT_EQ(kept.find('\n'), std::string::npos);
  EXPECT_EQ(kept.find('\x1b'), std::string::npos);
  EXPECT_LT(kept.size(), 600U);
  EXPECT_EQ(kept.substr(0, 5), "x\\x0a") << kept;
}

TEST_F(FrameDispatcher, KeepsNoMoreOfAProcessThanItMayUse) {
  dispatch(service("a", 4000));
  dispatch(service("b", 4000));
  for (int i = 0; i < 10; ++i) dispatch(service("a", 4000));  // in the place of what was there
  EXPECT_THROW(dispatch(service("c", 4000)), frame_fault);
}

TEST_F(FrameDispatcher, GivesBackWhatIsWithdrawn) {
  for (int i = 0; i < 10; ++i) {
    dispatch(service("a", 8000));
    dispatch(std::move(frame_writer(frame::withdraw).text("a")));
  }
}

TEST_F(FrameDispatcher, BoundsNamesOfUnknownServicesToo) {
  const auto all = [this] {
    for (int i = 0; i < 1000; ++i)
      dispatch(std::move(frame_writer(frame::unknown).text("service-" + std::to_string(i)).text("why")));
  };
  EXPECT_THROW(all(), frame_fault);
}

TEST_F(FrameDispatcher, BoundsPartsWhoseNamesAreNotKnownToo) {
  const auto all = [this] {
    for (int i = 0; i < 1000; ++i)
      dispatch(std::move(frame_writer(frame::names_unknown).text("part-" + std::to_string(i)).text("").text("why")));
  };
  EXPECT_THROW(all(), frame_fault);
}

// The process that comes next has never said of them that it does not know their names, and takes nothing back.
TEST_F(FrameDispatcher, TakesNamesForKnownThatOnlyAnEarlierProcessDidNotKnow) {
  static std::vector<std::string> said;
  said.clear();
  static constexpr drcon_names names{
      .size = sizeof(drcon_names),
      .reserved = 0,
      .unknown = [](drcon_instance*, drcon_string part, drcon_string pattern,
                    drcon_string) { said.push_back(std::string(view(part)) + " " + std::string(view(pattern))); },
      .known = [](drcon_instance*, drcon_string part) { said.emplace_back(view(part)); }};
  auto host = silent_host();
  host.ability = [](drcon_instance*, const char*) -> const void* { return &names; };
  auto source = made_for(config::kind::source, host);
  const auto unknown = [&](const std::string& part) {
    dispatch(source, std::move(frame_writer(frame::names_unknown).text(part).text("x.*").text("away")));
  };
  unknown("a");
  unknown("b");
  dispatch(source, std::move(frame_writer(frame::names_known).text("b")));
  unknown("c");
  dispatch(source, frame_writer(frame::ready));
  EXPECT_EQ(said, (std::vector<std::string>{"a x.*", "b x.*", "b", "c x.*"}));
  source.process_ended();
  unknown("c");
  dispatch(source, frame_writer(frame::ready));
  EXPECT_EQ(said, (std::vector<std::string>{"a x.*", "b x.*", "b", "c x.*", "c x.*", "a"}));
}

// The engine keeps them until the source is ready again, since they count all at once.
TEST_F(FrameDispatcher, BoundsWhatIsWithdrawnDuringAnOutage) {
  const auto come_and_go = [this](const std::string& name) {
    dispatch(service(name, 10));
    dispatch(std::move(frame_writer(frame::withdraw).text(name)));
  };
  const auto many = [&](const std::string& prefix) {
    for (int i = 0; i < 1000; ++i) come_and_go(prefix + std::to_string(i));
  };
  many("before");
  dispatch(std::move(frame_writer(frame::unknown).text("").text("its registry is unreachable")));
  for (int i = 0; i < 100; ++i) come_and_go("same");
  EXPECT_THROW(many("during"), frame_fault);
  dispatch(frame_writer(frame::ready));
  many("after");
  dispatcher_.process_ended();
  EXPECT_THROW(many("while it is started again"), frame_fault);
}

TEST_F(FrameDispatcher, BoundsWhatOneRenderReturns) {
  const auto render = [this] {
    dispatch(std::move(frame_writer(frame::rendered).text("t").text(std::string(4000, 'x')).number(0).text("")));
  };
  render();
  render();
  dispatch(std::move(frame_writer(frame::rendered_all).number(0)));
  render();
  render();
  EXPECT_THROW(render(), frame_fault);
}

// It has a list of its own with a bound, which counts entries.
TEST_F(FrameDispatcher, DoesNotCountWhatASourceLeavesOutThoughItHasPublishedNothingYet) {
  EXPECT_NO_THROW(leave_out_many(dispatcher_));
}

TEST_F(FrameDispatcher, BoundsWhatASinkLeavesOutOfACallWhateverItSaysOfItself) {
  auto sink = made_for(config::kind::sink);
  EXPECT_THROW(leave_out_many(sink), frame_fault);
  auto posing = made_for(config::kind::sink);
  dispatch(posing, frame_writer(frame::ready));
  EXPECT_THROW(leave_out_many(posing), frame_fault);
}

}  // namespace
}  // namespace drcon::plugins
