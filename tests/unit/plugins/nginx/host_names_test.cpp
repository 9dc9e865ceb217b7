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

// Looks up all but "slow", which is not answered while this lives. The thread that waits for it may outlive the test.
class silent_resolver {
public:
  ~silent_resolver() { answer_->set_value(); }
  name_lookup look_up() const {
    return [answered = answered_](const std::string& name) {
      if (name == "slow") answered.wait();
      return std::string();
    };
  }

private:
  const std::shared_ptr<std::promise<void>> answer_ = std::make_shared<std::promise<void>>();
  const std::shared_future<void> answered_ = answer_->get_future().share();
};

// A resolver that does not answer for some must hold up none of the others.
TEST(HostNames, ThatNobodyAnswersForInTimeCountAsUnresolved) {
  const silent_resolver resolver;
  const auto found = unresolved({"good", "slow"}, std::chrono::seconds(3), {}, resolver.look_up());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.begin()->first, "slow");
  EXPECT_NE(found.begin()->second.find("did not answer"), std::string::npos) << found.begin()->second;
}

TEST(HostNames, AreNotWaitedForWhenDrconStops) {
  const silent_resolver resolver;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(unresolved({"slow"}, long_enough, stop.get_token(), resolver.look_up()).size(), 1U);
}

}  // namespace
}  // namespace drcon::nginx
