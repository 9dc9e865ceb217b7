// The codes that programs compare with.
#include "report/remark.hpp"
#include "engine/journal_words.hpp"
#include "plugins/finding.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace drcon::report {
namespace {

TEST(Codes, OfRemarksAreAsManyAsTheEnumAndDiffer) {
  std::set<std::string_view> codes;
  for (const auto& each : remark_codes()) {
    codes.insert(each.code);
    EXPECT_TRUE(each.meaning.ends_with('.')) << each.code;
  }
  EXPECT_EQ(codes.size(), remark_codes().size());
  EXPECT_EQ(remark_codes().size(), static_cast<std::size_t>(remark_code::last_good_is_old) + 1);
  EXPECT_EQ(to_string(remark_code::brake_holds), "brake-holds");
  EXPECT_EQ(to_string(remark_code::fault_ahead), "fault-ahead");
  EXPECT_EQ(to_string(remark_code::last_good_is_old), "last-good-is-old");
}

TEST(Codes, OfFindingsAreThoseOfTheAbi) {
  using plugins::finding_of;
  EXPECT_EQ(finding_of(DRCON_PROBE_REACHABLE, DRCON_PROBE_OK, "", "").code, "reachable");
  EXPECT_EQ(finding_of(DRCON_PROBE_OWNER, DRCON_PROBE_OK, "", "").code, "owner");
  EXPECT_EQ(finding_of(4711, DRCON_PROBE_OK, "", "").code, "other");
  EXPECT_EQ(finding_of(DRCON_PROBE_OWNER, 4711, "", "").state, plugins::finding_state::warning);
  EXPECT_EQ(finding_of(0, DRCON_PROBE_FAILED, "a\nb", "").what, "a\\x0ab") << "one line";
  for (std::uint32_t i = 0; i <= DRCON_PROBE_OWNER; ++i)
    EXPECT_EQ(plugins::number_of(finding_of(i, 0, "", "").code), i);
}

TEST(Codes, OfTheJournalHaveEachAMeaning) {
  std::set<std::string> words;
  for (const auto& each : engine::journal_words()) words.insert(to_string(each.what));
  EXPECT_EQ(words.size(), static_cast<std::size_t>(engine::journal_entry::kind::reloaded) + 1);
}

}  // namespace
}  // namespace drcon::report
