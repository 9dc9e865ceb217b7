// drcon doctor against real servers: what works, what does not, and what to do about it; and the same probes at the
// start of drcon run.
#include "support/consul_agent.hpp"
#include "support/docker_engine.hpp"
#include "support/drcon_process.hpp"
#include "support/haproxy_server.hpp"
#include "support/nginx_server.hpp"
#include "support/process.hpp"
#include "support/public_drcon.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <parsed_json.hpp>

#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace drcon::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What doctor found of a configuration.
class doctor {
public:
  explicit doctor(const std::string& config, const std::vector<std::string>& more = {}) {
    write_file(files_ / "drcon.toml", "[host]\nstate_directory = \"" + (files_ / "state").string() + "\"\n" + config);
    std::vector<std::string> line{DRCON_BINARY, "doctor", "-c", (files_ / "drcon.toml").string(), "--json"};
    line.insert(line.end(), more.begin(), more.end());
    ran_ = run(line);
    answer_ = parsed_json(ran_.out);
    EXPECT_TRUE(answer_.is_object()) << ran_.out << ran_.err;
  }
  int code() const { return ran_.code; }
  std::string text() const { return ran_.out + ran_.err; }

  // "STATE: WHAT; ADVICE" of the first finding with this code; empty when there is none.
  std::string of(const std::string& code, const std::string& state) const {
    for (const auto& each : answer_["findings"])
      if (each["code"] == code && each["state"] == state && each["kind"] != "host")
        return each["what"].get<std::string>() + "; " + each["advice"].get<std::string>();
    return {};
  }
  std::string ok(const std::string& code) const { return of(code, "ok"); }
  std::string failed(const std::string& code) const { return of(code, "failed"); }
  std::string warning(const std::string& code) const { return of(code, "warning"); }

private:
  temp_dir files_;
  run_result ran_;
  json answer_;
};

std::string consul_source(const consul_agent& consul, const std::string& more = {}, const std::string& name = "web") {
  return "[source.consul]\nplugin = \"consul-http\"\naddress = \"" + consul.url() + "\"\nservice = [{ name = \"" +
         name + "\" }]\n" + more;
}

std::string file_source(const temp_dir& files) {
  write_file(files / "hosts.toml", "[[service]]\nname = \"web\"\n");
  return "[source.hosts]\nplugin = \"file\"\npath = \"" + (files / "hosts.toml").string() + "\"\n";
}

std::string pipeline_of(const std::string& source, const std::string& sink) {
  return "[pipeline.web]\nsources = [\"" + source + "\"]\nsinks = [\"" + sink + "\"]\n";
}

std::string nginx_sink(const std::string& options) { return "[sink.edge]\nplugin = \"nginx\"\n" + options; }
std::string haproxy_sink(const std::string& options) { return "[sink.lb]\nplugin = \"haproxy\"\n" + options; }

TEST(Doctor, FindsWhetherNginxTakesServersWithoutAReload) {
  const temp_dir files;
  nginx_server nginx;
  nginx.stop();
  nginx.load_lua();
  nginx.start();
  const std::string module = DRCON_SOURCE_ROOT "/plugins/nginx/lua/drcon.lua";
  const auto config = [&](const std::string& path) {
    return file_source(files) + nginx_sink(nginx.options() + "mode = \"live\"\nlive_module = \"" + path + "\"\n") +
           pipeline_of("hosts", "edge");
  };
  EXPECT_THAT(doctor(config("/nowhere/drcon.lua")).warning("readable"), HasSubstr("cannot read /nowhere/drcon.lua"));
  EXPECT_THAT(doctor(config(module)).warning("parts"), HasSubstr("is not that of mode \"live\""));
  write_file(files / "once.toml",
             "[host]\nstate_directory = \"" + (files / "state").string() + "\"\n" + config(module));
  const auto once = run({DRCON_BINARY, "once", "-c", (files / "once.toml").string()});
  ASSERT_EQ(once.code, 0) << once.out << once.err;
  EXPECT_THAT(doctor(config(module)).ok("reachable"),
              HasSubstr("nginx takes servers without a reload: it has version 1"));
  nginx.stop();
  EXPECT_THAT(doctor(config(module)).warning("reachable"), HasSubstr("look into nginx's error log"));
}

TEST(Doctor, FindsAFileThatCannotBeUsedWhereItIsReadOrWritten) {
  const temp_dir files;
  const auto config = [&](const std::string& source, const std::string& target) {
    return "[source.hosts]\nplugin = \"file\"\npath = \"" + (files / source).string() +
           "\"\n[sink.page]\nplugin = \"template\"\n[[sink.page.file]]\npath = \"" + (files / target).string() +
           "\"\nescape = \"none\"\ntemplate = \"" + (files / "page.mustache").string() + "\"\n" +
           pipeline_of("hosts", "page");
  };
  write_file(files / "page.mustache", "page\n");
  write_file(files / "hosts.toml", "[[service]]\nname = \"web\"\n");
  write_file(files / "half.toml", "[[service]]\nname = \n");
  std::filesystem::create_directory(files / "directory");
  ASSERT_EQ(::mkfifo((files / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(doctor(config("hosts.toml", "page")).code(), 0);
  EXPECT_THAT(doctor(config("half.toml", "page")).failed("readable"), HasSubstr("half.toml:2:"));
  EXPECT_THAT(doctor(config("directory", "page")).failed("readable"), HasSubstr("is a directory"));
  EXPECT_THAT(doctor(config("pipe", "page")).failed("readable"), HasSubstr("is no regular file"));
  EXPECT_THAT(doctor(config("hosts.toml", "directory")).failed("writable"), HasSubstr("is a directory"));
  EXPECT_THAT(doctor(config("hosts.toml", "pipe")).failed("writable"), HasSubstr("is no regular file"));
  std::filesystem::remove(files / "page.mustache");
  ASSERT_EQ(::mkfifo((files / "page.mustache").c_str(), 0600), 0);
  write_file(files / "drcon.toml", config("hosts.toml", "page"));
  const auto check = run({DRCON_BINARY, "check", "-c", (files / "drcon.toml").string()}, {}, std::chrono::seconds(30));
  EXPECT_EQ(check.code, 1) << "it does not wait for the other end of the pipe";
  EXPECT_THAT(check.err + check.out, HasSubstr("it is no regular file"));
}

TEST(Doctor, FindsThatEverythingWorks) {
  const consul_agent consul;
  consul.add("web", "web-1", "127.0.0.1", 80);
  const nginx_server nginx;
  const doctor found(consul_source(consul) + nginx_sink(nginx.options()) + pipeline_of("consul", "edge"));
  EXPECT_EQ(found.code(), 0) << found.text();
  EXPECT_THAT(found.ok("reachable"), HasSubstr("Consul answers at 127.0.0.1:"));
  EXPECT_THAT(found.ok("rights"), HasSubstr("ACLs disabled"));
  EXPECT_THAT(found.ok("connections"), HasSubstr("the agent allows 200 connections"));
  EXPECT_THAT(found.ok("parts"), HasSubstr("knows 1 service"));
  EXPECT_THAT(found.ok("included"), HasSubstr("within http { }"));
  EXPECT_THAT(found.ok("process"), HasSubstr("nginx's master is pid " + std::to_string(nginx.master())));
  EXPECT_FALSE(found.ok("writable").empty()) << found.text();
  EXPECT_FALSE(fs::exists(nginx.file())) << "it changes nothing";
  EXPECT_EQ(nginx.reloads(), 0);
}

TEST(Doctor, SaysWhatBecomesOfIdleConnectionsWhereNginxCanKeepThem) {
  const temp_dir files;
  const nginx_server nginx;
  const auto found_with = [&](const std::string& version, const std::string& mode) {
    write_file(files / "nginx", "#!/bin/sh\necho 'nginx version: nginx/" + version + "' >&2\n");
    fs::permissions(files / "nginx", fs::perms(0755));
    return doctor(file_source(files) +
                  nginx_sink(nginx.options() + "nginx = \"" + (files / "nginx").string() + "\"\nmode = \"" + mode +
                             "\"\n") +
                  pipeline_of("hosts", "edge"))
        .ok("connections");
  };
  EXPECT_EQ(found_with("1.27.3", "reload"), "");
  EXPECT_THAT(found_with("1.27.4", "reload"), HasSubstr("keepalive_min_timeout, which nginx has since 1.27.4 and " +
                                                        nginx.config().string() + " does not set"));
  EXPECT_EQ(found_with("1.27.4", "live"), "") << "a change of servers takes no reload";
  write_file(nginx.config(), "events { } http { keepalive_min_timeout 5s; }");
  EXPECT_THAT(found_with("1.27.4", "reload"), HasSubstr("for the time of keepalive_min_timeout"));
}

TEST(Doctor, NamesWhatIsWrongWithConsul) {
  const std::string master = "11111111-1111-1111-1111-111111111111";
  const consul_agent consul({{"acl", {{"enabled", true}, {"default_policy", "deny"}, {"tokens", {{"master", master}}}}},
                             {"limits", {{"http_max_conns_per_client", 60}}}},
                            master);
  consul.add("web", "web-1", "127.0.0.1", 80);
  const temp_dir files;
  const std::string rest = "[sink.page]\nplugin = \"template\"\nfile = [{ path = \"" + (files / "page").string() +
                           "\", template = \"" + (files / "page.mustache").string() + "\", escape = \"none\" }]\n" +
                           pipeline_of("consul", "page");
  write_file(files / "page.mustache", "{{#services}}{{name}}{{/services}}");

  const doctor without_token(consul_source(consul) + rest);
  EXPECT_EQ(without_token.code(), 3);
  EXPECT_THAT(without_token.failed("rights"), HasSubstr("without a token, drcon lacks service \"web\":read"));
  EXPECT_THAT(without_token.failed("rights"), HasSubstr("set the option 'token'"));

  const doctor wrong_token(consul_source(consul, "token = \"22222222-2222-2222-2222-222222222222\"\n") + rest);
  EXPECT_EQ(wrong_token.code(), 3);
  EXPECT_THAT(wrong_token.failed("rights"), HasSubstr("Consul does not know the token"));

  const doctor right_token(consul_source(consul, "token = \"" + master + "\"\nconnections = 100\n") + rest);
  EXPECT_THAT(right_token.ok("rights"), HasSubstr("has the rights that are needed"));
  EXPECT_THAT(right_token.failed("connections"),
              HasSubstr("allows 60 connections of this machine, and this source uses 100"));
  EXPECT_EQ(right_token.code(), 3);

  const doctor mistyped(consul_source(consul, "token = \"" + master + "\"\n", "wbe") + rest);
  EXPECT_THAT(mistyped.warning("parts"), HasSubstr("Consul knows no service \"wbe\" (did you mean \"web\"?)"));
  EXPECT_EQ(mistyped.code(), 0) << "it may be registered later: " << mistyped.text();
}

TEST(Doctor, NamesAnAgentThatDoesNotAnswer) {
  const temp_dir files;
  const nginx_server nginx;
  const doctor found(
      "[source.consul]\nplugin = \"consul-http\"\naddress = \"http://127.0.0.1:1\"\nservice = [{ name = "
      "\"web\" }]\n" +
      nginx_sink(nginx.options()) + pipeline_of("consul", "edge"));
  EXPECT_EQ(found.code(), 3);
  EXPECT_THAT(found.failed("reachable"),
              AllOf(HasSubstr("cannot reach Consul at 127.0.0.1:1"), HasSubstr("start the agent")));
}

TEST(Doctor, NamesWhatIsWrongWithNginx) {
  const temp_dir files;
  const nginx_server nginx;
  const auto rest = file_source(files) + pipeline_of("hosts", "edge");
  const auto options_with = [&](const std::string& what, const std::string& by) {
    auto options = nginx.options();
    const auto begin = options.find(what);
    EXPECT_NE(begin, std::string::npos) << options;
    return options.replace(begin, what.size(), by);
  };
  const doctor elsewhere(nginx_sink(options_with("conf.d/drcon.conf", "other/drcon.conf")) + rest);
  EXPECT_EQ(elsewhere.code(), 3);
  EXPECT_THAT(elsewhere.failed("writable"), HasSubstr("make the directory"));
  fs::create_directory(nginx.prefix() / "other");
  const doctor not_included(nginx_sink(options_with("conf.d/drcon.conf", "other/drcon.conf")) + rest);
  EXPECT_THAT(not_included.failed("included"),
              AllOf(HasSubstr("does not include"), HasSubstr("within http { }: include ")));
  const doctor wrong_pid(nginx_sink(options_with("nginx.pid", "other.pid")) + rest);
  EXPECT_THAT(wrong_pid.failed("process"), AllOf(HasSubstr("other.pid"), HasSubstr("pid line of nginx -T")));
  const doctor no_program(nginx_sink(nginx.options() + "nginx = \"/no/such/nginx\"\n") + rest);
  EXPECT_THAT(no_program.failed("program"), HasSubstr("/no/such/nginx"));
}

TEST(Doctor, AnswersJsonAlsoWhereTheConfigurationIsWrong) {
  const doctor wrong("nonsense = 1\n");
  EXPECT_EQ(wrong.code(), 1);
  EXPECT_THAT(wrong.text(), AllOf(HasSubstr("\"ok\": false"), HasSubstr("nonsense"), HasSubstr("\"code\": \"")));
}

TEST(Doctor, FindsWhatKeepsTheAdminInterfaceFromListening) {
  const temp_dir files;
  const nginx_server nginx;
  boost::asio::io_context context;
  const boost::asio::ip::tcp::acceptor taken(
      context, boost::asio::ip::tcp::endpoint(boost::asio::ip::make_address("127.0.0.1"), 0));
  const auto place = "127.0.0.1:" + std::to_string(taken.local_endpoint().port());
  const doctor found("[admin]\nlisten = \"" + place + "\"\nsocket = \"/no/such/directory/admin.sock\"\n" +
                     file_source(files) + nginx_sink(nginx.options()) + pipeline_of("hosts", "edge"));
  EXPECT_EQ(found.code(), 3);
  EXPECT_THAT(found.text(), HasSubstr("cannot listen on " + place + ": process " + std::to_string(::getpid())));
  EXPECT_THAT(found.text(), HasSubstr("[admin] socket /no/such/directory/admin.sock cannot be made: No such file"));
}

// The rights of the service are what counts, and root has them all.
TEST(Doctor, LooksWithTheRightsOfTheUserThatIsNamed) {
  const temp_dir files;
  const nginx_server nginx;
  for (auto each = nginx.prefix(); each != each.root_path(); each = each.parent_path())
    fs::permissions(each, fs::perms::others_exec | fs::perms::others_read, fs::perm_options::add);
  const auto config = file_source(files) + nginx_sink(nginx.options()) + pipeline_of("hosts", "edge");
  const temp_dir open;
  write_file(open / "drcon.toml", "[host]\nstate_directory = \"\"\n" + config);
  for (const auto& each : {open.path(), files.path()})
    for (auto part = each; part != part.root_path(); part = part.parent_path())
      fs::permissions(part, fs::perms::others_exec | fs::perms::others_read, fs::perm_options::add);
  const public_drcon drcon;
  const auto ran = run({drcon.binary(), "doctor", "-c", (open / "drcon.toml").string(), "--user", "nobody"});
  EXPECT_EQ(ran.code, 3) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("ok      drcon: writable: no state directory is set"));
  EXPECT_THAT(ran.out, ::testing::ContainsRegex(
                           "FAILED  sink edge: writable: nobody cannot write in [^\n]*: Permission denied"));
  EXPECT_THAT(ran.out, HasSubstr("to do: give nobody the right to write there"));
  EXPECT_THAT(ran.out, HasSubstr("FAILED  sink edge: process: cannot signal nginx"));
  EXPECT_THAT(ran.out, HasSubstr("as user nobody: 2 things do not work"));
  const auto unknown = run({DRCON_BINARY, "doctor", "-c", (open / "drcon.toml").string(), "--user", "no-such-user"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("there is no user 'no-such-user'"));
}

TEST(Doctor, NamesWhatIsWrongWithHaproxy) {
  const temp_dir files;
  const haproxy_server haproxy;
  const auto rest = file_source(files) + pipeline_of("hosts", "lb");
  const doctor well(haproxy_sink("socket = \"" + haproxy.socket().string() + "\"\n") + rest);
  EXPECT_EQ(well.code(), 0) << well.text();
  EXPECT_THAT(well.ok("rights"), HasSubstr("has level admin"));
  EXPECT_THAT(well.ok("parts"), HasSubstr("web"));
  const doctor weak(haproxy_sink("socket = \"" + haproxy.operator_socket().string() + "\"\n") + rest);
  EXPECT_EQ(weak.code(), 3);
  EXPECT_THAT(weak.failed("rights"), AllOf(HasSubstr("level operator"), HasSubstr("add 'level admin'")));
  const doctor no_backend(haproxy_sink("socket = \"" + haproxy.socket().string() + "\"\nbackend = \"shop\"\n") + rest);
  EXPECT_THAT(no_backend.failed("parts"), AllOf(HasSubstr("no backend shop"), HasSubstr("it has ")));
  const doctor no_slots(
      haproxy_sink("socket = \"" + haproxy.socket().string() + "\"\nbackend = \"web\"\nmode = \"slots\"\n") + rest);
  EXPECT_THAT(no_slots.failed("parts"), HasSubstr("server-template drcon 1-20"));
  const doctor older(haproxy_sink("socket = \"" + haproxy.socket().string() +
                                  "\"\nbackends_from = \"of-drcon\"\nmap = \"/etc/services.map\"\n") +
                     rest);
  EXPECT_THAT(older.text(),
              AnyOf(HasSubstr("makes no backends at run time, 3.4 does"),
                    HasSubstr("a service without a backend gets one from the defaults section of-drcon")));
  EXPECT_THAT(older.failed("parts"),
              AllOf(HasSubstr("HAProxy has no map /etc/services.map"), HasSubstr("use_backend")));
  const doctor away(haproxy_sink("socket = \"" + (files / "no.sock").string() + "\"\n") + rest);
  EXPECT_THAT(away.failed("reachable"), HasSubstr("no.sock"));
}

TEST(Doctor, AsksDocker) {
  const docker_engine docker;
  const temp_dir files;
  const haproxy_server haproxy;
  const auto rest = haproxy_sink("socket = \"" + haproxy.socket().string() + "\"\n") + pipeline_of("docker", "lb");
  const doctor well("[source.docker]\nplugin = \"docker\"\nengine = \"unix://" + docker.socket().string() + "\"\n" +
                    rest);
  EXPECT_EQ(well.code(), 0) << well.text();
  EXPECT_THAT(well.ok("rights"), HasSubstr("Docker lists its containers"));
  const doctor away("[source.docker]\nplugin = \"docker\"\nengine = \"unix:///no/docker.sock\"\n" + rest);
  EXPECT_EQ(away.code(), 3);
  EXPECT_THAT(away.failed("reachable"), AllOf(HasSubstr("/no/docker.sock"), HasSubstr("the group docker")));
}

// Two drcons at one target undo each other's work. The one that runs this very configuration is no other.
TEST(Doctor, NamesAnotherDrconAtTheSameTarget) {
  const temp_dir files;
  nginx_server nginx;
  const haproxy_server haproxy;
  write_file(files / "hosts.toml",
             "[[service]]\nname = \"web\"\n[[service.endpoint]]\naddress = \"10.0.0.1\"\nport = 80\n");
  const auto config = "[source.hosts]\nplugin = \"file\"\npath = \"" + (files / "hosts.toml").string() + "\"\n" +
                      nginx_sink(nginx.options()) + haproxy_sink("socket = \"" + haproxy.socket().string() + "\"\n") +
                      "[pipeline.web]\nsources = [\"hosts\"]\nsinks = [\"edge\", \"lb\"]\n";
  drcon_process running(config);
  running.start();
  ASSERT_TRUE(running.settled()) << running.log();

  const auto own = running.verb("doctor");
  EXPECT_EQ(own.code, 0) << own.out;
  EXPECT_THAT(own.out, HasSubstr("drcon runs, process " + std::to_string(running.pid())));
  EXPECT_THAT(own.out, HasSubstr("is written by the drcon that runs"));

  const doctor other(config);
  EXPECT_EQ(other.code(), 3);
  EXPECT_THAT(other.failed("owner"), HasSubstr("pid " + std::to_string(running.pid()))) << other.text();
  EXPECT_THAT(other.text(), HasSubstr("backend web is held by pid")) << other.text();
}

// A plugin in a process of its own is asked there.
TEST(Doctor, AsksAPluginInAProcessOfItsOwn) {
  const temp_dir files;
  const nginx_server nginx;
  const doctor found(file_source(files) + nginx_sink(nginx.options() + "isolation = \"process\"\n") +
                     pipeline_of("hosts", "edge"));
  EXPECT_EQ(found.code(), 0) << found.text();
  EXPECT_THAT(found.ok("included"), HasSubstr("within http { }"));
  EXPECT_FALSE(found.ok("process").empty()) << found.text();
}

TEST(Doctor, SaysThatTheConfigurationIsWrongAsCheckDoes) {
  const temp_dir files;
  write_file(files / "drcon.toml", "[source.x]\nplugin = \"no-such\"\n");
  EXPECT_EQ(run({DRCON_BINARY, "doctor", "-c", (files / "drcon.toml").string()}).code, 1);
  EXPECT_EQ(run({DRCON_BINARY, "check", "--live", "-c", (files / "drcon.toml").string()}).code, 1);
  const auto checked = run({DRCON_BINARY, "check", "--json", "-c", (files / "drcon.toml").string()});
  EXPECT_EQ(checked.code, 1);
  const auto answer = parsed_json(checked.out);
  ASSERT_TRUE(answer.is_object()) << checked.out << checked.err;
  EXPECT_EQ(answer["ok"], false);
  bool is_named = false;
  for (const auto& each : answer["findings"]) {
    is_named |= each["line"] == 2 && each["code"] == "unknown-plugin" &&
                each["message"].get<std::string>().find("no-such") != std::string::npos;
  }
  EXPECT_TRUE(is_named) << checked.out;
}

// A fault that only the next change would meet is shown at the start, and is gone when it has been corrected.
TEST(ProbesAtStart, ShowAFaultThatWouldHideUntilTheNextChange) {
  const temp_dir files;
  const haproxy_server haproxy("backend web\n  balance roundrobin\n");
  write_file(files / "hosts.toml", "[[service]]\nname = \"web\"\n");
  const auto state = (files / "gone/state").string();
  drcon_process running("[source.hosts]\nplugin = \"file\"\npath = \"" + (files / "hosts.toml").string() + "\"\n" +
                        haproxy_sink("socket = \"" + haproxy.socket().string() +
                                     "\"\nbackend = \"web\"\nstate_file = \"" + state + "\"\n") +
                        pipeline_of("hosts", "lb"));
  running.start();
  ASSERT_TRUE(running.settled()) << running.log();
  ASSERT_TRUE(wait_until([&] {
    return running.status()["caveats"].dump().find("make the directory, or correct the path") != std::string::npos;
  })) << running.status().dump(2)
      << running.log();
  const auto status = running.status();
  EXPECT_EQ(status["state"], "caveats");
  bool has_code = false;
  for (const auto& each : status["findings"])
    has_code |= each["code"] == "fault-ahead" && each["severity"] == "warning";
  EXPECT_TRUE(has_code) << status["findings"].dump(2);
  fs::create_directories(fs::path(state).parent_path());
  EXPECT_TRUE(wait_until([&] { return running.status()["state"] == "ok"; }, std::chrono::seconds(120)))
      << running.status().dump(2);
  EXPECT_THAT(running.log(), HasSubstr("this works now: writable"));
}

}  // namespace
}  // namespace drcon::test
