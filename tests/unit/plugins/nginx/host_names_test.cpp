#include "nginx/host_names.hpp"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace drcon::nginx {
namespace {

constexpr auto long_enough = std::chrono::minutes(2);

TEST(HostNames, ThatDoNotResolveAreNamedWithTheReason) {
  const auto found = unresolved({"a", "b", "c"}, long_enough, {},
                                [](const std::string& name) { return std::string(name == "b" ? "not known" : ""); });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.begin()->first, "b");
  EXPECT_EQ(found.begin()->second, "not known");
}

TEST(HostNames, AreLookedUpThoughThereAreMoreThanThreads) {
  std::vector<std::string> all;
  for (int i = 0; i < 500; ++i) all.push_back("n" + std::to_string(i));
  EXPECT_EQ(unresolved(all, long_enough, {}, [](const std::string&) { return std::string("not known"); }).size(), 500U);
}

// A resolver that does not answer for some must hold up none of the others.
TEST(HostNames, ThatNobodyAnswersForInTimeCountAsUnresolved) {
  const auto never = std::make_shared<std::promise<void>>();
  const auto ended = std::make_shared<std::promise<void>>();
  const auto found = unresolved({"good", "slow"}, std::chrono::milliseconds(300), {}, [=](const std::string& name) {
    if (name == "slow") {
      never->get_future().wait();
      ended->set_value();
    }
    return std::string();
  });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.begin()->first, "slow");
  EXPECT_NE(found.begin()->second.find("did not answer"), std::string::npos) << found.begin()->second;
  never->set_value();
  ended->get_future().wait();
}

TEST(HostNames, AreNotWaitedForWhenDrconStops) {
  const auto never = std::make_shared<std::promise<void>>();
  const auto ended = std::make_shared<std::promise<void>>();
  std::stop_source stop;
  stop.request_stop();
  const auto found = unresolved({"slow"}, long_enough, stop.get_token(), [=](const std::string&) {
    never->get_future().wait();
    ended->set_value();
    return std::string();
  });
  EXPECT_EQ(found.size(), 1U);
  never->set_value();
  ended->get_future().wait();
}

}  // namespace
}  // namespace drcon::nginx
