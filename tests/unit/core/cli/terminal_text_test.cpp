// What people read of the admin interface's answers.
#include "cli/terminal_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>

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
          {"sources", {{"hosts", {{"ready", true}, {"known", true}, {"state", "ok"}}}}},
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

nlohmann::json sink_that_answered(const char* answer) {
  return {{"up_to_date", false}, {"in_flight", false}, {"last_answer", answer}, {"applied", 2}, {"wanted", 3}};
}

TEST(TerminalText, TheStateOfAPipelineIsWhatDrconSaysAndSinceWhen) {
  auto status = status_with(sink_that_answered("away"));
  EXPECT_THAT(format_status(status), HasSubstr("web       -      3")) << "of an older drcon";
  status["pipelines"]["web"]["state"] = {{"code", "not-applied"},
                                         {"kind", "wrong"},
                                         {"words", "not applied, retrying"},
                                         {"of", "page"},
                                         {"since", 86400.0}};
  EXPECT_THAT(format_status(status), HasSubstr("  not applied, retrying since " + clock_time(86400) + "  "));
  status["pipelines"]["web"]["state"]["since"] = 0;
  EXPECT_THAT(format_status(status), HasSubstr("  not applied, retrying  3  "));
}

TEST(TerminalText, AnAnswerHasTheSameWordsEverywhere) {
  const auto shown = [](const char* answer) { return format_status(status_with(sink_that_answered(answer))); };
  EXPECT_THAT(shown("away"), HasSubstr("page: not applied, retrying, has 2"));
  EXPECT_THAT(shown("rejected"), HasSubstr("page: rejected, has 2"));
  EXPECT_THAT(shown("unanswered"), HasSubstr("page: no answer, has 2"));
  EXPECT_THAT(shown("new\x1bword"), HasSubstr("page: new\\x1bword, has 2")) << "of a newer drcon";
  auto status = status_with(sink_that_answered("applied"));
  status["sources"]["hosts"]["state"] = "away";
  EXPECT_THAT(format_status(status), HasSubstr("hosts: unreachable"));
  auto away = entry();
  away["what"] = "away";
  EXPECT_THAT(format_entry(away), HasSubstr("7 not applied pipeline web revision 12"));
}

TEST(TerminalText, WhatNeedsAttentionSaysSinceWhen) {
  auto status = status_with(sink_that_answered("away"));
  status["findings"] = {{{"code", "paused"}, {"text", "pipeline web is paused"}, {"since", 86400.0}},
                        {{"code", "sink-applying"}, {"text", "sink page is applying revision 3"}, {"since", 0}}};
  const auto shown = format_status(status);
  EXPECT_THAT(shown, HasSubstr("\n  since " + clock_time(86400) + ": pipeline web is paused\n"));
  EXPECT_THAT(shown, HasSubstr("\n  sink page is applying revision 3\n"));
}

nlohmann::json match(const std::string& id) {
  const auto note = [&](int number) {
    auto made = entry();
    made["number"] = number;
    made["endpoints"][0]["endpoint"] = id;
    return made;
  };
  nlohmann::json line{{"name", "haproxy"}, {"known", true}};
  line["lines"] = nlohmann::json::array({"web/a 10.0.0.1:80 DOWN"});
  auto target = nlohmann::json::array();
  target.push_back(std::move(line));
  return {{"id", id},
          {"address", "10.0.0.1:80"},
          {"service", "web"},
          {"verdict", "in rotation since revision 1"},
          {"sources", nlohmann::json::array({{{"source", "hosts"},
                                              {"plugin", "file"},
                                              {"state", "ok"},
                                              {"says", "present"},
                                              {"revision", 0},
                                              {"told", 0},
                                              {"silent_since", 0},
                                              {"why", ""},
                                              {"text", "1 service"}}})},
          {"merge", ""},
          {"filter", ""},
          {"brake", ""},
          {"paused", ""},
          {"decided",
           {{"revision", 1}, {"present", true}, {"since_revision", 1}, {"since", 0}, {"why", "hosts"}, {"gone_at", 0}}},
          {"sinks", nlohmann::json::array({{{"sink", "lb"},
                                            {"plugin", "haproxy"},
                                            {"present", true},
                                            {"applied", 1},
                                            {"wanted", 1},
                                            {"up_to_date", true},
                                            {"last_answer", "applied"},
                                            {"why", ""},
                                            {"refused", "HAProxy's check has it DOWN"},
                                            {"target_error", ""},
                                            {"target", std::move(target)}}})},
          {"journal", {note(1), note(2), note(3), note(4)}}};
}

TEST(TerminalText, AnExplanationIsShortUnlessAllIsAskedFor) {
  const nlohmann::json one{
      {"pipeline", "web"}, {"asked", "10.0.0.1"}, {"matches", nlohmann::json::array({match("a")})}, {"more", false}};
  const auto brief = format_short_explanation(one);
  EXPECT_THAT(brief, ::testing::StartsWith("a (10.0.0.1:80) of service web: in rotation since revision 1\n"
                                           "  source hosts (file, ok): present\n"
                                           "  sink lb (haproxy): leaves it out: HAProxy's check has it DOWN; with "
                                           "revision 1, last answer: applied\n"
                                           "  journal:\n"));
  EXPECT_THAT(brief, Not(HasSubstr("web/a 10.0.0.1:80 DOWN")));
  EXPECT_THAT(brief,
              ::testing::AllOf(Not(HasSubstr("  1 decided")), HasSubstr("  2 decided"), HasSubstr("  4 decided")));
  EXPECT_THAT(brief, ::testing::EndsWith("  --all shows each step, and what the targets have\n"));
  auto shared = one;
  shared["matches"][0]["also_of"] = {"api", "old-api"};
  EXPECT_THAT(format_explanation(shared), HasSubstr("  this address is also of service api, old-api, whose lines are"));
  const auto full = format_explanation(one);
  EXPECT_THAT(
      full, ::testing::AllOf(HasSubstr("web/a 10.0.0.1:80 DOWN"), HasSubstr("  1 decided"), HasSubstr("decided: in")));
}

TEST(TerminalText, OfSeveralEndpointsOnlyTheVerdictsAreExplained) {
  nlohmann::json several{
      {"pipeline", "web"}, {"asked", "10.0.0.1"}, {"matches", {match("a"), match("b"), match("c")}}, {"more", false}};
  const auto line = [](const char* id) {
    return std::string(id) + " (10.0.0.1:80) of service web: in rotation since revision 1\n";
  };
  const std::string how =
      "3 endpoints match; drcon explain web ID, with --service where several services have it, shows "
      "one; --all shows each in full\n";
  EXPECT_EQ(format_short_explanation(several), line("a") + line("b") + line("c") + how);
  several["more"] = true;
  EXPECT_EQ(format_short_explanation(several),
            line("a") + line("b") + line("c") + "and more; name an id, or --service\n" + how);
}

TEST(TerminalText, WhatASourceReportsIsNotCalledSourceTwice) {
  auto news = entry();
  news["what"] = "source";
  news["kind"] = "source";
  news["subject"] = "consul";
  EXPECT_THAT(format_entry(news), HasSubstr("7 source      consul revision 12"));
}

TEST(TerminalText, AnAppliedChangeHasItsWholeWay) {
  auto applied = entry();
  applied["what"] = "applied";
  applied["stages"] = {{"whole", 0.025}};
  EXPECT_THAT(format_entry(applied), HasSubstr("0.4 ms, 25.0 ms after the source reported it"));
}

TEST(TerminalText, AnEntrySaysWhatWhyAndWhich) {
  const auto line = format_entry(entry());
  EXPECT_THAT(line, HasSubstr("7 decided     pipeline web revision 12 (+1 -1 ~3) from consul, 0.4 ms: +s/10.0.0.1:80 "
                              "-s/e\\x1b and 3 more"));
  EXPECT_THAT(line, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace drcon::cli
