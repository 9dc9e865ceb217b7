// What the import finds that templates ask for, and the watches that cover it.
#include "common/templating/go/parser.hpp"
#include "import/registry_functions.hpp"
#include "import/watches.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace drcon::importing {
namespace asks_test {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct found {
  std::vector<std::string> services;
  std::vector<std::string> keys;
  std::vector<std::string> faults;
  std::vector<std::string> environment;
};

std::string shown(const service_watch& of) {
  std::string text = of.which.what == choice::kind::name  ? "name "
                     : of.which.what == choice::kind::tag ? "with_tag "
                                                          : "match ";
  text += of.which.text;
  for (const auto& each : of.tags) text += " tag " + each;
  if (of.least == health::warning) text += " warning";
  if (of.least == health::any) text += " any";
  if (!of.datacenter.empty()) text += " @" + of.datacenter;
  return text;
}

std::string shown(const key_watch& of) {
  return std::string(of.is_prefix ? "prefix " : "path ") + of.path + (of.is_one_level ? " one level" : "") +
         (of.datacenter.empty() ? "" : " @" + of.datacenter);
}

found asked_by(const std::string& text) {
  found result;
  const functions_of_text functions(text);
  auto parsed = templating::go::parse("t", text, functions.table(), {});
  if (const auto* wrong = std::get_if<templating::fault>(&parsed)) {
    ADD_FAILURE() << wrong->message();
    return result;
  }
  report report;
  const auto asked = find_asks(*std::get<0>(parsed), "t", report);
  const auto watched = smallest(asked);
  for (const auto& each : watched.services) result.services.push_back(shown(each));
  for (const auto& each : watched.keys) result.keys.push_back(shown(each));
  for (const auto& each : report.faults) result.faults.push_back(each.where.shown() + ": " + each.text);
  result.environment = asked.environment;
  return result;
}

TEST(ImportAsks, EveryFormOfTheArgumentsOfService) {
  EXPECT_THAT(asked_by(R"({{range service "web"}}{{end}})").services, ElementsAre("name web"));
  EXPECT_THAT(asked_by(R"({{range service "v2.web"}}{{end}})").services, ElementsAre("name web tag v2"));
  EXPECT_THAT(asked_by(R"({{range service "a.b.web"}}{{end}})").services, ElementsAre("name web tag a.b"));
  EXPECT_THAT(asked_by(R"({{range service "v2.web@dc2|passing,warning"}}{{end}})").services,
              ElementsAre("name web tag v2 warning @dc2"));
  EXPECT_THAT(asked_by(R"({{range service "web" "any"}}{{end}})").services, ElementsAre("name web any"));
  EXPECT_THAT(asked_by(R"({{range service "web|critical"}}{{end}})").services, ElementsAre("name web any"));
  EXPECT_THAT(asked_by(R"({{range service "web" "passing" "warning"}}{{end}})").services,
              ElementsAre("name web warning"));
  EXPECT_THAT(asked_by(R"({{range service "web|passing, critical"}}{{end}})").services, ElementsAre("name web any"));
  EXPECT_THAT(asked_by(R"({{range "web" | service}}{{end}})").services, ElementsAre("name web"));
  EXPECT_THAT(asked_by(R"({{with $s := service "web"}}{{len $s}}{{end}})").services, ElementsAre("name web"));
  EXPECT_THAT(asked_by(R"({{service ""}})").services, IsEmpty());
}

TEST(ImportAsks, OneWatchOfAServiceHasWhatAnyCallNeeds) {
  EXPECT_THAT(asked_by(R"({{service "v1.web"}}{{service "v2.web|any"}})").services, ElementsAre("name web any"));
  EXPECT_THAT(asked_by(R"({{service "v1.web"}}{{service "v1.web|warning"}})").services,
              ElementsAre("name web tag v1 warning"));
  EXPECT_THAT(asked_by(R"({{service "web"}}{{service "web@dc2"}})").services, ElementsAre("name web", "name web @dc2"));
}

TEST(ImportAsks, AServiceThatTwoWatchesMayHaveIsWatchedForBoth) {
  EXPECT_THAT(asked_by(R"({{service "v1.web"}}{{service (printf "cache-%s" (env "X"))}}
                          {{range services}}{{if .Tags | contains "http"}}{{service .Name}}{{end}}{{end}})")
                  .services,
              ElementsAre("name web any", "with_tag http any", "match cache-.* any"));
  EXPECT_THAT(asked_by(R"({{service "v1.web"}}{{service (printf "cache-%s" (env "X"))}})").services,
              ElementsAre("name web tag v1", "match cache-.*"));
}

TEST(ImportAsks, EveryServiceThatCarriesTheTagOfTheConditionAroundIt) {
  const std::vector<std::string> expected{"with_tag http any"};
  EXPECT_EQ(asked_by(R"({{range services}}{{if .Tags | contains "http"}}{{range service .Name}}x{{end}}{{end}}{{end}})")
                .services,
            expected);
  EXPECT_EQ(asked_by(R"({{range $s := services}}{{$name := .Name}}{{if in $s.Tags "http"}}
                        {{range service $name}}x{{end}}{{end}}{{end}})")
                .services,
            expected);
  EXPECT_EQ(asked_by(R"({{range services}}{{if and (contains "http" .Tags) (ne .Name "consul")}}{{service .Name}}
                        {{end}}{{end}})")
                .services,
            expected);
  EXPECT_EQ(asked_by(R"({{range $s := services}}{{range .Tags}}{{if eq . "http"}}{{range service $s.Name}}x{{end}}
                        {{end}}{{end}}{{end}})")
                .services,
            expected);
  EXPECT_EQ(asked_by(R"({{range services}}{{if .Tags | contains "http"}}{{.Name}}{{end}}{{end}})").services, expected)
      << "the names alone";
}

TEST(ImportAsks, ATagOrTheOther) {
  const std::vector<std::string> expected{"with_tag a any", "with_tag b any"};
  EXPECT_EQ(
      asked_by(R"({{range services}}{{if or (.Tags | contains "a") (.Tags | contains "b")}}{{service .Name}}{{end}}
                        {{end}})")
          .services,
      expected);
  EXPECT_EQ(asked_by(R"({{range services}}{{if containsAny (split "," "a,b") .Tags}}{{service .Name}}{{end}}{{end}})")
                .services,
            expected);
  EXPECT_EQ(asked_by(R"({{range services}}{{if containsAll (split "," "a,b") .Tags}}{{service .Name}}{{end}}{{end}})")
                .services,
            expected)
      << "wider than needed, and right";
}

TEST(ImportAsks, ServicesByWhatIsSaidOfTheirNames) {
  EXPECT_THAT(asked_by(R"({{range services}}{{if eq .Name "a" "b"}}{{service .Name}}{{end}}{{end}})").services,
              ElementsAre("name a any", "name b any"));
  EXPECT_THAT(
      asked_by(R"({{range services}}{{if .Name | regexMatch "^web-"}}{{service .Name}}{{end}}{{end}})").services,
      ElementsAre("match web-.* any"));
  EXPECT_THAT(asked_by(R"({{service (printf "web-%s" (env "STAGE"))}})").services, ElementsAre("match web-.*"));
  EXPECT_THAT(asked_by(R"({{range ls "apps/"}}{{service (printf "%s-admin" .Key)}}{{end}})").services,
              ElementsAre("match .*-admin"));
  EXPECT_THAT(asked_by(R"({{service (printf "%s.web" (env "TAG"))}})").services, ElementsAre("name web")) << "any tag";
}

TEST(ImportAsks, TheWholeCatalogueWhereNothingNarrowsIt) {
  const std::vector<std::string> expected{"match .* any"};
  EXPECT_EQ(asked_by(R"({{range services}}{{.Name}}{{end}})").services, expected);
  EXPECT_EQ(asked_by(R"({{range services}}{{range service .Name}}x{{end}}{{end}})").services, expected);
  EXPECT_EQ(asked_by(R"({{services | len}})").services, expected);
  EXPECT_EQ(asked_by(R"({{range $tag, $all := services | byTag}}{{$tag}}{{end}})").services, expected);
  EXPECT_EQ(asked_by(R"({{range services}}{{if not (.Tags | contains "x")}}{{service .Name}}{{end}}{{end}})").services,
            expected);
  EXPECT_EQ(asked_by(R"({{range services}}{{if .Tags | contains "x"}}a{{else}}b{{end}}{{end}})").services, expected);
  for (const auto* empty : {R"(.Tags | contains "")", R"(eq .Name "")", R"(containsAny (split "," "a,") .Tags)"})
    EXPECT_EQ(asked_by("{{range services}}{{if " + std::string(empty) + "}}{{service .Name}}{{end}}{{end}}").services,
              expected)
        << empty << ": no watch can choose by an empty text";
  EXPECT_EQ(asked_by(R"({{range services}}{{.Name}}{{end}}{{service "web|any"}})").services, expected)
      << "it covers the one that is named";
  EXPECT_EQ(asked_by(R"({{range nodes}}{{.Node}}{{end}}{{node "x"}})").services, expected);
  EXPECT_EQ(asked_by(R"({{node "x@dc2"}})").services, std::vector<std::string>{"match .* any @dc2"});
}

TEST(ImportAsks, EveryFunctionThatAsksForKeys) {
  EXPECT_THAT(asked_by(R"({{key "a"}}{{keyExists "b"}}{{keyOrDefault "/c/d" "x"}}{{key "e@dc2"}})").keys,
              ElementsAre("path a", "path b", "path c/d", "path e @dc2"));
  EXPECT_THAT(
      asked_by(R"({{range ls "a/"}}{{.Key}}{{end}}{{range tree "b/"}}{{end}}{{safeLs "c/"}}{{safeTree "d/"}})").keys,
      ElementsAre("prefix a/ one level", "prefix b/", "prefix c/ one level", "prefix d/"));
  EXPECT_THAT(asked_by(R"({{with $d := key "a" | parseJSON}}{{$d.x}}{{end}})").keys, ElementsAre("path a"));
}

TEST(ImportAsks, WhatAFolderCoversIsNotWatchedAgain) {
  EXPECT_THAT(asked_by(R"({{tree "a/"}}{{key "a/b/c"}}{{ls "a/b/"}}{{tree "a/x/"}}{{key "ab"}})").keys,
              ElementsAre("prefix a/", "path ab"));
  EXPECT_THAT(asked_by(R"({{ls "a/"}}{{key "a/b"}}{{key "a/b/c"}})").keys,
              ElementsAre("prefix a/ one level", "path a/b/c"));
  EXPECT_THAT(asked_by(R"({{ls "a/"}}{{tree "a/"}})").keys, ElementsAre("prefix a/"));
}

TEST(ImportAsks, TheLiteralBeginningOfAComputedPathAndTheEnvironmentAtRunTime) {
  const auto asked = asked_by(R"({{keyOrDefault (printf "config/%s/PORT" (env "SERVICE_NAME")) "8000"}})");
  EXPECT_THAT(asked.keys, ElementsAre("prefix config/"));
  EXPECT_THAT(asked.environment, ElementsAre("SERVICE_NAME"));
  EXPECT_THAT(asked.faults, IsEmpty());
}

TEST(ImportAsks, AKeyWhosePathHoldsTheValueOfAnother) {
  EXPECT_THAT(asked_by(R"({{$cluster := key "pg/cluster"}}{{$leader := key (printf "pg/%s/leader" $cluster)}}
                          {{key (printf "pg/%s/members/%s" $cluster $leader)}})")
                  .keys,
              ElementsAre("prefix pg/"));
  EXPECT_THAT(asked_by(R"({{range ls "services/"}}{{key (printf "ports/%s" .Key)}}{{key .Path}}{{end}})").keys,
              ElementsAre("prefix ports/", "prefix services/"));
}

TEST(ImportAsks, LoopsThatCountAreFollowedUntilNothingNewComesOfThem) {
  EXPECT_THAT(
      asked_by(R"({{$i := 0}}{{range service "web"}}{{key (printf "slot/%d" $i)}}{{$i = add $i 1}}{{end}})").keys,
      ElementsAre("prefix slot/"));
  EXPECT_THAT(asked_by(R"({{range loop 1 3}}{{key (printf "slot/%d" .)}}{{end}})").keys,
              ElementsAre("path slot/1", "path slot/2"));
  EXPECT_THAT(
      asked_by(R"({{range $a := loop 9}}{{range $b := loop 9}}{{key (printf "at/%d/%d" $a $b)}}{{end}}{{end}})").keys,
      ::testing::Each(::testing::AnyOf(::testing::StartsWith("prefix at/"), ::testing::StartsWith("path at/"))))
      << "too many to name each: how they begin stays known";
  EXPECT_THAT(asked_by(R"({{range $name := split "," "a,b"}}{{service $name}}{{end}})").services,
              ElementsAre("name a", "name b"));
  EXPECT_THAT(asked_by(R"({{range parseJSON "[\"a\",\"b\"]"}}{{service .}}{{end}})").services,
              ElementsAre("name a", "name b"));
}

TEST(ImportAsks, AVariableIsWhatAnyWayOfAConditionGivesIt) {
  EXPECT_THAT(asked_by(R"({{$p := "blue"}}{{if env "X"}}{{$p = "green"}}{{end}}{{key (printf "%s/port" $p)}})").keys,
              ElementsAre("path blue/port", "path green/port"));
  EXPECT_THAT(
      asked_by(R"({{$p := "a"}}{{if env "X"}}{{$p = "b"}}{{end}}{{key (print $p)}}{{key (printf "x/%s/%d" $p 0x10)}})")
          .keys,
      ElementsAre("path a", "path b", "path x/a/16", "path x/b/16"));
  EXPECT_THAT(asked_by(R"({{scratch.Set "p" "red"}}{{key (scratch.Get "p")}})").keys, ElementsAre("path red"));
}

TEST(ImportAsks, TemplatesWithinTemplatesAskWhatTheyAreGiven) {
  EXPECT_THAT(asked_by(R"({{define "one"}}{{range service .}}x{{end}}{{end}}{{template "one" "a"}}
                          {{executeTemplate "one" "b"}})")
                  .services,
              ElementsAre("name a", "name b"));
  EXPECT_THAT(asked_by(R"({{define "unused"}}{{service "a"}}{{secret "x"}}{{end}}text)").services, IsEmpty());
  EXPECT_THAT(asked_by(R"({{define "a"}}{{key "k"}}{{template "a" .}}{{end}}{{template "a" .}})").keys,
              ElementsAre("path k"))
      << "one that calls itself";
}

TEST(ImportAsks, ALineByHandOnlyWhereNothingLiteralIsLeft) {
  const auto asked = asked_by("x\n{{service (key \"name\")}}{{key (env \"KEY\")}}{{ls \"/\"}}");
  EXPECT_THAT(asked.faults, ElementsAre(HasSubstr("t:2:3: service (key \"name\"): the name of the service"),
                                        HasSubstr("t:2:27: key (env \"KEY\"): no part at the beginning"),
                                        HasSubstr("t:2:46: ls \"/\" asks for the whole store")));
  EXPECT_THAT(asked.keys, ElementsAre("path name"));
  EXPECT_THAT(asked_by(R"({{range key "dcs" | split ","}}{{service (printf "web@%s" .)}}{{end}})").faults,
              ElementsAre(HasSubstr("the datacenter is known only when")));
}

TEST(ImportAsks, WhatDrconDoesNotWatchIsReportedWithItsPlaceAndWhatToDo) {
  EXPECT_THAT(
      asked_by("\n  {{with secret \"x\"}}{{.Data.y}}{{end}}").faults,
      ElementsAre("t:2:10: secret \"x\": drcon does not watch Vault: have Vault's own agent write the secret to "
                  "a file"));
  EXPECT_THAT(asked_by("{{nomadService \"x\"}}").faults, ElementsAre(HasSubstr("provider = \"consul\"")));
  EXPECT_THAT(asked_by("{{caRoots}}").faults, ElementsAre(HasSubstr("service mesh")));
  EXPECT_THAT(asked_by("{{service \"web?peer=x\"}}").faults, ElementsAre(HasSubstr("peers cannot be watched")));
  EXPECT_THAT(asked_by("{{range services (env \"DC\")}}{{.Name}}{{end}}").faults,
              ElementsAre(HasSubstr("the datacenter is known only")));
  EXPECT_THAT(asked_by("{{service \"web~_agent\"}}").faults, ElementsAre(HasSubstr("leave out what begins with '~'")));
  EXPECT_THAT(asked_by("{{node}}").faults, ElementsAre(HasSubstr("name one")));
  EXPECT_THAT(asked_by("{{range datacenters}}{{.}}{{end}}").faults,
              ElementsAre(HasSubstr("that the pipeline watches")));
  EXPECT_THAT(asked_by("{{service \"web|passng\"}}").faults, ElementsAre(HasSubstr("'passng' is no health")));
}

TEST(ImportAsks, TemplatesThatCallOneAnotherForEverAreBounded) {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    const auto next = "\"" + std::to_string(i + 1) + "\"";
    text += "{{define \"" + std::to_string(i) + "\"}}{{template " + next + " .}}{{template " + next +
            " .}}{{template " + next + " .}}{{template " + next + " .}}{{end}}";
  }
  const auto asked = asked_by(text + "{{define \"20\"}}{{end}}{{template \"0\" .}}");
  EXPECT_THAT(asked.services, IsEmpty());
}

}  // namespace asks_test
}  // namespace drcon::importing
