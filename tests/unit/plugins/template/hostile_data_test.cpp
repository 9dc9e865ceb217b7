// One name, label or setting that somebody has registered must not keep a Go template from being rendered for all
// others, and must not reach the file in a shape that nobody has judged.
#include "common/templating/functions/functions.hpp"
#include "template/form.hpp"

#include <gtest/gtest.h>

namespace drcon::templates {
namespace hostile_data_test {

service named(const std::string& name, std::map<std::string, std::string> meta = {}, std::uint32_t port = 80) {
  return {.name = name,
          .revision = 0,
          .endpoints = {{.id = "n1/" + name,
                         .node = "n1",
                         .address = "10.0.0.1",
                         .port = port,
                         .tags = {},
                         .meta = std::move(meta)}}};
}

service settings(std::map<std::string, std::string> values) {
  return {.name = "settings", .revision = 0, .endpoints = {}, .values = std::move(values)};
}

struct made {
  std::string text;
  std::string refused;
};

made render(const std::string& text, const std::vector<service>& all, language in = language::none) {
  auto read = form::read("t.ctmpl", text, {.written_in = template_language::go, .marks = {}});
  if (const auto* wrong = std::get_if<templating::fault>(&read)) return {.text = report(*wrong), .refused = {}};
  made result;
  const auto how = std::get<form>(read).render({.services = all, .sink = "s", .revision = 7},
                                               {.in = in, .of_services = {}, .granted = {}},
                                               [&](const auto& service, const auto& endpoint, const auto& why) {
                                                 result.refused += service + "|" + endpoint + "|" + why + "\n";
                                               });
  result.text = how.wrong ? report(*how.wrong) : how.bytes;
  return result;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(GoTemplateHostileNames, AServiceFromTheListIsFoundWhateverItIsCalled) {
  const auto all = R"({{range services}}{{.Name}}={{range service .Name}}{{.Port}}{{end}} {{end}})";
  for (const auto* name : {"my.app", "a/b", "..", "a b", "a|b", "a@b", "a~b", "a?b", "..x", "x", "a.web"}) {
    const auto result = render(all, {named(name, {}, 81), named("web")});
    EXPECT_EQ(result.text, std::string(name) + "=81 web=80 ");
    EXPECT_EQ(result.refused, "") << name;
  }
  EXPECT_EQ(render(R"({{range services}}{{range service .Name "passing"}}{{.Port}} {{end}}{{end}})",
                   {named("my.app", {}, 81), named("web")})
                .text,
            "81 80 ");
}

TEST(GoTemplateHostileNames, AQueryThatNobodyCouldWatchFindsNothingAndIsReported) {
  const auto all = R"({{range services}}{{.Name}}={{range service (print .Name "|any")}}{{.Port}}{{end}};{{end}})";
  for (const auto* name : {"my.app", "a/b", "..", "a b", "a@b", "a~b", "a?b"}) {
    const auto result = render(all, {named(name, {}, 81), named("web")});
    EXPECT_EQ(result.text, std::string(name) + "=;web=80;");
    EXPECT_TRUE(has(result.refused, std::string(name) + "||what line 1, column ")) << result.refused;
    EXPECT_TRUE(has(result.refused, "is taken as not there")) << result.refused;
  }
}

TEST(GoTemplateHostileNames, ANameOfAnotherServiceIsNotTakenOver) {
  // Somebody registers a service that is called like a query of the template.
  EXPECT_EQ(
      render(R"({{range service "v1.web"}}{{.Port}}{{else}}none{{end}})", {named("v1.web", {}, 81), named("web")}).text,
      "none");
  EXPECT_EQ(render(R"({{$tag := key "tag"}}{{range service (print $tag ".web")}}{{.Port}}{{else}}none{{end}})",
                   {named("v1.web", {}, 81), named("web"), settings({{"tag", "v1"}})})
                .text,
            "none");
}

TEST(GoTemplateHostileNames, AQueryThatCouldBeWatchedIsRefusedStill) {
  EXPECT_TRUE(has(render(R"({{range service "we b"}}x{{end}})", {named("web")}).text, "invalid format"));
  const auto computed =
      render(R"({{range service (key "backend")}}x{{end}})", {named("web"), settings({{"backend", "db"}})});
  EXPECT_TRUE(has(computed.text, "t.ctmpl:1:9:")) << computed.text;
  EXPECT_TRUE(has(computed.text, R"(service = [{ name = "db" }])")) << computed.text;
  EXPECT_TRUE(
      has(render(R"({{range services}}{{range service (print .Name "-side")}}x{{end}}{{end}})", {named("web")}).text,
          R"(service = [{ name = "web-side" }])"));
}

TEST(GoTemplateHostileNames, PathsAndPlacesThatNobodyCouldWatchAreNotThere) {
  const std::vector<service> all{named("a~b"), named("web"), settings({{"c/web", "1"}})};
  const auto result =
      render(R"({{range services}}{{keyOrDefault (print "c/" .Name) "-"}}{{keyExists (print "c/" .Name)}} )"
             R"({{len (ls (print "c/" .Name))}};{{end}})",
             all);
  EXPECT_EQ(result.text, "-false 0;1true 0;");
  EXPECT_TRUE(has(result.refused, "a~b||what line 1, column")) << result.refused;
  auto dots = named("web");
  dots.endpoints[0].node = "n~1";
  EXPECT_EQ(render(R"({{range nodes}}{{with node .Node}}{{.Node.Node}}{{end}}{{end}})", {dots}).text, "n~1");
}

TEST(GoTemplateHostileSettings, OneBelowAPrefixIsLeftOutAndTheOthersAreWritten) {
  const auto many = settings({{"a/1", "x"}, {"a/2", "x; } evil { y"}, {"a/3;}", "x"}, {"a/4", "z"}});
  for (const auto* text :
       {R"({{range ls "a"}}{{.Key}}={{.Value}} {{end}})", R"({{range tree "a"}}{{.Key}}={{.Value}} {{end}})",
        R"({{range $k, $v := tree "a" | explode}}{{$k}}={{$v}} {{end}})"}) {
    const auto result = render(text, {many}, language::nginx);
    EXPECT_EQ(result.text, "1=x 4=z ") << text;
    EXPECT_TRUE(has(result.refused, "settings|a/2|its value holds ';'")) << result.refused;
    EXPECT_TRUE(has(result.refused, "settings|a/3;}|its path holds ';'")) << result.refused;
  }
  EXPECT_TRUE(has(render(R"({{key "a/2"}})", {many}, language::nginx).text, "holds ';'"));
}

TEST(GoTemplateHostileSettings, OneThatIsInTheWayOfOthersIsLeftOut) {
  std::map<std::string, std::string> values{{"a/plain", "1"}};
  for (int i = 0; i < 20; ++i) {
    values["a/" + std::to_string(i)] = "leaf";
    values["a/" + std::to_string(i) + "/below"] = "2";
  }
  const auto result = render(R"({{range $k, $v := tree "a" | explode}}{{$k}} {{end}})", {settings(values)});
  EXPECT_TRUE(has(result.text, "plain ")) << result.text;
  EXPECT_TRUE(has(result.refused, "settings|a/7|explode: others are below it")) << result.refused;
}

TEST(GoTemplateHostileLabels, AnInstanceThatAFunctionFailsOnIsLeftOut) {
  std::vector<service> all{named("web", {{"weight", "7"}})};
  for (int i = 0; i < 20; ++i) {
    auto one = all[0].endpoints[0];
    one.id = "n1/bad" + std::to_string(i);
    one.meta["weight"] = "many";
    all[0].endpoints.push_back(one);
  }
  for (
      const auto* text :
      {R"({{range service "web"}}{{.ServiceMeta.weight | parseInt}} {{end}})",
       R"({{define "one"}}{{.ServiceMeta.weight | parseInt}} {{end}}{{range service "web"}}{{template "one" .}}{{end}})",
       R"({{define "one"}}{{.ServiceMeta.weight | parseInt}} {{end}}{{range service "web"}}{{executeTemplate "one" .}}{{end}})",
       R"({{with index (service "web") 0}}{{.ServiceMeta.weight | parseInt}} {{end}})"}) {
    const auto result = render(text, all);
    EXPECT_EQ(result.text, "7 ") << text;
    EXPECT_TRUE(has(result.refused, "web|n1/bad1")) << text << result.refused;
    EXPECT_TRUE(has(result.refused, "|parseInt: ")) << text << result.refused;
  }
  // That there are too few is nobody's fault who is there.
  const auto few = render(R"({{if service "web"}}{{(index (service "web") 1).Port}}{{end}})", {named("web")});
  EXPECT_TRUE(has(few.text, "index out of range")) << few.text;
  EXPECT_EQ(few.refused, "");
  // The operator's own fault is one of the whole.
  EXPECT_TRUE(
      has(render(R"({{range service "web"}}{{"many" | parseInt}}{{end}})", all).text, "error calling parseInt"));
}

// The limits of the whole rendering would be reached in a loop or a text that nobody is to blame for.
TEST(GoTemplateHostileLabels, AnInstanceThatAsksForTooMuchIsLeftOut) {
  for (const auto* count : {"1000003", "150000000", "999999999999999"}) {
    auto web = named("web", {{"n", "3"}});
    auto bad = web.endpoints[0];
    bad.id = "n1/bad";
    bad.meta["n"] = count;
    web.endpoints.push_back(bad);
    for (const auto* text :
         {R"({{range service "web"}}{{range loop (parseInt .ServiceMeta.n)}}{{end}}{{.Port}} {{end}})",
          R"({{range service "web"}}{{range loop 2 (parseInt .ServiceMeta.n)}}x{{end}}{{.Port}} {{end}})",
          R"({{range service "web"}}{{range sprig_until (sprig_int .ServiceMeta.n)}}{{end}}{{.Port}} {{end}})",
          R"({{range service "web"}}{{sprig_seq (sprig_int .ServiceMeta.n)}}{{.Port}} {{end}})",
          R"({{range service "web"}}{{sprig_repeat (sprig_int .ServiceMeta.n) "x"}}{{.Port}} {{end}})",
          R"({{range service "web"}}{{sprig_indent (sprig_int .ServiceMeta.n) "x"}}{{.Port}} {{end}})",
          R"({{range service "web"}}{{range parseInt .ServiceMeta.n}}{{end}}{{.Port}} {{end}})"}) {
      const auto result = render(text, {web});
      EXPECT_TRUE(result.text.ends_with("80 ")) << text << " " << count << ": " << result.text.substr(0, 200);
      EXPECT_TRUE(has(result.refused, "web|n1/bad|")) << text << " " << count << ": " << result.refused;
    }
  }
}

// Each asks for less than one may, and all of them would reach the limits of the whole.
TEST(GoTemplateHostileLabels, OfManyThatTogetherAskForTooMuchThoseThatAskForMostAreLeftOut) {
  auto web = named("web", {{"n", "900000"}});
  for (int i = 0; i < 300; ++i) {
    web.endpoints.push_back(web.endpoints[0]);
    web.endpoints.back().id = "n1/bad" + std::to_string(i);
  }
  web.endpoints.push_back(named("web", {{"n", "3"}}, 81).endpoints[0]);
  web.endpoints.back().id = "n1/modest";
  for (const auto* text :
       {R"({{range service "web"}}{{range parseInt .ServiceMeta.n}}{{end}}{{.Port}} {{end}})",
        R"({{range service "web"}}{{$all := sprig_repeat (sprig_int .ServiceMeta.n) "x"}}{{.Port}} {{end}})"}) {
    const auto result = render(text, {web, named("api")});
    EXPECT_EQ(result.text, "80 80 80 80 80 81 ") << text << result.text.substr(0, 200);
    EXPECT_TRUE(has(result.refused,
                    "web|n1/bad1|asks for 900000 rounds of loops and bytes of repeated texts, and all "
                    "data together asks for 270900003, more than 5000000"))
        << result.refused.substr(0, 500);
    EXPECT_FALSE(has(result.refused, "n1/modest")) << result.refused.substr(0, 500);
  }
}

TEST(GoTemplateHostileLabels, AServiceOfWhichOneInstanceAfterTheOtherFailsIsLeftWithoutAny) {
  std::vector<service> all{named("api", {{"weight", "7"}}), named("web", {{"weight", "many"}})};
  for (int i = 0; i < 200; ++i) {
    auto one = all[1].endpoints[0];
    one.id = "n1/bad" + std::to_string(i);
    all[1].endpoints.push_back(one);
  }
  const auto result = render(R"({{if service "web"}}{{(index (service "web") 0).ServiceMeta.weight | parseInt}}{{end}})"
                             R"({{with index (service "api") 0}}{{.ServiceMeta.weight | parseInt}}{{end}})",
                             all);
  EXPECT_EQ(result.text, "7");
  EXPECT_TRUE(has(result.refused, "left out with all endpoints of the service web")) << result.refused;
}

TEST(GoTemplateHostileLabels, TextThatIsDecodedIsJudgedAsThatWhichIsRead) {
  // Each holds "x; }" for one function, and is harmless as it is.
  const std::map<std::string, std::string> hostile{{"base64Decode", "eDsgfQ=="},
                                                   {"base64URLDecode", "eDsgfQ=="},
                                                   {"sprig_b64dec", "eDsgfQ=="},
                                                   {"sprig_b32dec", "PA5SA7I="},
                                                   {"html", "x&y"}};
  for (const auto& [function, held] : hostile) {
    const auto text = R"({{range service "web"}}[{{.ServiceMeta.x | )" + function + "}}]{{end}}";
    auto web = named("web", {{"x", held}});
    web.endpoints.push_back(named("web").endpoints[0]);
    web.endpoints[1].id = "n1/good";
    const auto result = render(text, {web}, language::nginx);
    EXPECT_EQ(result.text, "[]") << function;
    EXPECT_TRUE(has(result.refused, "web|n1/web|what " + function + " makes of it holds ';'")) << result.refused;
  }
}

TEST(GoTemplateHostileLabels, CharactersThatAreMadeOfNumbersAreJudged) {
  auto web = named("web", {{"n", "59"}}, 59);
  web.endpoints.push_back(named("web", {{"n", "65"}}, 65).endpoints[0]);
  web.endpoints[1].id = "n1/good";
  const auto one = [&](const std::string& text) {
    return render(R"({{range service "web"}})" + text + "{{end}}", {web}, language::nginx).text;
  };
  EXPECT_EQ(one(R"({{printf "%c" .Port}})"), "A");
  EXPECT_EQ(one(R"({{printf "%s%[2]c" .ID .Port}})"), "goodA");
  EXPECT_EQ(one(R"({{.ServiceMeta.n | parseInt | printf "%s;%c;" .ID}})"), "good;A;");
  EXPECT_EQ(one(R"({{$n := sprig_list .Port}}{{printf "%c" $n}})"), "[A]");
  // A port is a number where it is written as one.
  EXPECT_EQ(one(R"({{printf "%q %d;" .ID .Port}})"), R"("good" 65;"web" 59;)");
}

TEST(GoTemplateHostileLabels, WhatIsParsedOrFormattedByDataIsJudged) {
  const auto of_key = [](const std::string& text, const std::string& held, language in) {
    return render(text, {settings({{"k", held}})}, in).text;
  };
  EXPECT_TRUE(has(of_key(R"({{(key "k" | parseYAML).a}})", R"(a: "\e")", language::none), "holds a control character"));
  EXPECT_TRUE(
      has(of_key(R"({{key "k" | sprig_urlParse}})", "http://h/a%0Ab", language::haproxy), "holds a control character"));
  EXPECT_TRUE(
      has(of_key(R"({{(key "k" | parseJSON).a}})", R"({"a":"\u001b"})", language::none), "holds a control character"));
  EXPECT_EQ(of_key(R"({{(key "k" | parseJSON).a}})", R"({"a":"1\n2"})", language::none), "1\n2");
  EXPECT_TRUE(has(of_key(R"({{printf (key "k") 59}})", "%c", language::nginx), "holds ';'"));
  EXPECT_TRUE(has(of_key(R"({{printf (key "k") 5}})", "%9d", language::nginx), "holds a space"));
  EXPECT_TRUE(
      has(of_key(R"({{define "t"}}{{key "k"}}{{end}}{{executeTemplate "t" | base64Decode}})", "Ow==", language::nginx),
          "holds ';'"));
  EXPECT_TRUE(has(of_key(R"({{scratch.Set "a" (key "k")}}{{scratch.Get "a" | base64Decode}})", "Ow==", language::nginx),
                  "holds ';'"));
  EXPECT_TRUE(has(of_key(R"({{$l := split "," (key "k")}}{{index $l 1 | base64Decode}})", "x,Ow==", language::nginx),
                  "holds ';'"));
  EXPECT_TRUE(has(of_key(R"({{key "k" | sprig_decryptAES "key"}})",
                         "AAECAwQFBgcICQoLDA0ODwUdEZt9nXTCpGnpfXJNcz8=", language::nginx),
                  "holds ';'"));
  EXPECT_TRUE(
      has(of_key(R"({{key "k" | sprig_derivePassword 1 "maximum" "p" "u"}})", "s82", language::nginx), "holds ';'"));
  EXPECT_TRUE(has(of_key(R"({{sprig_date (key "k") 0}})", "_2", language::nginx), "holds a space"));
  EXPECT_TRUE(has(of_key(R"({{$t := sprig_toDate "2006" "2020"}}{{$t.Format (key "k")}})", "_2", language::nginx),
                  "holds a space"));
  EXPECT_EQ(of_key(R"({{key "k" | sprig_toDate "2006-01-02" | sprig_dateModify "24h" | sprig_date "Jan 2; 2006"}})",
                   "2024-02-28", language::nginx),
            "Feb 29; 2024");
  // The operator's own texts are not.
  EXPECT_EQ(of_key(R"({{"Ow==" | base64Decode}}{{printf "%c" 59}}{{regexReplaceAll "x" ";" (key "k")}})", "axb",
                   language::nginx),
            ";;a;b");
}

// Every function there is, given harmless texts: whatever it makes, a character that ends an nginx directive is not in
// it unless it was put there by the template.
TEST(GoTemplateHostileLabels, NoFunctionMakesWhatWasJudgedIntoSomethingElse) {
  const char* held[] = {"eDsgfQ==", "eDt9", "PA5SA7I=", "59", "%3B%7D", "x&y<z", "http://h/%3B?a=%7D&b",
                        "a/b,c=d",  "%c",   "%q%9d"};
  std::size_t rendered = 0;
  const auto functions = templating::every_function();
  for (const auto* each : functions.all())
    for (const auto* value : held)
      for (const auto* form_of : {"{{$f := K | F}}V", "{{$f := F K K}}V", "{{$f := F K \"1\"}}V", "{{$f := F K 59}}V",
                                  "{{$f := F 3 K}}V", "{{$f := F 0 2 K}}V", "{{$f := F \"x\" K \"y\"}}V"}) {
        std::string text = form_of;
        const auto put = [&text](char mark, const std::string& with) {
          for (auto place = text.find(mark); place != std::string::npos; place = text.find(mark, place + with.size()))
            text.replace(place, 1, with);
        };
        put('V', "{{printf \"%v\" $f}}");
        put('K', "(key \"k\")");
        put('F', std::string(each->name));
        auto read = form::read("t.ctmpl", text, {.written_in = template_language::go, .marks = {}});
        if (std::holds_alternative<templating::fault>(read)) continue;
        const auto how =
            std::get<form>(read).render({.services = {settings({{"k", value}})}, .sink = "s", .revision = 7},
                                        {.in = language::nginx, .of_services = {}, .granted = {}}, [](auto&&...) {});
        if (how.wrong) continue;
        ++rendered;
        EXPECT_EQ(how.bytes.find_first_of(";}"), std::string::npos) << text << " of " << value << ": " << how.bytes;
      }
  EXPECT_GT(rendered, 1000U);
}

}  // namespace hostile_data_test
}  // namespace drcon::templates
