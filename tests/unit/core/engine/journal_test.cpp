#include "engine/journal.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace drcon::engine {
namespace {

void add(journal& to, journal_entry::kind what, int times = 1) {
  for (int i = 0; i < times; ++i) to.add({.what = what, .about = base::subject_kind::host});
}

int count(const journal& of, journal_entry::kind what) {
  int found = 0;
  for (const auto& each : of.entries()) found += each.what == what ? 1 : 0;
  return found;
}

TEST(Journal, RefusalsNeverPushOutDecisionsAndSteering) {
  journal kept(10);
  add(kept, journal_entry::kind::decided);
  add(kept, journal_entry::kind::held);
  add(kept, journal_entry::kind::steered);
  add(kept, journal_entry::kind::refused, 1000);
  EXPECT_EQ(kept.entries().size(), 10U);
  EXPECT_EQ(count(kept, journal_entry::kind::steered), 1);
  EXPECT_EQ(count(kept, journal_entry::kind::held), 1);
  EXPECT_EQ(count(kept, journal_entry::kind::decided), 1);
  EXPECT_EQ(kept.entries().back().number, 1003U);
}

TEST(Journal, DecisionsLeaveHalfOfThePlacesToTheRest) {
  journal kept(10);
  add(kept, journal_entry::kind::applied, 5);
  add(kept, journal_entry::kind::decided, 100);
  EXPECT_EQ(count(kept, journal_entry::kind::applied), 5);
  EXPECT_EQ(count(kept, journal_entry::kind::decided), 5);
  EXPECT_EQ(kept.entries().back().number, 105U);
}

// A registrant that comes and goes makes as many decisions as it likes.
TEST(Journal, DecisionsLeaveAQuarterOfThePlacesToWhatOperatorsHaveDone) {
  journal kept(12);
  add(kept, journal_entry::kind::steered, 4);
  add(kept, journal_entry::kind::reloaded);
  add(kept, journal_entry::kind::decided, 100);
  EXPECT_EQ(count(kept, journal_entry::kind::steered), 2);
  EXPECT_EQ(count(kept, journal_entry::kind::reloaded), 1);
  EXPECT_EQ(count(kept, journal_entry::kind::decided), 9);
  EXPECT_EQ(kept.entries().front().number, 3U) << "the oldest of them have gone";
}

TEST(Journal, MayKeepOneEntryOnly) {
  journal kept(1);
  add(kept, journal_entry::kind::decided, 3);
  add(kept, journal_entry::kind::refused, 3);
  ASSERT_EQ(kept.entries().size(), 1U);
}

TEST(Journal, HasOneEntryForAllThatOneChangeLeavesOut) {
  std::vector<plugins::refusal> many;
  for (int i = 0; i < 1500; ++i) many.push_back({"web", "web-" + std::to_string(i), "no address"});
  const auto entry = entry_of({base::subject_kind::source, "s"}, many);
  EXPECT_EQ(entry.counts.removed, 1500U);
  EXPECT_EQ(entry.endpoints.size(), 20U);
  EXPECT_EQ(entry.why, "1500 are left out; the first: no address");
  EXPECT_EQ(entry_of(base::subject_kind::host, {many[0]}).why, "no address");
}

}  // namespace
}  // namespace drcon::engine
