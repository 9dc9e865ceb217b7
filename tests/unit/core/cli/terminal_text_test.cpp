// What people read of the admin interface's answers.
#include "cli/terminal_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace drcon::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TerminalText, NothingOfARegistryReachesTheTerminalAsAnOrder) {
  EXPECT_EQ(printable("a\x1b[2Jb\nc\x7f"), "a\\x1b[2Jb\\x0ac\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "\\u009b31m")
      << "control characters of one byte more";
  EXPECT_EQ(printable("gnp.\xe2\x80\xae"
                      "exe"),
            "gnp.\\u202eexe");
  EXPECT_EQ(printable("\xe2\x81\xa6"), "\\u2066");
  EXPECT_EQ(printable("grün – 緑 …"), "grün – 緑 …") << "other scripts are no harm";
}

TEST(TerminalText, TheContentOfATargetKeepsItsLinesAndLosesItsControlCharacters) {
  EXPECT_EQ(printable_lines("a\tb\n\x1b[2Jc\r\n\xff\n"), "a\tb\n\\x1b[2Jc\\x0d\n\\xff\n");
  EXPECT_EQ(printable_lines(""), "");
  EXPECT_EQ(printable_lines("no line feed"), "no line feed");
}

TEST(TerminalText, TablesAreAsWideAsTheirWords) {
  EXPECT_EQ(table({{"A", "B"}, {"long", "x"}, {"grün", "y"}}), "A     B\nlong  x\ngrün  y\n");
}

TEST(TerminalText, LengthsOfTimeHaveUnits) {
  EXPECT_EQ(length_of_time(0.0004), "0.4 ms");
  EXPECT_EQ(length_of_time(0.35), "350 ms");
  EXPECT_EQ(length_of_time(59), "59 s");
  EXPECT_EQ(length_of_time(3725), "1 h 2 min");
  EXPECT_EQ(length_of_time(100000), "1 d 3 h");
}

nlohmann::json entry() {
  return {{"time", 1000},
          {"number", 7},
          {"what", "decided"},
          {"kind", "pipeline"},
          {"subject", "web"},
          {"revision", 12},
          {"why", "consul"},
          {"added", 1},
          {"removed", 1},
          {"changed", 3},
          {"seconds", 0.0004},
          {"endpoints",
           {{{"service", "s"}, {"endpoint", "e1"}, {"address", "10.0.0.1:80"}, {"change", "added"}},
            {{"service", "s"}, {"endpoint", "e\x1b"}, {"address", ""}, {"change", "removed"}}}}};
}

nlohmann::json status_with(const nlohmann::json& sink) {
  return {{"version", "1"},
          {"now", 2000},
          {"started", 1000},
          {"verdict", "OK, with warnings"},
          {"unsettled", {"sink page is applying revision 3"}},
          {"caveats", {"source hosts leaves out a\x1b of service web"}},
          {"sources", {{"hosts", {{"known", true}, {"state", "ok"}}}}},
          {"sinks", {{"page", sink}}},
          {"pipelines",
           {{"web",
             {{"sources", {"hosts"}},
              {"sinks", {"page"}},
              {"held", ""},
              {"paused", ""},
              {"known", true},
              {"revision", 3},
              {"in_service", 1},
              {"endpoints", 1}}}}}};
}

TEST(TerminalText, AStatusHasTheVerdictAndAllThatGoesWithIt) {
  const auto shown = format_status(status_with(
      {{"up_to_date", false}, {"in_flight", true}, {"last_answer", "applied"}, {"applied", 2}, {"wanted", 3}}));
  EXPECT_THAT(shown, HasSubstr(": OK, with warnings\n"));
  EXPECT_THAT(shown, HasSubstr("\n  sink page is applying revision 3\n"));
  EXPECT_THAT(shown, HasSubstr("\n  source hosts leaves out a\\x1b of service web\n"));
  EXPECT_THAT(shown, HasSubstr("page: applying 3, has 2")) << "its last answer was to another revision";
}

TEST(TerminalText, TheStateOfAPipelineIsThatOfItsWorstPart) {
  const auto state_with = [](const char* answer, bool up_to_date, bool known) {
    auto status = status_with(
        {{"up_to_date", up_to_date}, {"in_flight", false}, {"last_answer", answer}, {"applied", 2}, {"wanted", 3}});
    for (auto& each : status["sources"]) each["known"] = known;
    return format_status(status);
  };
  EXPECT_THAT(state_with("applied", true, true), HasSubstr("web  "));
  EXPECT_THAT(state_with("applied", true, true), HasSubstr("  ok  "));
  EXPECT_THAT(state_with("away", false, true), HasSubstr("  sink away  "));
  EXPECT_THAT(state_with("rejected", false, false), HasSubstr("  sink rejected  "));
  EXPECT_THAT(state_with("applied", true, false), HasSubstr("  source unreachable  "));
  EXPECT_THAT(state_with("applied", false, true), HasSubstr("  applying  "));
}

TEST(TerminalText, TheStateOfWhatFailsSaysSinceWhen) {
  auto status = status_with({{"up_to_date", false},
                             {"in_flight", false},
                             {"last_answer", "away"},
                             {"applied", 2},
                             {"wanted", 3},
                             {"failing_since", 86400.0}});
  EXPECT_THAT(format_status(status), HasSubstr("  sink away since " + clock_time(86400)));
  status["sinks"]["page"]["last_answer"] = "applied";
  status["sources"]["hosts"] = {{"known", false}, {"state", "away"}, {"unknown_since", 172800.0}};
  EXPECT_THAT(format_status(status), HasSubstr("  source unreachable since " + clock_time(172800)));
}

TEST(TerminalText, AnAppliedChangeHasItsWholeWay) {
  auto applied = entry();
  applied["what"] = "applied";
  applied["stages"] = {{"whole", 0.025}};
  EXPECT_THAT(format_entry(applied), HasSubstr("0.4 ms, 25.0 ms after the source reported it"));
}

TEST(TerminalText, AnEntrySaysWhatWhyAndWhich) {
  const auto line = format_entry(entry());
  EXPECT_THAT(line, HasSubstr("7 decided  pipeline web revision 12 (+1 -1 ~3) from consul, 0.4 ms: +s/10.0.0.1:80 "
                              "-s/e\\x1b and 3 more"));
  EXPECT_THAT(line, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace drcon::cli
