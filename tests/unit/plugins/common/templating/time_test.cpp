// What sprig's functions make of the clock and of zones, where the oracle's cases cannot have what a clock says.
#include "unit/plugins/common/templating/go_rendered.hpp"

#include "oracle/compare/cases.hpp"

#include <gtest/gtest.h>

namespace drcon::templating {
namespace time_test {

// 14 November 2023, 22:13:20.5 in UTC: a winter's day in Newfoundland.
surroundings around_noon() {
  surroundings all;
  all.now = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'500));
  all.zone_file = oracle::zone_file;
  return all;
}

std::string render(const std::string& text) { return render(text, around_noon()); }

TEST(TemplateTime, SaysWhatTheClockSaysInThisMachinesZone) {
  EXPECT_EQ(render("{{sprig_now}}"), "2023-11-14 18:43:20.5 -0330 NST");
  EXPECT_EQ(render("{{sprig_now.UTC}}"), "2023-11-14 22:13:20.5 +0000 UTC");
  EXPECT_EQ(render("{{sprig_now | sprig_unixEpoch}}"), "1700000000");
  EXPECT_EQ(render(R"({{sprig_now | sprig_date "2006-01-02 15:04"}} {{sprig_htmlDate sprig_now}})"),
            "2023-11-14 18:43 2023-11-14");
  EXPECT_EQ(render(R"({{sprig_dateInZone "15:04 MST" sprig_now "Asia/Kathmandu"}})"), "03:58 +0545");
  EXPECT_EQ(render(R"({{sprig_htmlDateInZone sprig_now "Australia/Sydney"}})"), "2023-11-15");
}

TEST(TemplateTime, TakesWhatIsNoTimeForNow) {
  EXPECT_EQ(render(R"({{sprig_date "15:04:05" "noon"}} {{sprig_date "15:04:05" nil}} {{sprig_htmlDate 1.5}})"),
            "18:43:20 18:43:20 2023-11-14");
  EXPECT_EQ(render(R"({{sprig_ago "noon"}})"), "0s");
}

TEST(TemplateTime, SaysHowLongAgoATimeWas) {
  EXPECT_EQ(render("{{sprig_ago 1699999999}} {{sprig_ago 1700000000}} {{sprig_ago 1700000001}} {{sprig_ago 0}}"),
            "2s 1s -1s 472222h13m21s");
  EXPECT_EQ(render(R"({{sprig_now | sprig_dateModify "-90m" | sprig_ago}})"), "1h30m0s");
  EXPECT_EQ(render(R"({{sprig_now | sprig_dateModify "-50h" | sprig_durationRound}})"), "2d");
  EXPECT_EQ(render(R"({{sprig_toDate "2006" "2020" | sprig_durationRound}})"), "3y");
}

TEST(TemplateTime, IsTheSameTimeThatTimestampSays) {
  EXPECT_EQ(render(R"({{timestamp}} {{timestamp "unix"}} {{timestamp "Mon _2 15:04:05.000 MST"}})"),
            "2023-11-14T22:13:20Z 1700000000 Tue 14 22:13:20.500 UTC");
}

TEST(TemplateTime, IsInUtcWhereThereAreNoZones) {
  surroundings all = around_noon();
  all.zone_file = nullptr;
  const std::string in_berlin = R"({{sprig_dateInZone "15:04 MST" 0 "Europe/Berlin"}} {{sprig_date "15:04 MST" 0}})";
  EXPECT_EQ(render(in_berlin, all), "00:00 UTC 00:00 UTC");
  all.zone_file = [](std::string_view) { return std::optional<std::string>("no zone"); };
  EXPECT_EQ(render(in_berlin, all), "00:00 UTC 00:00 UTC");
}

// Years that nobody will see are shown somehow, without counting over the end.
TEST(TemplateTime, ShowsAlsoTheLastSecondsThatCanBeCounted) {
  for (const auto* seconds : {"9223372036854775807", "-9223372036854775808"})
    for (const auto* zone : {"UTC", "Europe/Berlin", "Australia/Sydney", "Asia/Kathmandu"}) {
      const auto shown = render(std::string("{{sprig_dateInZone \"2006\" ") + seconds + " \"" + zone + "\"}}");
      EXPECT_EQ(shown.find_first_not_of("-0123456789"), std::string::npos) << shown;
    }
}

// A file of a zone that somebody has damaged is refused, wherever it ends.
TEST(TemplateTime, ReadsNothingBeyondTheEndOfAZonesFile) {
  const auto whole = oracle::zone_file("Europe/Berlin").value();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    surroundings all = around_noon();
    all.zone_file = [&](std::string_view) { return whole.substr(0, size); };
    const auto shown = render(R"({{sprig_dateInZone "15:04" 1720000001 "Europe/Berlin"}})", all);
    EXPECT_TRUE(shown == "09:46" || shown == "10:46" || shown == "11:46") << size << ": " << shown;
  }
}

TEST(TemplateTime, AsksForEachZoneOnce) {
  surroundings all = around_noon();
  std::vector<std::string> asked;
  all.zone_file = [&](std::string_view name) {
    asked.emplace_back(name);
    return oracle::zone_file(name);
  };
  render(R"({{range sprig_until 5}}{{sprig_date "2006" .}}{{range sprig_list "Europe/Berlin" "No" "../Europe/Berlin" )"
         R"("/etc/passwd" "a\\b" "\\a" "UTC" ""}}{{sprig_htmlDateInZone 0 .}}{{end}}{{end}})",
         all);
  EXPECT_EQ(asked, (std::vector<std::string>{"Local", "Europe/Berlin", "No", "a\\b"}));
}

TEST(TemplateTime, EndsWithTheLimitThatManyPasswordsReach) {
  surroundings all = around_noon();
  all.bounds.steps = 2'500'000;
  const auto said = render(R"({{range sprig_until 100}}{{sprig_derivePassword 1 "pin" "p" "u" "s"}}{{end}})", all);
  EXPECT_NE(said.find("error calling sprig_derivePassword: "), std::string::npos) << said;
}

}  // namespace time_test
}  // namespace drcon::templating
