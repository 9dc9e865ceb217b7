// drcon import as a user runs it, and what comes of its output.
#include "support/backend.hpp"
#include "support/certificates.hpp"
#include "support/consul_agent.hpp"
#include "support/drcon_process.hpp"
#include "support/nginx_server.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace drcon::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const fs::path golden_directory = fs::path(DRCON_SOURCE_ROOT) / "tests/golden/import";

run_result import_in(const fs::path& directory, std::vector<std::string> words) {
  // No variable of this machine's Consul has a say.
  std::vector<std::string> line{"/bin/sh",
                                "-c",
                                "cd \"$0\" && unset CONSUL_HTTP_ADDR CONSUL_HTTP_TOKEN DOCKER_HOST && exec \"$@\"",
                                directory.string(),
                                DRCON_BINARY,
                                "import"};
  line.insert(line.end(), words.begin(), words.end());
  return run(line);
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> all;
  std::istringstream in(read_file(file));
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto found = text.find(what); found != std::string::npos; found = text.find(what, found + by.size()))
    text.replace(found, what.size(), by);
  return text;
}

TEST(Import, EveryTranslationIsTakenByCheck) {
  const certificates authority;
  temp_dir files;
  write_file(files / "token", "secret\n");
  for (const auto& [name, certificate] :
       {std::pair("ca.pem", authority.ca()), std::pair("client.pem", authority.client()),
        std::pair("client.key", authority.client_key())})
    fs::copy_file(certificate, files / name);
  int tried = 0;
  for (const auto& each : fs::directory_iterator(golden_directory)) {
    SCOPED_TRACE(each.path().filename().string());
    const auto translation = import_in(each.path(), lines_of(each.path() / "line"));
    const bool has_faults = fs::exists(each.path() / "expected.faults");
    EXPECT_EQ(translation.code, has_faults ? 1 : 0) << translation.err;
    if (has_faults) continue;
    write_file(files / "drcon.toml", replaced(translation.out, "/etc/consul", files.path().string()));
    const auto check =
        run({DRCON_BINARY, "check", "-c", (files / "drcon.toml").string(), "--plugin-dir", DRCON_TEST_PLUGINS});
    EXPECT_EQ(check.code, 0) << check.out << check.err << translation.out;
    ++tried;
  }
  EXPECT_GE(tried, 6);
}

// The command line and the template of an article of that year, as they were but for addresses and paths.
TEST(Import, TheRecipeOf2015RunsAsItWas) {
  const consul_agent consul;
  nginx_server nginx;
  temp_dir directory;
  write_file(directory / "nginx.ctmpl",
             "upstream simple {\n"
             "  least_conn;\n"
             "  {{range service \"simple\"}}server {{.Address}}:{{.Port}} max_fails=3 fail_timeout=60 weight=1;\n"
             "  {{else}}server 127.0.0.1:65535; # force a 502{{end}}\n"
             "}\n");
  const auto translation = import_in(
      directory.path(), {"consul-template", "-consul", "127.0.0.1:" + std::to_string(consul.port()), "-template",
                         "nginx.ctmpl:" + nginx.file("simple.conf").string() + ":nginx -p " + nginx.prefix().string() +
                             " -c " + nginx.config().string() + " -s reload"});
  ASSERT_EQ(translation.code, 0) << translation.err;
  EXPECT_THAT(translation.err, IsEmpty());

  drcon_process drcon(translation.out);
  drcon.start();
  ASSERT_TRUE(wait_until([&] {
    return read_file(nginx.file("simple.conf")).find("server 127.0.0.1:65535; # force a 502") != std::string::npos;
  })) << drcon.log();
  nginx.serve("server { listen 127.0.0.1:@PORT@; location / { proxy_pass http://simple; } }");
  nginx.reload();
  EXPECT_TRUE(wait_until([&] { return nginx.get().status == 502; }));

  backend one("one");
  backend two("two");
  consul.add("simple", "one", "127.0.0.1", one.port());
  consul.add("simple", "two", "127.0.0.1", two.port());
  std::set<std::string> answers;
  EXPECT_TRUE(wait_until([&] {
    if (const auto answer = nginx.get(); answer.status == 200) answers.insert(answer.body);
    return answers.size() == 2;
  })) << drcon.log()
      << read_file(nginx.file("simple.conf"));
  ASSERT_TRUE(drcon.settled()) << drcon.log();
  ASSERT_TRUE(wait_until([&] { return nginx.serves_alone(); }));
  // least_conn counts a connection until nginx has closed it, which may be after its answer was read.
  EXPECT_TRUE(wait_until([&] {
    const auto first = nginx.get().body;
    const auto second = nginx.get().body;
    return first != second && nginx.get().body == first && nginx.get().body == second;
  })) << "requests alternate";

  consul.remove("one");
  EXPECT_TRUE(wait_until([&] {
    return read_file(nginx.file("simple.conf")).find(std::to_string(one.port())) == std::string::npos;
  })) << drcon.log();
}

// What the import chose is enough for what the templates ask for when they are rendered, and follows it.
TEST(Import, WhatTemplatesComputeIsWatchedWhenTheyAreRendered) {
  const consul_agent consul;
  const auto put = [&consul](const std::string& key, const std::string& value) {
    http("PUT", consul.port(), "/v1/kv/" + key, value);
  };
  consul.add("shop", "s1", "10.0.0.1", 80, {{"Tags", {"http"}}});
  consul.add("db", "d1", "10.0.0.2", 5432);
  put("pg/cluster", "main");
  put("pg/main/leader", "n1");
  put("pg/main/members/n1", "10.0.0.5");
  put("pg/main/members/n2", "10.0.0.6");
  put("slots/b", "y");
  put("slot-0", "first");
  temp_dir directory;
  write_file(
      directory / "t.ctmpl",
      "{{- range services }}{{ if .Tags | contains \"http\" }}{{ .Name }}:{{ range service .Name }}{{ .Address }} "
      "{{ end }};{{ end }}{{ end -}}\n"
      "{{- $cluster := key \"pg/cluster\" }}{{ $leader := key (printf \"pg/%s/leader\" $cluster) -}}\n"
      "{{ key (printf \"pg/%s/members/%s\" $cluster $leader) }};"
      "{{ keyOrDefault (printf \"config/%s/PORT\" (env \"PATH\" | len | printf \"%d\")) \"8000\" }};"
      "{{ $i := 0 }}{{ range ls \"slots/\" }}{{ .Key }}={{ key (printf \"slot-%d\" $i) }}{{ $i = add $i 1 }}{{ end }}"
      "{{ range service (printf \"cache-%s\" (env \"NO_SUCH_VARIABLE\")) }}x{{ end }}");
  const auto out = directory / "out";
  const auto translation = import_in(
      directory.path(), {"consul-template", "-consul-addr", consul.url(), "-template", "t.ctmpl:" + out.string()});
  ASSERT_EQ(translation.code, 0) << translation.err;
  drcon_process drcon(translation.out);
  drcon.start();
  const auto becomes = [&](const std::string& text) { return wait_until([&] { return read_file(out) == text; }); };
  EXPECT_TRUE(becomes("shop:10.0.0.1 ;10.0.0.5;8000;b=first")) << read_file(out) << drcon.log() << translation.out;
  put("pg/main/leader", "n2");
  EXPECT_TRUE(becomes("shop:10.0.0.1 ;10.0.0.6;8000;b=first")) << read_file(out) << drcon.log();
  consul.add("api", "a1", "10.0.0.3", 80, {{"Tags", {"http"}}});
  EXPECT_TRUE(becomes("api:10.0.0.3 ;shop:10.0.0.1 ;10.0.0.6;8000;b=first")) << read_file(out) << drcon.log();
  consul.add("worker", "w1", "10.0.0.4", 80, {{"Tags", {"http"}}, {"Check", {{"TTL", "1h"}}}});
  EXPECT_TRUE(becomes("api:10.0.0.3 ;shop:10.0.0.1 ;worker:;10.0.0.6;8000;b=first"))
      << "the catalogue has its tags before it passes" << read_file(out) << drcon.log();
}

TEST(Import, IsAVerbLikeOthers) {
  const auto help = run({DRCON_BINARY, "--help"});
  EXPECT_THAT(help.out, HasSubstr("\n  import "));
  EXPECT_THAT(run({DRCON_BINARY, "import", "--help"}).out, HasSubstr("registrator"));
  const auto flags = run({DRCON_BINARY, "import", "consul-template", "--help"});
  EXPECT_EQ(flags.code, 0);
  EXPECT_THAT(flags.out, HasSubstr("-template VALUE"));
  EXPECT_EQ(run({DRCON_BINARY, "import"}).code, 2);
  const auto other = run({DRCON_BINARY, "import", "confd"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("there is no import from 'confd'"));
  EXPECT_THAT(run({DRCON_BINARY, "complete", "--", "import", "consul-template", "-consul-ad"}).out,
              StartsWith("-consul-addr\t"));
  EXPECT_THAT(read_file(fs::path(DRCON_SHARE) / "man/man1/drcon.1"), HasSubstr("drcon import registrator"));
  EXPECT_EQ(run({DRCON_BINARY, "nonsense"}).code, 2);
}

TEST(Import, APartThatCannotBeTranslatedIsReportedAndEndsWith1) {
  temp_dir directory;
  write_file(directory / "t.ctmpl", "a\n{{ with secret \"x\" }}{{ end }}{{ key \"b\" }}\n");
  const auto translation = import_in(directory.path(), {"consul-template", "-template", "t.ctmpl:/etc/t"});
  EXPECT_EQ(translation.code, 1);
  EXPECT_THAT(translation.err, StartsWith("t.ctmpl:2:9: secret \"x\": drcon does not watch Vault"));
  EXPECT_THAT(translation.out, HasSubstr("{ path = \"b\" }")) << "the rest is translated";
  EXPECT_THAT(translation.out, HasSubstr("# - t.ctmpl:2:9: secret"));
}

}  // namespace
}  // namespace drcon::test
