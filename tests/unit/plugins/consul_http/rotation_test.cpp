#include "consul_http/rotation.hpp"

#include <gtest/gtest.h>

namespace drcon::consul {
namespace {

using clock = rotation::clock;
using namespace std::chrono_literals;

constexpr auto start = clock::time_point(1h);

watched_ptr known(const std::string& name, clock::time_point checked) {
  auto service = std::make_shared<watched_service>();
  service->name = name;
  service->standing.is_known = service->standing.is_heard = true;
  service->checked = checked;
  return service;
}

std::string next(rotation& all, clock::time_point now) {
  const auto service = all.take_due(now, 60s);
  return service ? service->name : "";
}

TEST(Rotation, AsksAboutNothingThatIsKnownAndFresh) {
  rotation all;
  EXPECT_EQ(next(all, start), "");
  all.add_last(known("web", start));
  EXPECT_EQ(next(all, start + 59s), "");
  EXPECT_EQ(next(all, start + 60s), "web") << "its age is a reason by itself";
  EXPECT_TRUE(all.empty()) << "a service that is being asked about is not in the rotation";
}

TEST(Rotation, AsksAboutEverythingAfterAChangeLongestWaitingFirst) {
  rotation all;
  all.add_last(known("a", start));
  all.add_last(known("b", start));
  all.note_change(start + 1s);
  EXPECT_EQ(next(all, start + 1s), "a");
  EXPECT_EQ(next(all, start + 1s), "b");
  EXPECT_EQ(next(all, start + 1s), "");
}

TEST(Rotation, ForgetsNoChangeWhenAnEarlierOneIsNotedAfterIt) {
  rotation all;
  all.add_last(known("a", start + 2s));
  all.note_change(start + 3s);
  all.note_change(start + 1s);
  EXPECT_EQ(next(all, start + 4s), "a") << "what is known of it is older than the change that was noted first";
}

TEST(Rotation, OneThatIsAskedAgainAndAgainKeepsNoOtherFromItsTurn) {
  rotation all;
  const auto unlisted = known("unlisted", start + 10s);
  unlisted->retry_at = start + 12s;
  all.add_last(unlisted);
  all.add_last(known("old", start));
  all.note_change(start + 11s);
  EXPECT_EQ(next(all, start + 13s), "old");
  EXPECT_EQ(next(all, start + 13s), "unlisted");
  unlisted->checked = start + 13s;
  unlisted->retry_at = start + 15s;
  all.add_last(unlisted);
  EXPECT_EQ(next(all, start + 14s), "");
  EXPECT_EQ(next(all, start + 15s), "unlisted");
}

TEST(Rotation, AsksAboutASuspectBeforeAllOthers) {
  rotation all;
  all.add_last(known("a", start));
  const auto suspect = known("b", start);
  all.add_last(suspect);
  all.note_change(start + 1s);
  all.suspect(suspect, start + 1s);
  EXPECT_EQ(next(all, start + 1s), "b");
  EXPECT_EQ(next(all, start + 1s), "a");
}

TEST(Rotation, AsksOnceMoreAboutWhatIsSuspectedWhileItIsBeingAskedAbout) {
  rotation all;
  const auto service = known("a", start);
  all.suspect(service, start + 1s);
  EXPECT_TRUE(all.empty()) << "it is being asked about";
  EXPECT_EQ(service->suspected_at, start + 1s);
  all.add_first(service);
  EXPECT_EQ(next(all, start + 2s), "a");
}

TEST(Rotation, LeavesAFailingServiceAloneUntilItsRetry) {
  rotation all;
  const auto service = known("a", start);
  service->standing.is_failing = true;
  service->retry_at = start + 5s;
  all.add_last(service);
  EXPECT_EQ(next(all, start + 4s), "");
  EXPECT_EQ(next(all, start + 5s), "a");
}

TEST(Rotation, AsksAboutANewServiceAtOnceAndFirst) {
  rotation all;
  all.add_last(known("a", start - 60s));
  const auto service = known("new", {});
  service->standing.is_known = service->standing.is_heard = false;
  all.add_first(service);
  EXPECT_EQ(next(all, start), "new");
}

TEST(Rotation, AsksAboutWhatHasToBeHeardAgainThoughItIsFresh) {
  rotation all;
  const auto service = known("a", start);
  all.add_last(service);
  EXPECT_EQ(next(all, start + 1s), "");
  service->standing.is_heard = false;
  all.ask_again(service);
  EXPECT_EQ(next(all, start + 1s), "a");
}

TEST(Rotation, ForgetsWhatIsRemovedAndOnlyThat) {
  rotation all;
  const auto service = known("a", start);
  all.add_last(service);
  all.add_last(known("b", start));
  all.remove(service);
  all.remove(service);
  EXPECT_EQ(all.size(), 1U);
  EXPECT_EQ(all.take_first()->name, "b");
}

TEST(Rotation, AsksAboutTheOldestFirstInWhateverOrderTheyCame) {
  rotation all;
  all.add_last(known("young", start + 20s));
  all.add_last(known("old", start));
  all.add_last(known("middle", start + 10s));
  EXPECT_EQ(next(all, start + 60s), "old");
  EXPECT_EQ(next(all, start + 60s), "") << "the others have not reached that age";
  EXPECT_EQ(next(all, start + 70s), "middle");
}

TEST(Rotation, MeasuresARoundFromTheChangeToTheLastService) {
  rotation all;
  const auto service = known("a", start);
  all.add_last(service);
  all.note_change(start + 1s);
  EXPECT_EQ(next(all, start + 1s), "a");
  service->checked = start + 3s;
  all.add_last(service);
  all.note_change(start + 2s);  // within the round: it does not begin another
  EXPECT_EQ(next(all, start + 4s), "");
  EXPECT_DOUBLE_EQ(all.round_seconds(), 3);
}

TEST(Rotation, IsAsStaleAsTheOldestServiceThatMayHaveChanged) {
  rotation all;
  all.add_last(known("old", start));
  all.add_last(known("fresh", start + 9s));
  EXPECT_EQ(all.staleness(start + 10s), 0s) << "nothing has changed";
  all.note_change(start + 5s);
  EXPECT_EQ(all.staleness(start + 10s), 10s);
}

}  // namespace
}  // namespace drcon::consul
