#include "consul_dns/targets.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace drcon::consul_dns {
namespace {

class TargetsOfAService : public ::testing::Test {
protected:
  using seconds = std::chrono::seconds;

  static target_answer at(const std::string& name, const std::string& address) {
    return {.target = name, .addresses = {{name, address, 0}}, .why = {}};
  }
  static target_answer absent(const std::string& name) {
    return {.target = name, .addresses = {}, .why = name + " has no address", .is_final = true};
  }
  static target_answer failing(const std::string& name) {
    return {.target = name, .addresses = {}, .why = name + " fails"};
  }

  /// One round: each target of the answer is asked about, if it is to be.
  targets::result take(const std::vector<target_answer>& all) {
    std::vector<srv_record> records;
    std::vector<std::string> names;
    for (const auto& each : all) {
      records.push_back({.priority = 1, .weight = 1, .port = 80, .target = each.target});
      names.push_back(each.target);
    }
    asked_ = seen_.to_ask(names, now_);
    std::vector<target_answer> answers;
    for (const auto& each : all)
      if (std::ranges::find(asked_, each.target) != asked_.end()) answers.push_back(each);
    auto found = seen_.take(records, {}, answers, {.service = "web"}, published_, now_);
    if (found.fault.empty()) published_ = found.endpoints;
    return found;
  }
  /// The ids of the endpoints, without their ports, or what is wrong.
  std::string addresses(const std::vector<target_answer>& all) {
    const auto found = take(all);
    if (!found.fault.empty()) return found.fault;
    std::string text;
    for (const auto& each : found.endpoints) text += (text.empty() ? "" : " ") + each.address;
    return text;
  }

  targets seen_{seconds(10)};
  targets::clock::time_point now_{};
  std::optional<std::vector<endpoint>> published_;
  std::vector<std::string> asked_;
};

TEST_F(TargetsOfAService, ThatHaveNoAddressAreLeftOutAndTheOthersUsed) {
  EXPECT_EQ(addresses({at("a", "10.0.0.1"), absent("nowhere"), at("b", "10.0.0.2")}), "10.0.0.1 10.0.0.2");
  EXPECT_EQ(seen_.left_out(), (std::map<std::string, std::string>{{"nowhere:80", "nowhere has no address"}}));
  EXPECT_EQ(seen_.text(), "leaves out 1 endpoint: nowhere has no address");
  EXPECT_EQ(addresses({at("a", "10.0.0.1"), at("nowhere", "10.0.0.3")}), "10.0.0.1 10.0.0.3");
  EXPECT_TRUE(seen_.left_out().empty());
  EXPECT_EQ(seen_.text(), "");
}

TEST_F(TargetsOfAService, DoNotKeepOthersFromComingAndGoing) {
  ASSERT_EQ(addresses({at("a", "10.0.0.1"), at("b", "10.0.0.2"), absent("nowhere")}), "10.0.0.1 10.0.0.2");
  EXPECT_EQ(addresses({at("c", "10.0.0.3"), absent("nowhere"), absent("neither"), absent("nor")}), "10.0.0.3")
      << "however many there are that never had an address";
}

TEST_F(TargetsOfAService, OfWhichNoneHasAnAddressSayNothingOfTheService) {
  auto found = take({absent("a"), absent("b")});
  EXPECT_EQ(found.fault, "a has no address");
  EXPECT_TRUE(found.is_final) << "nobody has to wait for it";
  EXPECT_FALSE(take({absent("a"), failing("b")}).is_final);
  EXPECT_TRUE(take({}).fault.empty()) << "no records at all";
}

TEST_F(TargetsOfAService, KeepTheAddressThatTheyHadUntilItsAbsenceHasHeld) {
  ASSERT_EQ(addresses({at("a", "10.0.0.1"), at("b", "10.0.0.2")}), "10.0.0.1 10.0.0.2");
  EXPECT_EQ(addresses({at("a", "10.0.0.1"), absent("b")}), "10.0.0.1 10.0.0.2");
  now_ += seconds(9);
  EXPECT_EQ(addresses({at("a", "10.0.0.1"), absent("b")}), "10.0.0.1 10.0.0.2");
  now_ += seconds(1);
  EXPECT_EQ(addresses({at("a", "10.0.0.1"), absent("b")}), "10.0.0.1");
  EXPECT_EQ(seen_.left_out().count("b:80"), 1U);
}

TEST_F(TargetsOfAService, BeginAgainToBeAbsentWhenTheServiceItselfWasNotAnswered) {
  ASSERT_EQ(addresses({at("a", "10.0.0.1"), at("b", "10.0.0.2")}), "10.0.0.1 10.0.0.2");
  ASSERT_EQ(addresses({at("a", "10.0.0.1"), absent("b")}), "10.0.0.1 10.0.0.2");
  seen_.interrupt();
  now_ += seconds(60);
  EXPECT_EQ(addresses({at("a", "10.0.0.1"), absent("b")}), "10.0.0.1 10.0.0.2");
}

// As when the resolver behind Consul has lost a zone.
TEST_F(TargetsOfAService, DoNotTakeMostOfAServiceWithThem) {
  const std::vector<target_answer> gone = {at("a", "10.0.0.1"), absent("b"), absent("c")};
  ASSERT_EQ(addresses({at("a", "10.0.0.1"), at("b", "10.0.0.2"), at("c", "10.0.0.3")}), "10.0.0.1 10.0.0.2 10.0.0.3");
  ASSERT_EQ(addresses(gone), "10.0.0.1 10.0.0.2 10.0.0.3");
  now_ += seconds(60);
  EXPECT_EQ(addresses(gone), "10.0.0.1 10.0.0.2 10.0.0.3");
  EXPECT_EQ(seen_.text(),
            "b has no address; service web keeps its last servers, since 2 of its 3 endpoints in service cannot be "
            "served here");
  EXPECT_TRUE(seen_.left_out().empty()) << "they are published";
  EXPECT_EQ(addresses({at("d", "10.0.0.4"), at("e", "10.0.0.5"), absent("b"), absent("c")}), "10.0.0.4 10.0.0.5")
      << "enough others have come";
}

TEST_F(TargetsOfAService, ThatFailLeaveTheServiceUnknownButNotForever) {
  const std::vector<target_answer> one_fails = {at("a", "10.0.0.1"), failing("b")};
  EXPECT_EQ(addresses(one_fails), "b fails");
  now_ += targets::longest_fault - seconds(1);
  EXPECT_EQ(addresses(one_fails), "b fails");
  now_ += seconds(1);
  EXPECT_EQ(addresses(one_fails), "10.0.0.1");
  EXPECT_EQ(seen_.left_out().count("b:80"), 1U);
  now_ += seconds(1);
  EXPECT_EQ(addresses(one_fails), "10.0.0.1");
  EXPECT_EQ(asked_, std::vector<std::string>{"a"}) << "its servers may be silent, and the others wait as long";
  now_ += targets::longest_fault;
  EXPECT_EQ(addresses({at("a", "10.0.0.1"), at("b", "10.0.0.2")}), "10.0.0.1 10.0.0.2");
}

TEST_F(TargetsOfAService, ThatFailForLongKeepTheAddressThatTheyHad) {
  ASSERT_EQ(addresses({at("a", "10.0.0.1"), at("b", "10.0.0.2")}), "10.0.0.1 10.0.0.2");
  EXPECT_EQ(addresses({at("a", "10.0.0.1"), failing("b")}), "b fails");
  now_ += targets::longest_fault;
  EXPECT_EQ(addresses({failing("b"), at("c", "10.0.0.3")}), "10.0.0.2 10.0.0.3") << "others come and go";
  EXPECT_EQ(seen_.text(), "b fails; its last address is kept");
}

// Whoever owns a name also owns what its servers say, and could keep the service unknown for good.
TEST_F(TargetsOfAService, ThatFailAndDenyByTurnsAreLeftOutAllTheSame) {
  for (int i = 0; i < 4; ++i) {
    take({at("a", "10.0.0.1"), failing("b")});
    now_ += seconds(5);
    take({at("a", "10.0.0.1"), absent("b")});
    now_ += seconds(5);
  }
  EXPECT_EQ(addresses({at("a", "10.0.0.1"), failing("b")}), "10.0.0.1");
}

TEST_F(TargetsOfAService, ThatFailTogetherWithTheServiceBeginAgain) {
  take({at("a", "10.0.0.1"), failing("b")});
  seen_.interrupt();
  now_ += targets::longest_fault;
  EXPECT_EQ(addresses({at("a", "10.0.0.1"), failing("b")}), "b fails");
}

TEST_F(TargetsOfAService, AreForgottenWithTheService) {
  take({at("a", "10.0.0.1"), absent("nowhere")});
  seen_.clear();
  EXPECT_TRUE(seen_.left_out().empty());
  EXPECT_EQ(seen_.text(), "");
}

}  // namespace
}  // namespace drcon::consul_dns
