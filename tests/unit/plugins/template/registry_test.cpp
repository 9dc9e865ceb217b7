// What templates in Go's language ask the pipeline's services and settings for.
#include "template/form.hpp"

#include "support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace drcon::templates {
namespace {

endpoint at(const std::string& node, const std::string& id, const std::string& address, std::uint32_t port,
            std::vector<std::string> tags = {}, std::map<std::string, std::string> meta = {}) {
  return {.id = node + "/" + id,
          .node = node,
          .address = address,
          .port = port,
          .tags = std::move(tags),
          .meta = std::move(meta)};
}

std::vector<service> usual() {
  service web{.name = "web",
              .revision = 0,
              .endpoints = {at("n2", "web-2", "10.0.0.2", 81, {"v2"}, {{"zone", "b"}, {"datacenter", "dc2"}}),
                            at("n1", "web-1", "10.0.0.1", 80, {"v1", "edge"}, {{"zone", "a"}, {"datacenter", "dc1"}}),
                            at("n1", "web-3", "10.0.0.3", 82, {"v1"}, {{"datacenter", "dc1"}})}};
  web.endpoints[2].health = health::critical;
  return {{.name = "db", .revision = 0, .endpoints = {at("n3", "db", "10.0.0.9", 5432)}},
          {.name = "empty", .revision = 0, .endpoints = {}},
          {.name = "settings",
           .revision = 0,
           .endpoints = {},
           .values = {{"app/colour", "red"}, {"app/limits/max", "9"}, {"app/none", ""}, {"app/size", "L"}}},
          web};
}

form read(const std::string& text, const reading& how = {.written_in = template_language::go, .marks = {}}) {
  auto result = form::read("t.ctmpl", text, how);
  if (const auto* wrong = std::get_if<templating::fault>(&result)) throw std::runtime_error(report(*wrong));
  return std::get<form>(std::move(result));
}

struct made {
  std::string text;
  std::vector<std::string> refused;
};

made render(const std::string& text, const std::vector<service>& all, language in = language::none,
            const absence& of_services = {}) {
  made result;
  const auto how = read(text).render({.services = all, .sink = "s", .revision = 7},
                                     {.in = in, .of_services = of_services, .granted = {}},
                                     [&](const auto& service, const auto& endpoint, const auto& why) {
                                       result.refused.push_back(service + "|" + endpoint + "|" + why);
                                     });
  result.text = how.wrong ? report(*how.wrong) : how.bytes;
  return result;
}

std::string text_of(const std::string& text) { return render(text, usual()).text; }

std::string senseless(const std::string& text) {
  const auto wrong = read(text).senseless();
  return wrong ? report(*wrong) : "";
}

TEST(GoTemplateServices, HavePassingEndpointsInOrderOfNodeAndId) {
  EXPECT_EQ(text_of(R"({{range service "web"}}{{.Node}} {{.ID}} {{.Name}} {{.Address}}:{{.Port}} {{.Status}};{{end}})"),
            "n1 web-1 web 10.0.0.1:80 passing;n2 web-2 web 10.0.0.2:81 passing;");
  EXPECT_EQ(text_of(R"({{range service "empty"}}x{{else}}nobody{{end}})"), "nobody");
  EXPECT_EQ(text_of(R"({{range service ""}}x{{else}}nobody{{end}})"), "nobody");
}

TEST(GoTemplateServices, AreChosenByEveryFormOfArgument) {
  const auto ports = [](const std::string& arguments) {
    return text_of("{{range service " + arguments + "}}{{.Port}} {{end}}");
  };
  EXPECT_EQ(ports(R"("v1.web")"), "80 ");
  EXPECT_EQ(ports(R"("v1.web|any")"), "80 82 ");
  EXPECT_EQ(ports(R"("web" "any")"), "80 82 81 ");
  EXPECT_EQ(ports(R"("web@dc2")"), "81 ");
  EXPECT_EQ(ports(R"("v1.web@dc1|passing,critical")"), "80 82 ");
  EXPECT_EQ(ports(R"("web" "critical")"), "82 ");
  EXPECT_EQ(ports(R"("web" "passing" "critical")"), "80 82 81 ");
  EXPECT_NE(ports(R"("web" "fine")").find("invalid filter: \"fine\""), std::string::npos);
  EXPECT_NE(ports(R"("we b")").find("invalid format: \"we b\""), std::string::npos);
  EXPECT_EQ(text_of(R"({{"web" | service | len}})"), "2");
}

TEST(GoTemplateServices, HaveLabelsAndEmptyValuesForWhatNobodyPublishes) {
  EXPECT_EQ(text_of(R"({{range service "edge.web"}}{{.Tags | join ","}} {{.ServiceMeta.zone}} {{.NodeDatacenter}} )"
                    R"([{{.NodeAddress}}{{.NodeID}}{{.NodeMeta.x}}{{.Namespace}}{{len .Checks}}] {{.Weights.Passing}})"
                    R"({{if .Tags | contains "edge"}} edge{{end}}{{end}})"),
            "edge,v1 a dc1 [0] 1 edge");
  EXPECT_EQ(text_of(R"({{range $tag, $all := service "web" | byTag}}{{$tag}}={{len $all}} {{end}})"),
            "edge=1 v1=1 v2=1 ");
  EXPECT_EQ(text_of(R"({{range $zone, $all := service "web" | byMeta "zone"}}{{$zone}}={{len $all}} {{end}})"),
            "a=1 b=1 ");
}

TEST(GoTemplateServices, HaveTheDetailsThatConsulHttpPublishes) {
  service web{.name = "web", .revision = 0, .endpoints = {at("n1", "web-1", "10.0.0.1", 80)}};
  web.endpoints[0].meta = {{"zone", "a"},
                           {"datacenter", "dc1"},
                           {"node_id", "id-1"},
                           {"node_address", "10.0.0.7"},
                           {"node_meta.rack", "r1"},
                           {"node_tagged_address.wan", "1.2.3.4"},
                           {"tagged_address.lan_ipv6", "[2001:db8::1]:81"},
                           {"checks", R"([{"CheckID": "c", "Status": "passing"}])"}};
  const auto text =
      render(R"({{range service "web"}}{{.NodeID}} {{.NodeAddress}} {{.NodeMeta.rack}} )"
             R"({{.NodeTaggedAddresses.wan}} {{with index .ServiceTaggedAddresses "lan_ipv6"}}{{.Address}} )"
             R"({{.Port}}{{end}} {{range .Checks}}{{.CheckID}}={{.Status}}{{end}} )"
             R"({{range $k, $v := .ServiceMeta}}{{$k}}={{$v}};{{end}}{{.ServiceMeta.node_id}}{{end}} )"
             R"({{range nodes}}{{.Address}} {{.Meta.rack}}{{end}})",
             {web});
  EXPECT_EQ(text.text, "id-1 10.0.0.7 r1 1.2.3.4 2001:db8::1 81 c=passing zone=a;id-1 10.0.0.7 r1");
  web.endpoints[0].meta["checks"] = "no list";
  EXPECT_EQ(render(R"({{range service "web"}}{{len .Checks}}{{end}})", {web}).text, "0");
}

TEST(GoTemplateServices, HaveTheFieldsOfConsulTemplateWhenTheyAreShownAsAWhole) {
  service web{.name = "web", .revision = 0, .endpoints = {at("n1", "web-1", "10.0.0.1", 80, {"b", "a"})}};
  web.endpoints[0].meta = {{"zone", "a"}, {"datacenter", "dc1"}, {"tagged_address.lan", "10.0.0.1:80"}};
  EXPECT_EQ(render(R"({{service "web" | toJSON}})", {web}).text,
            R"([{"Node":"n1","NodeID":"","NodeAddress":"","NodeTaggedAddresses":{},"NodeMeta":{},)"
            R"("ServiceMeta":{"zone":"a"},"Address":"10.0.0.1","ServiceTaggedAddresses":{"lan":)"
            R"({"Address":"10.0.0.1","Port":80}},"ID":"web-1","Name":"web","Tags":["a","b"],"Checks":[],)"
            R"("Status":"passing","Port":80,"Weights":{"Passing":1,"Warning":1}}])");
  EXPECT_EQ(render(R"({{range service "web"}}{{.}} {{printf "%v" .Weights}}{{end}})", {web}).text,
            "{n1   map[] map[] map[zone:a] 10.0.0.1 map[lan:{10.0.0.1 80}] web-1 web [a b] [] passing 80 {1 1}} {1 1}");
  EXPECT_EQ(render(R"({{with node "n1"}}{{.Services | toJSON}}{{end}})", {web}).text,
            R"([{"ID":"web-1","Service":"web","Tags":["a","b"],"Meta":{"zone":"a"},"Port":80,"Address":"10.0.0.1",)"
            R"("EnableTagOverride":false}])");
  EXPECT_EQ(render(R"({{range service "web"}}[{{(index .ServiceTaggedAddresses "wan").Address}}] )"
                   R"({{.ServiceTaggedAddresses.wan.Port}} {{len .ServiceTaggedAddresses}}{{end}})",
                   {web})
                .text,
            "[] 0 1");
}

TEST(GoTemplateServices, AreListedWithTheirTagsAndNodes) {
  EXPECT_EQ(text_of(R"({{range services}}{{.Name}}[{{.Tags | join ","}}] {{end}})"), "db[] empty[] web[edge,v1,v2] ");
  EXPECT_EQ(text_of(R"({{range services "@dc2"}}{{.Name}} {{end}})"), "web ");
  EXPECT_EQ(text_of(R"({{range services}}{{range service .Name}}{{.Address}} {{end}}{{end}})"),
            "10.0.0.9 10.0.0.1 10.0.0.2 ");
  EXPECT_EQ(text_of("{{range nodes}}{{.Node}}:{{.Datacenter}} {{end}}"), "n1:dc1 n2:dc2 n3: ");
  EXPECT_EQ(text_of(R"({{with node "n1"}}{{.Node.Node}} {{range .Services}}{{.Service}}/{{.ID}} {{end}}{{end}})"),
            "n1 web/web-1 web/web-3 ");
  EXPECT_EQ(text_of(R"({{with node "n9"}}x{{else}}none{{end}})"), "none");
  EXPECT_EQ(text_of("{{range datacenters}}{{.}} {{end}}"), "dc1 dc2 ");
}

TEST(GoTemplateServices, ThatNobodyPublishesAreRefusedWithTheirPlace) {
  const auto refused = text_of("a\n  {{range service \"wbe\"}}x{{end}}");
  EXPECT_NE(refused.find("t.ctmpl:2:"), std::string::npos) << refused;
  EXPECT_NE(refused.find("no source of this pipeline publishes a service \"wbe\" (did you mean \"web\"?). Name it in a "
                         "source, such as service = [{ name = \"wbe\" }]"),
            std::string::npos)
      << refused;
  const std::string text = R"({{range service "gone"}}x{{else}}none{{end}})";
  EXPECT_EQ(render(text, usual(), language::none, {.is_empty = true, .once = nullptr}).text, "none");
  const std::set<std::string> once{"gone"};
  EXPECT_EQ(render(text, usual(), language::none, {.is_empty = false, .once = &once}).text, "none");
}

TEST(GoTemplateKeys, AreTheSettingsOfThePipeline) {
  EXPECT_EQ(text_of(R"({{key "app/colour"}} {{key "/app/size"}} {{keyExists "app/no"}} {{keyExists "app/none"}})"),
            "red L false true");
  EXPECT_EQ(text_of(R"({{keyOrDefault "app/no" "x"}}{{keyOrDefault "app/none" "y"}}{{keyOrDefault "app/size" "z"}})"),
            "xyL");
  EXPECT_EQ(text_of(R"({{with keyExistsGet "app/size"}}{{.Exists}} {{.Value}} {{.Path}}{{end}})"), "true L app/size");
  EXPECT_EQ(text_of(R"({{range ls "app"}}{{.Key}}={{.Value}} {{end}})"), "colour=red none= size=L ");
  EXPECT_EQ(text_of(R"({{range tree "app/"}}{{.Key}}={{.Value}} {{end}})"), "colour=red limits/max=9 none= size=L ");
  EXPECT_EQ(text_of(R"({{range tree ""}}x{{else}}none{{end}}{{range ls ""}}x{{else}}none{{end}})"), "nonenone");
  EXPECT_EQ(text_of(R"({{range ls "no"}}x{{else}}none{{end}}{{range safeTree "app/limits"}}{{.Path}}{{end}})"),
            "noneapp/limits/max");
  EXPECT_EQ(text_of(R"({{range $k, $v := tree "app" | explode}}{{$k}} {{end}})"), "colour limits none size ");
}

TEST(GoTemplateKeys, ThatAreNotThereAreRefusedWithTheirPlace) {
  const auto refused = text_of("x\n{{key \"app/color\"}}");
  EXPECT_NE(refused.find("t.ctmpl:2:3: "), std::string::npos) << refused;
  EXPECT_NE(refused.find("there is no key \"app/color\" in this pipeline (did you mean \"app/colour\"?)"),
            std::string::npos)
      << refused;
  EXPECT_NE(text_of(R"({{range safeLs "no"}}x{{end}})").find("no key that begins with \"no\""), std::string::npos);
}

TEST(GoTemplateFiles, AreReadAndNoted) {
  const test::temp_dir directory;
  const auto path = (directory / "motd").string();
  test::write_file(path, "hello");
  const auto asked = read("{{file \"" + path + "\"}}");
  const auto result = asked.render({.services = {}, .sink = "s", .revision = 1}, {}, {});
  EXPECT_EQ(result.bytes, "hello");
  EXPECT_EQ(result.files, (std::map<std::string, common::file_stamp>{{path, common::stamp_of(path)}}));
  EXPECT_NE(text_of("{{file \"/no/such\"}}").find("there is no /no/such"), std::string::npos);
}

TEST(GoTemplateRegistry, LeavesOutWhatIsReadAndCannotStandInTheFile) {
  auto all = usual();
  auto& web = all.back();
  web.endpoints[0].tags = {"a;b"};
  web.endpoints[1].meta["note"] = "two words";
  const std::string addresses = R"({{range service "web"}}{{.Address}} {{end}})";
  const auto unread = render(addresses, all, language::nginx);
  EXPECT_EQ(unread.text, "10.0.0.1 10.0.0.2 ") << "what the template does not read does no harm";
  EXPECT_TRUE(unread.refused.empty());
  const auto tags =
      render(R"({{range service "web"}}{{.Address}}{{range .Tags}} {{.}}{{end}};{{end}})", all, language::nginx);
  EXPECT_EQ(tags.text, "10.0.0.1 edge v1;");
  ASSERT_EQ(tags.refused.size(), 1U);
  EXPECT_EQ(tags.refused[0],
            "web|n2/web-2|its tag holds ';', which cannot be written in this file's language as it is");
  const auto notes =
      render(R"({{range service "web"}}{{.Address}} {{.ServiceMeta.note}};{{end}})", all, language::nginx);
  EXPECT_EQ(notes.text, "10.0.0.2 ;") << "a space would begin another argument, where nothing puts quotes around it";
  all[3].name = "we;b";
  EXPECT_EQ(render("{{range services}}{{.Name}} {{end}}", all, language::nginx).text, "db empty ");
  all[2].values["app/size"] = "a;b";
  EXPECT_NE(render(R"({{key "app/size"}})", all, language::nginx).text.find("the key \"app/size\" holds ';'"),
            std::string::npos);
}

// A program does what its arguments say: that the file is written without them in the end is too late.
TEST(GoTemplateRegistry, RunsNoProgramAndReadsNoFileOnceATextWasRefused) {
  const test::temp_dir directory;
  const auto ran = (directory / "ran").string();
  auto all = usual();
  all.back().endpoints[1].meta["m"] = "x;touch$IFS" + ran;
  const std::string form =
      R"({{range service "web"}}{{plugin "sh" "-c" (printf "echo %s" .ServiceMeta.m)}}{{.Port}};{{end}})";
  const auto made = render(form, all, language::shell);
  EXPECT_FALSE(std::filesystem::exists(ran)) << "the text of somebody who may register a service was run";
  EXPECT_NE(made.text.find("81;"), std::string::npos) << made.text;
  EXPECT_EQ(made.text.find("80;"), std::string::npos) << made.text;
  ASSERT_EQ(made.refused.size(), 1U);
  all.back().endpoints[1].meta["m"] = "no;such";
  const auto read = render("{{range service \"web\"}}{{if .ServiceMeta.m}}{{file (printf \"" +
                               directory.path().string() + "/%s\" .ServiceMeta.m)}}{{end}}{{.Port}};{{end}}",
                           all, language::nginx);
  EXPECT_EQ(read.text, "81;");
}

// What a check prints is any text, and a file has only what the template reads of it.
TEST(GoTemplateRegistry, JudgesOfChecksEachTextThatIsReadAndNotTheirJson) {
  service web{.name = "web", .revision = 0, .endpoints = {at("n1", "web-1", "10.0.0.1", 80)}};
  web.endpoints[0].meta = {
      {"checks",
       R"([{"CheckID": "c", "Status": "passing", "Output": "HTTP \"GET\"; {x}\nlisten 81;", "ServiceTags": ["t"]}])"}};
  const std::string harmless =
      R"({{range service "web"}}{{.Port}}{{range .Checks}} {{.CheckID}}={{.Status}}{{len .ServiceTags}}{{end}};{{end}})";
  const std::string hostile = R"({{range service "web"}}{{.Port}}{{range .Checks}} {{.Output}}{{end}};{{end}})";
  for (const auto in : {language::nginx, language::haproxy, language::json, language::shell, language::none}) {
    const auto fine = render(harmless, {web}, in);
    EXPECT_EQ(fine.text, "80 c=passing1;") << static_cast<int>(in);
    EXPECT_TRUE(fine.refused.empty()) << fine.refused.front();
    const auto refused = render(hostile, {web}, in);
    EXPECT_EQ(refused.text, "") << static_cast<int>(in) << ": a line break is refused even with none";
    EXPECT_EQ(refused.refused.size(), 1U);
  }
}

TEST(GoTemplateRegistry, KeepsEndpointsWhoseChecksAreNotReadThoughEachRoundFindsAHostileOne) {
  service web{.name = "web", .revision = 0, .endpoints = {}};
  for (int i = 0; i < 20; ++i) web.endpoints.push_back(at("n", std::to_string(10 + i), "10.0.0.1", 1, {"a;b"}));
  web.endpoints.push_back(at("n", "last", "10.0.0.2", 2, {"fine"}, {{"checks", R"([{"Output": "\"x\";"}])"}}));
  const auto result =
      render(R"({{range service "web"}}{{.Port}}{{.Tags | join ","}}{{break}}{{end}})", {web}, language::nginx);
  EXPECT_EQ(result.text, "2fine");
}

TEST(GoTemplateRegistry, LetsSettingsHaveSeveralLinesWhereTheFileHasNoLanguage) {
  auto all = usual();
  auto& size = all[2].values["app/size"];
  size = "one\r\n\ttwo\n";
  for (const auto* text : {R"({{key "app/size"}})", R"({{keyOrDefault "app/size" "x"}})",
                           R"({{range ls "app"}}{{if eq .Key "size"}}{{.Value}}{{end}}{{end}})"})
    EXPECT_EQ(render(text, all).text.substr(0, size.size()), size) << text;
  EXPECT_NE(render(R"({{key "app/size"}})", all, language::haproxy).text.find("control character"), std::string::npos);
  size = "a\x1b[2J";
  const auto refused = render(R"({{key "app/size"}})", all).text;
  EXPECT_NE(refused.find("the key \"app/size\" holds a control character"), std::string::npos) << refused;
  EXPECT_EQ(refused.find("with escape"), std::string::npos) << "it is none already: " << refused;
}

TEST(GoTemplateRegistry, LeavesOutASettingWhosePathWouldBeTwoLines) {
  auto all = usual();
  all[2].values["app/a\nb"] = "x";
  const auto result = render(R"({{range ls "app"}}{{.Key}} {{end}})", all);
  EXPECT_EQ(result.text, "colour none size ");
  ASSERT_EQ(result.refused.size(), 1U);
  EXPECT_NE(result.refused[0].find("settings|app/a\nb|its path holds a control character"), std::string::npos);
}

TEST(GoTemplateRegistry, EndsThoughEachRoundFindsOneMoreHostileEndpoint) {
  service web{.name = "web", .revision = 0, .endpoints = {}};
  for (int i = 0; i < 2000; ++i) web.endpoints.push_back(at("n", std::to_string(10000 + i), "10.0.0.1", 1, {"a;b"}));
  web.endpoints.push_back(at("n", "last", "10.0.0.2", 2, {"fine"}));
  const auto result =
      render(R"({{range service "web"}}{{.Port}}{{.Tags | join ","}}{{break}}{{end}})", {web}, language::nginx);
  EXPECT_EQ(result.text, "2fine");
  EXPECT_GE(result.refused.size(), 2000U);
}

TEST(GoTemplateRegistry, JudgesEachLanguageByItsOwnRules) {
  EXPECT_FALSE(unwritable_as_it_is("a b", language::json));
  EXPECT_EQ(unwritable_as_it_is("a\"b", language::json), "'\"'");
  EXPECT_EQ(unwritable_as_it_is("a b", language::nginx), "a space");
  EXPECT_EQ(unwritable_as_it_is("a#b", language::haproxy), "'#'");
  EXPECT_EQ(unwritable_as_it_is("a$b", language::shell), "'$'");
  EXPECT_EQ(unwritable_as_it_is("a b", language::shell), "' '");
  EXPECT_EQ(unwritable_as_it_is("a<b", language::html), "'<'");
  EXPECT_FALSE(unwritable_as_it_is("a<b $c", language::none));
  EXPECT_TRUE(unwritable_as_it_is("a\nb", language::none));
}

TEST(GoTemplateRegistry, ReportsFunctionsOfOtherSystemsBeforeAnythingIsRendered) {
  EXPECT_EQ(senseless(R"({{with secret "a"}}x{{end}})")
                .find("t.ctmpl:1:8: the function secret is not available: drcon "
                      "does not read Vault"),
            0U)
      << senseless(R"({{with secret "a"}}x{{end}})");
  for (const auto* name : {"pkiCert", "connect", "caRoots", "nomadService", "partitions", "peerings", "nomadVarList"})
    EXPECT_NE(senseless(std::string("{{") + name + " \"a\"}}").find("is not available"), std::string::npos) << name;
  EXPECT_NE(senseless("\n{{range service \"web|fine\"}}{{end}}").find("t.ctmpl:2:9: health.service: invalid filter"),
            std::string::npos)
      << senseless("\n{{range service \"web|fine\"}}{{end}}");
  EXPECT_NE(senseless(R"({{service "web~_agent"}})").find("leave out what begins with '~'"), std::string::npos);
  EXPECT_NE(senseless(R"({{service "web?ns=a"}})").find("leave out what begins with '?'"), std::string::npos);
  EXPECT_EQ(senseless(R"({{range service "v1.web@dc2" "any"}}{{key "a"}}{{end}})"), "");
}

TEST(GoTemplateForm, HasDelimitersOfItsOwnAndTheEnvironment) {
  ::setenv("DRCON_TEST_COLOUR", "blue", 1);
  const auto asked = read(R"({{<< env "DRCON_TEST_COLOUR" >>}})",
                          {.written_in = template_language::go, .marks = {.left = "<<", .right = ">>"}});
  EXPECT_EQ(asked.render({.services = {}, .sink = "s", .revision = 1}, {}, {}).bytes, "{{blue}}");
  EXPECT_EQ(language_of_file("/a/b.ctmpl"), template_language::go);
  EXPECT_EQ(language_of_file("b.tmpl"), template_language::go);
  EXPECT_EQ(language_of_file("b.mustache"), template_language::mustache);
}

}  // namespace
}  // namespace drcon::templates
