// What the import reads of Consul Template's configuration and command line, where no whole translation shows it.
#include "common/toml_text.hpp"
#include "import/consul_template_line.hpp"
#include "import/exec.hpp"
#include "import/toml.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace drcon::importing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using namespace std::chrono_literals;

settings read_well(const std::string& text) {
  settings result;
  report found;
  read_file_of_settings(text, "c.hcl", result, found);
  for (const auto& each : found.faults) ADD_FAILURE() << each.where.shown() << ": " << each.text;
  return result;
}

std::vector<std::string> faults_of(const std::string& text) {
  settings result;
  report found;
  read_file_of_settings(text, "c.hcl", result, found);
  std::vector<std::string> all;
  for (const auto& each : found.faults) all.push_back(each.where.shown() + ": " + each.text);
  return all;
}

TEST(ImportSettings, DurationsAreGosOnes) {
  EXPECT_EQ(read_duration("1m30s"), 90s);
  EXPECT_EQ(read_duration("1.5s"), 1500ms);
  EXPECT_EQ(read_duration("250ms"), 250ms);
  EXPECT_EQ(read_duration("0"), 0s);
  EXPECT_EQ(read_duration("5"), std::nullopt);
  EXPECT_EQ(read_duration(""), std::nullopt);
  EXPECT_EQ(read_duration("s"), std::nullopt);
  EXPECT_EQ(read_duration("1.2.3s"), std::chrono::nanoseconds(1'200'000'000)) << "what std::stod makes of it";
  EXPECT_EQ(importing::shown(90s), "90s");
  EXPECT_EQ(importing::shown(2h), "2h");
  EXPECT_EQ(importing::shown(1500us), "2ms");
}

TEST(ImportSettings, AWaitWithoutALongestTimeHasFourTimesTheShortest) {
  EXPECT_EQ(read_wait("5s")->max, 20s);
  EXPECT_EQ(read_wait("5s:7s")->max, 7s);
  EXPECT_EQ(read_wait("7s:5s"), std::nullopt);
  EXPECT_EQ(read_well("wait { min = \"2s\" }").wait.max, 8s);
  EXPECT_FALSE(read_well("template { wait { enabled = false } }").templates[0].wait.enabled);
}

TEST(ImportSettings, PermissionsAreOctalAsTextAndDecimalAsANumberWithoutA0) {
  EXPECT_EQ(read_well("template { perms = 0600 }").templates[0].perms, "0600");
  EXPECT_EQ(read_well("template { perms = \"644\" }").templates[0].perms, "644");
  EXPECT_EQ(read_well("{\"template\": {\"perms\": 384}}").templates[0].perms, "600");
}

TEST(ImportSettings, ACommandIsALineForTheShellOrAListOfWords) {
  EXPECT_THAT(read_well("template { command = \"a b\" }").templates[0].command, ElementsAre("a b"));
  EXPECT_THAT(read_well("template { command = [\"a\", \"b\"] }").templates[0].command, ElementsAre("a", "b"));
  EXPECT_THAT(read_well("template { exec { command = [\"a\"] } }").templates[0].command, ElementsAre("a"));
  EXPECT_THAT(read_well("template { command = \"\" }").templates[0].command, IsEmpty());
}

TEST(ImportSettings, TheCommandOfATemplateFlagMayHoldColons) {
  report found;
  const auto read = read_template_flag("a:b:curl http://x:1", {}, found);
  EXPECT_EQ(read.source, "a");
  EXPECT_EQ(read.destination, "b");
  EXPECT_THAT(read.command, ElementsAre("curl http://x:1"));
  EXPECT_THAT(found.faults, IsEmpty());
  read_template_flag("a", {}, found);
  EXPECT_EQ(found.faults.size(), 1U);
}

TEST(ImportSettings, ABlockThatIsOffAndAnEmptyTextSayNothing) {
  EXPECT_THAT(
      faults_of("consul { auth { enabled = false username = \"x\" } }\nexec { enabled = false command = \"x\" }"),
      IsEmpty());
  EXPECT_THAT(faults_of("consul { auth { username = \"\" } }"), IsEmpty());
  EXPECT_THAT(faults_of("consul { auth { username = \"x\" } }"), ElementsAre(HasSubstr("c.hcl:1:10: consul.auth")));
}

TEST(ImportSettings, WrongTypesAndUnknownOptionsAreReportedWithTheirPlace) {
  EXPECT_THAT(faults_of("template { backup = \"perhaps\" }"),
              ElementsAre("c.hcl:1:12: template.backup: expected true or false"));
  EXPECT_THAT(faults_of("template = 5"), ElementsAre("c.hcl:1:1: template: expected a block: template { … }"));
  EXPECT_THAT(faults_of("a = 1\nconsul { adress = \"x\" }"),
              ElementsAre("c.hcl:1:1: a: Consul Template has no such option",
                          "c.hcl:2:10: consul.adress: Consul Template has no such option"));
  EXPECT_THAT(faults_of("a = "), ElementsAre("c.hcl:1:5: expected a value, found the end of the file"));
}

class ImportLine : public ::testing::Test {
protected:
  std::string printed(const std::vector<std::string>& words) {
    const auto given = read_consul_template_line(words, around_, found_);
    return translated(given, around_, found_);
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(directory_.path() / name) << text; }

  test::temp_dir directory_;
  std::map<std::string, std::string> variables_;
  import_surroundings around_{.directory = directory_.path(),
                              .templates_directory = {},
                              .environment = [this](const std::string& name) -> std::optional<std::string> {
                                const auto each = variables_.find(name);
                                if (each == variables_.end()) return {};
                                return each->second;
                              }};
  report found_;
};

TEST_F(ImportLine, TextsWithinTheConfigurationBecomeFiles) {
  write("c.hcl", "template {\n contents = <<EOF\n{{ key \"a\" }}\nEOF\n destination = \"/etc/a.conf\"\n}\n");
  const auto text = printed({"-config", "c.hcl", "-templates", "made"});
  EXPECT_THAT(found_.faults, IsEmpty());
  EXPECT_THAT(text, HasSubstr("template = \"" + (directory_.path() / "made/a.conf.ctmpl").string() + "\""));
  EXPECT_EQ(test::read_file(directory_.path() / "made/a.conf.ctmpl"), "{{ key \"a\" }}\n");
  EXPECT_THAT(text, HasSubstr("{ path = \"a\" }"));

  write("made/a.conf.ctmpl", "mine");
  printed({"-config", "c.hcl", "-templates", "made"});
  EXPECT_EQ(found_.faults.size(), 1U) << "a file of somebody else";
  EXPECT_EQ(test::read_file(directory_.path() / "made/a.conf.ctmpl"), "mine");
}

TEST_F(ImportLine, ConsulsVariablesCountAsTheyDoForConsulTemplate) {
  write("t", "{{ key \"a\" }}");
  variables_ = {{"CONSUL_HTTP_ADDR", "10.0.0.9:8501"}, {"CONSUL_HTTP_SSL", "true"}, {"CONSUL_HTTP_TOKEN", "secret"}};
  const auto text = printed({"-template", "t:/etc/t"});
  EXPECT_THAT(text, HasSubstr("address = \"https://10.0.0.9:8501\"\n"));
  EXPECT_THAT(text, HasSubstr("token = { env = \"CONSUL_HTTP_TOKEN\" }\n"));
  EXPECT_THAT(text, Not(HasSubstr("secret")));
}

TEST_F(ImportLine, TheCommandLineCountsMoreThanAFile) {
  write("t", "{{ key \"a\" }}");
  write("c.hcl", "consul { address = \"a:1\" }");
  EXPECT_THAT(printed({"consul-template", "-consul-addr=b:2", "-config", "c.hcl", "-template", "t:/etc/t"}),
              HasSubstr("address = \"http://b:2\""));
}

TEST_F(ImportLine, NamesOfFoldersDoNotTakeThoseOfServices) {
  write("t", R"({{ service "web" }}{{ tree "web/" }}{{ tree "app/" }}{{ key "app" }})");
  const auto text = printed({"-template", "t:/etc/t"});
  EXPECT_THAT(text, HasSubstr("{ prefix = \"web/\", as = \"folder/web\" }"));
  EXPECT_THAT(text, HasSubstr("{ prefix = \"app/\", as = \"folder/app\" }"));
  EXPECT_THAT(text, HasSubstr("{ path = \"app\" }"));
}

TEST_F(ImportLine, KeysThatNeedNotBeThereAreNotReportedAsMissing) {
  write("t", R"({{ keyOrDefault "size" "7" }}{{ if keyExists "colour" }}{{ key "colour" }}{{ end }}{{ key "name" }})");
  const auto text = printed({"-template", "t:/etc/t"});
  EXPECT_THAT(text, HasSubstr("{ path = \"size\", required = false }"));
  EXPECT_THAT(text, HasSubstr("{ path = \"colour\", required = false }"));
  EXPECT_THAT(text, HasSubstr("{ path = \"name\" }"));
}

TEST_F(ImportLine, ServicesOfTwoDatacentersThatATemplateCannotTellApartAreReported) {
  write(
      "t",
      R"({{ service "web" }}{{ service "web@dc2" }}{{ key "a" }}{{ key "a@dc2" }}{{ service "db@dc1" }}{{ service "db@dc2" }})");
  printed({"-template", "t:/etc/t"});
  std::vector<std::string> all;
  for (const auto& each : found_.faults) all.push_back(each.where.shown() + ": " + each.text);
  EXPECT_THAT(all, ElementsAre(HasSubstr("t:1:4 service \"web\": in a pipeline that watches datacenter dc2 as well"),
                               HasSubstr("t:1:59 key \"a@dc2\": drcon's templates do not tell apart")));
}

TEST_F(ImportLine, ATemplateThatEscapesByItselfIsNotJudgedByTheFilesLanguage) {
  write("a", R"({{ key "a" | toJSON }})");
  write("b", R"({{ key "a" | printf "%q" }})");
  write("c", R"({{ key "a" }})");
  const auto text = printed({"-template", "a:/etc/a.json", "-template", "b:/etc/b.json", "-template", "c:/etc/c.json"});
  EXPECT_THAT(text, ::testing::ContainsRegex("/etc/a.json\"\n.*\n.*\nescape = \"none\""));
  EXPECT_THAT(text, ::testing::ContainsRegex("/etc/b.json\"\n.*\n.*\nescape = \"none\""));
  EXPECT_THAT(text, ::testing::ContainsRegex("/etc/c.json\"\n.*\n.*\nescape = \"json\""));
}

TEST_F(ImportLine, WhatConsulKnowsBesidesIsPublishedWhenATemplateReadsIt) {
  write("a", R"({{ range service "a" }}{{ .Address }}{{ end }})");
  EXPECT_THAT(printed({"-template", "a:/etc/a"}), Not(HasSubstr("details")));
  write(
      "b",
      R"({{ range $s := service "b" }}{{ index $s.NodeMeta "x" }}{{ range .Checks }}{{ .Output }}{{ end }}{{ end }})");
  EXPECT_THAT(printed({"-template", "a:/etc/a", "-template", "b:/etc/b"}),
              HasSubstr("details = [\"checks\", \"node\"]  # a template reads"));
  write(
      "c",
      R"({{ with node "x" }}{{ .Node.Meta }}{{ end }}{{ with index (service "b") 0 }}{{ .ServiceTaggedAddresses }}{{ end }})");
  EXPECT_THAT(printed({"-template", "c:/etc/c"}), HasSubstr("details = [\"addresses\", \"node\"]"));
}

TEST_F(ImportLine, DirectoriesInWhichATemplateWritesFilesAreNamedInTheSink) {
  write("t", R"({{ key "a" | writeToFile "/srv/made/x.pem" "root" "root" "0600" }})");
  EXPECT_THAT(printed({"-template", "t:/etc/t"}), HasSubstr("write_below = [\"/srv/made\"]"));
  EXPECT_THAT(found_.faults, IsEmpty());
  write("t", R"({{ key "a" | writeToFile (env "FILE") "root" "root" "0600" }})");
  printed({"-template", "t:/etc/t"});
  ASSERT_EQ(found_.faults.size(), 1U);
  EXPECT_THAT(found_.faults[0].text, HasSubstr("write_below of the sink, by hand"));
}

TEST_F(ImportLine, NothingOfATemplateBreaksOutOfAComment) {
  write("t", "{{ key `a\n[sink.evil]` }}{{ key \"b\x01\" }}");
  const auto text = printed({"-template", "t:/etc/t"});
  EXPECT_THAT(text, Not(HasSubstr("\n[sink.evil]")));
  EXPECT_THAT(text, Not(HasSubstr("\x01")));
}

TEST(ImportToml, TextsAndNames) {
  EXPECT_EQ(common::toml_text("a\"b\\c\nd\x01"), R"("a\"b\\c\nd\u0001")");
  std::vector<std::string> taken;
  EXPECT_EQ(toml::free_name("X.conf", taken), "x-conf");
  EXPECT_EQ(toml::free_name("x conf", taken), "x-conf-2");
  EXPECT_EQ(toml::free_name("…", taken), "file");
}

std::string supervise_of_text(const std::string& text) {
  report found;
  auto result = supervise_of(read_well(text), found);
  for (const auto& each : found.faults) ADD_FAILURE() << each.where.shown() << ": " << each.text;
  return result;
}

TEST(ImportSettings, AProgramThatIsKeptBecomesSupervise) {
  EXPECT_EQ(supervise_of_text("exec { command = \"nginx -g 'daemon off;'\" reload_signal = \"SIGHUP\" splay = \"5s\" "
                              "kill_signal = \"SIGQUIT\" kill_timeout = \"1m30s\" env { pristine = false custom = "
                              "[\"A=b=c\"] allowlist = [] } }"),
            "supervise = { command = [\"nginx\", \"-g\", \"daemon off;\"], reload_signal = \"HUP\", kill_signal = "
            "\"QUIT\", kill_timeout = \"90s\", splay = \"5s\", environment = { \"A\" = \"b=c\" } }\n");
  EXPECT_EQ(supervise_of_text("exec { command = [\"/bin/app\", \"a b\"] }"),
            "supervise = { command = [\"/bin/app\", \"a b\"], kill_signal = \"INT\" }\n")
      << "Consul Template's own signal, which is not drcon's";
  EXPECT_THAT(supervise_of_text("exec { command = \"/bin/app > /dev/null\" }"),
              HasSubstr("{ shell = \"/bin/app > /dev/null\","));
  EXPECT_THAT(supervise_of_text("exec { command = \"A=1 /bin/app\" }"), HasSubstr("{ shell = \"A=1 /bin/app\","));
  EXPECT_EQ(supervise_of_text("exec { enabled = false command = \"x\" }"), "");
  EXPECT_EQ(supervise_of_text("exec { }"), "");
}

TEST(ImportSettings, AShellThatAReloadSignalWouldEndIsAFault) {
  report found;
  supervise_of(read_well("exec { command = \"/bin/app > /dev/null\" reload_signal = \"SIGHUP\" }"), found);
  ASSERT_EQ(found.faults.size(), 1U);
  EXPECT_THAT(found.faults[0].text, HasSubstr("would be ended by reload_signal: write `exec` before the program"));
  EXPECT_THAT(supervise_of_text("exec { command = \"exec /bin/app > /dev/null\" reload_signal = \"SIGHUP\" }"),
              HasSubstr("{ shell = \"exec /bin/app > /dev/null\", reload_signal = \"HUP\","));
}

TEST(ImportSettings, AProgramOfTheCommandLineIsKeptAsOneOfAFile) {
  const std::vector<std::string> line{"consul-template", "-exec", "/bin/app -x",          "-exec-reload-signal=SIGUSR1",
                                      "-exec-splay",     "250ms", "-exec-kill-timeout=2s"};
  import_surroundings around{.directory = "/", .templates_directory = {}, .environment = [](const std::string&) {
                               return std::optional<std::string>();
                             }};
  report found;
  const auto given = read_consul_template_line(line, around, found);
  EXPECT_EQ(supervise_of(given, found),
            "supervise = { command = [\"/bin/app\", \"-x\"], reload_signal = \"USR1\", kill_signal = \"INT\", "
            "kill_timeout = \"2s\", splay = \"250ms\" }\n");
  EXPECT_TRUE(found.faults.empty());
}

TEST(ImportSettings, WhatOfAKeptProgramCannotBeTranslatedIsReportedAtItsPlace) {
  EXPECT_THAT(faults_of("exec {\n  command = \"x\"\n  env { pristine = true }\n}"),
              ElementsAre(HasSubstr("c.hcl:3:9: exec.env.pristine: the program of supervise gets all")));
  EXPECT_THAT(faults_of("exec {\n  command = \"x\"\n  env { custom = [\"PATH=$PATH:/opt\"] }\n}"),
              ElementsAre(HasSubstr("c.hcl:3:9: env.custom: drcon gives a variable a value as it is written")));
  report found;
  supervise_of(read_well("exec {\n  command = \"x\"\n  reload_signal = \"SIGALRM\"\n  splay = \"long\"\n}"), found);
  ASSERT_EQ(found.faults.size(), 2U);
  EXPECT_EQ(found.faults[0].where.shown(), "c.hcl:2:3");
  EXPECT_THAT(found.faults[0].text, HasSubstr("drcon does not send SIGALRM"));
  EXPECT_THAT(found.faults[1].text, HasSubstr("'long' is no duration"));
}

}  // namespace
}  // namespace drcon::importing
