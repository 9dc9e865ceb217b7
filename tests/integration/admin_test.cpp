// The admin interface of the running program: what it answers, to whom, and what it costs.
#include "support/certificates.hpp"
#include "support/hosts_page.hpp"
#include "support/ports.hpp"
#include "support/resident.hpp"
#include "support/scripted_consul.hpp"

#include "admin/openapi.hpp"
#include "admin/routes.hpp"
#include "config/json_schema_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <parsed_json.hpp>

#include <algorithm>
#include <array>
#include <fstream>
#include <random>
#include <sstream>

namespace drcon::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

const char* const token = "0123456789abcdef";

// Connects, and says nothing.
class tcp_client {
public:
  explicit tcp_client(std::uint16_t port) : file_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(file_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  ~tcp_client() { ::close(file_); }
  tcp_client(const tcp_client&) = delete;
  tcp_client& operator=(const tcp_client&) = delete;

  void send(const std::string& text) const {
    (void)!::send(file_, text.data(), text.size(), MSG_NOSIGNAL);  // it may have been ended to make room
  }

private:
  int file_;
};

class Admin : public hosts_page {
protected:
  json ask(const std::string& method, const std::string& target, int expected = 200) const {
    const auto answer = drcon_->ask(method, target);
    EXPECT_EQ(answer.status, expected) << method << " " << target << ": " << answer.body << answer.error;
    return parsed_json(answer.body);
  }
  // Another [admin] for the next reload: TOML keys, in the place of the ones that are there.
  void set_admin(const std::string& keys) const {
    const auto file = drcon_->directory() / "drcon.toml";
    std::istringstream before(read_file(file));
    std::string after = keys + "\n";
    for (std::string line; std::getline(before, line);)
      if (!line.starts_with("admin.")) after += line + "\n";
    write_file(file, after);
  }
  static std::string listen_on(std::uint16_t port) {
    return "admin.socket = \"admin.sock\"\nadmin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\n";
  }
};

// The whole document with one of its schemas as the root, so that references hold.
std::string faults(const json& schema, const json& value) {
  json whole = schema;
  whole["components"] = admin::openapi().at("components");
  const auto wrong = config::mismatch_with(whole, &value);
  return wrong ? wrong->pointer + ": " + wrong->what : "";
}

TEST_F(Admin, EveryRouteAnswersAsItsDocumentSays) {
  start();
  set_hosts(4);
  ASSERT_TRUE(serves(4));
  const std::map<std::string, std::string> query{{"/v1/pipelines/{name}/explain", "?endpoint=10.0.0.1"},
                                                 {"/v1/pipelines/{name}/rollback", "?revision=1"}};
  const auto& document = ask("GET", "/v1/openapi.json");
  int answered = 0;
  for (const auto& each : admin::routes()) {
    ASSERT_TRUE(document["paths"][each.path].is_object()) << each.path;
    if (!each.handler) continue;
    std::string path = each.path;
    if (const auto at = path.find("{name}"); at != std::string::npos) path.replace(at, 6, "web");
    if (const auto more = query.find(each.path); more != query.end()) path += more->second;
    const auto answer = drcon_->ask(each.method, path);
    std::string method(each.method);
    std::ranges::transform(method, method.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto& answers = document["paths"][each.path][method]["responses"];
    const auto said = answers.find(std::to_string(answer.status));
    ASSERT_NE(said, answers.end()) << path << " answers " << answer.status;
    const auto type = answer.headers.at("content-type");
    const auto& content = (*said)["content"];
    const auto shape = content.find(type.substr(0, type.find(';')));
    ASSERT_NE(shape, content.end()) << path << " answers " << type;
    if (type != "application/json") continue;
    const auto body = parsed_json(answer.body);
    ASSERT_FALSE(body.is_discarded()) << answer.body;
    EXPECT_EQ(faults((*shape)["schema"], body), "") << path << "\n" << answer.body;
    ++answered;
  }
  EXPECT_GE(answered, 12);
  for (const auto& [path, operations] : document["paths"].items())
    EXPECT_TRUE(std::ranges::any_of(admin::routes(), [&](const auto& each) { return each.path == path; })) << path;
}

TEST_F(Admin, ReadinessAnswersAsItsDocumentSaysWhileItIsNotReady) {
  start();
  set_hosts(1);  // which the brake holds
  ASSERT_TRUE(wait_until([this] { return drcon_->ask("GET", "/readyz").status == 503; }));
  const auto type = drcon_->ask("GET", "/readyz").headers.at("content-type");
  const auto document = ask("GET", "/v1/openapi.json");
  const auto& content = document["paths"]["/readyz"]["get"]["responses"]["503"]["content"];
  EXPECT_TRUE(content.contains(type.substr(0, type.find(';')))) << type;
}

TEST_F(Admin, TheJournalHasTheStagesOfAnAppliedChange) {
  start();
  set_hosts(4);
  ASSERT_TRUE(serves(4));
  json applied;
  ASSERT_TRUE(wait_until([&] {
    applied = ask("GET", "/v1/journal")["entries"].back();
    return applied["what"] == "applied" && applied["revision"] == 2;
  }));
  EXPECT_EQ(faults({{"$ref", "#/components/schemas/Entry"}}, applied), "");
  const auto& way = applied["stages"];
  ASSERT_TRUE(way.is_object()) << applied;
  const auto seconds = [&](const char* stage) { return way[stage].get<double>(); };
  EXPECT_GT(seconds("published"), 0);
  EXPECT_LE(seconds("published"), seconds("decided"));
  EXPECT_NEAR(seconds("decided") + seconds("applied") + seconds("verified"), seconds("whole"), 1e-6);
}

TEST_F(Admin, RefusalsHaveTheShapeOfRefusals) {
  start();
  const json schema{{"$ref", "#/components/schemas/Error"}};
  EXPECT_EQ(faults(schema, ask("GET", "/v1/nothing", 404)), "");
  EXPECT_EQ(faults(schema, ask("POST", "/v1/status", 405)), "");
  EXPECT_EQ(faults(schema, ask("GET", "/v1/pipelines/nobody", 404)), "");
  EXPECT_EQ(faults(schema, ask("GET", "/v1/pipelines/web/explain", 400)), "");
  EXPECT_EQ(faults(schema, ask("GET", "/v1/pipelines/web/explain?endpoint=10.9.9.9", 404)), "");
  EXPECT_EQ(faults(schema, ask("POST", "/v1/pipelines/web/resume", 409)), "");
  EXPECT_EQ(faults(schema, ask("POST", "/v1/pipelines/web/release-brake", 409)), "");
  EXPECT_EQ(faults(schema, ask("POST", "/v1/pipelines/web/rollback?revision=99", 409)), "");
  EXPECT_EQ(faults(schema, ask("POST", "/v1/pipelines/web/rollback?revision=x", 400)), "");
  EXPECT_EQ(ask("GET", "/v1/nothing", 404)["code"], "not-found");
  EXPECT_NE(faults(schema, json{{"error", "no help"}}), "") << "the test can fail";
}

TEST_F(Admin, ExplainsWhatTheTargetSaysNow) {
  start({}, {}, "watch = \"1h\"\n");  // so that the sink does not restore what is edited below
  const auto match = ask("GET", "/v1/pipelines/web/explain?endpoint=10.0.0.2:80")["matches"][0];
  EXPECT_EQ(match["in_rotation"], true);
  EXPECT_EQ(match["sinks"][0]["target"][0]["lines"], json::array({"server 10.0.0.2:80;"}));
  write_file(drcon_->directory() / "page.conf", "server 10.0.0.1:80;\n");  // behind its back
  const auto edited = ask("GET", "/v1/pipelines/web/explain?endpoint=10.0.0.2:80")["matches"][0];
  EXPECT_EQ(edited["sinks"][0]["target"][0]["lines"], json::array());
  EXPECT_EQ(edited["in_rotation"], false);
  EXPECT_NE(edited["verdict"].get<std::string>().find("does not have 'server 10.0.0.2:80;' now"), std::string::npos)
      << edited["verdict"];
  const auto difference = ask("GET", "/v1/pipelines/web/diff");
  EXPECT_EQ(difference["sinks"]["page"]["targets"][0]["equal"], false);
  ask("POST", "/v1/pipelines/web/resync");
  EXPECT_TRUE(serves(3));
}

TEST_F(Admin, PausesRollsBackAndResumes) {
  start();
  set_hosts(4);
  ASSERT_TRUE(serves(4));
  ask("POST", "/v1/pipelines/web/rollback?revision=1");
  ASSERT_TRUE(serves(3));
  EXPECT_EQ(ask("GET", "/v1/pipelines/web")["paused"], "rolled back to revision 1");
  ask("POST", "/v1/pipelines/web/resume");
  EXPECT_TRUE(serves(4));
}

TEST_F(Admin, ReleasesTheBrake) {
  start();
  set_hosts(1);
  ASSERT_TRUE(wait_until([this] { return ask("GET", "/v1/pipelines/web")["held"] != ""; }));
  EXPECT_EQ(lines(), 3);
  EXPECT_EQ(ask("GET", "/v1/pipelines/web")["held_loss"]["removed"], 2);
  ask("POST", "/v1/pipelines/web/release-brake");
  EXPECT_TRUE(serves(1));
}

TEST_F(Admin, PreviewsARollbackAndChangesNothing) {
  start();
  set_hosts(4);
  ASSERT_TRUE(serves(4));
  const auto preview = ask("GET", "/v1/pipelines/web/rollback?revision=1");
  EXPECT_EQ(preview["removed"], 1);
  EXPECT_EQ(preview["added"], 0);
  EXPECT_EQ(preview["endpoints"][0]["address"], "10.0.0.4:80");
  EXPECT_EQ(preview["endpoints"][0]["change"], "removed");
  ask("GET", "/v1/pipelines/web/rollback", 400);
  ask("GET", "/v1/pipelines/web/rollback?revision=2", 409);
  ask("GET", "/v1/pipelines/web/rollback?revision=99", 409);
  EXPECT_EQ(ask("GET", "/v1/pipelines/web")["revision"], 2);
  EXPECT_EQ(lines(), 4);
}

TEST_F(Admin, SaysWhichEndpointsAreServedThoughNoSourceHasThem) {
  start();
  const auto kept_by = [this] {
    json all = json::object();
    const auto detail = ask("GET", "/v1/pipelines/web");
    for (const auto& service : detail["services"])
      for (const auto& each : service["endpoints"]) all[each["address"]] = each.value("kept_by", "");
    return all;
  };
  EXPECT_EQ(kept_by(), (json{{"10.0.0.1", ""}, {"10.0.0.2", ""}, {"10.0.0.3", ""}}));
  set_hosts(1);
  ASSERT_TRUE(wait_until([this] { return ask("GET", "/v1/pipelines/web")["held"] != ""; }));
  EXPECT_EQ(kept_by(), (json{{"10.0.0.1", ""}, {"10.0.0.2", "brake"}, {"10.0.0.3", "brake"}}));
  const auto detail = ask("GET", "/v1/pipelines/web");
  EXPECT_EQ(detail["services"][0]["endpoints"][2]["at_source"], "gone");
  EXPECT_EQ(faults({{"$ref", "#/components/schemas/PipelineDetail"}}, detail), "");
  ask("POST", "/v1/pipelines/web/pause");
  EXPECT_EQ(kept_by(), (json{{"10.0.0.1", ""}, {"10.0.0.2", "pause"}, {"10.0.0.3", "pause"}}));
}

TEST_F(Admin, SaysSinceWhenASinkFailsAndWhenItIsRetried) {
  start({}, R"(check = { command = ["/bin/sh", "-c", "test ! -e ${0%/*}/bad", "{file}"] })");
  const auto sink = [this] { return ask("GET", "/v1/status")["sinks"]["page"]; };
  EXPECT_EQ(sink()["failing_since"], 0.0);
  EXPECT_EQ(sink()["next_retry"], 0.0);
  write_file(drcon_->directory() / "bad", "");
  set_hosts(4);
  ASSERT_TRUE(wait_until([&] { return sink()["next_retry"] != 0.0; })) << sink();
  const auto since = sink()["failing_since"].get<double>();
  EXPECT_GT(since, 0);
  const auto first = sink()["next_retry"].get<double>();
  ASSERT_TRUE(wait_until([&] { return sink()["next_retry"].get<double>() > first; })) << sink();
  EXPECT_EQ(sink()["failing_since"].get<double>(), since) << "it has failed since the first time";
  std::filesystem::remove(drcon_->directory() / "bad");
  ASSERT_TRUE(serves(4));
  ASSERT_TRUE(wait_until([&] { return sink()["failing_since"] == 0.0; })) << sink();
  EXPECT_EQ(sink()["next_retry"], 0.0);
}

TEST_F(Admin, SaysWhetherTheClientMayChangeSomething) {
  const auto port = free_port();
  start("admin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\n");
  EXPECT_EQ(ask("GET", "/v1/status")["may_change"], true) << "over the unix socket";
  EXPECT_EQ(parsed_json(get(port, "/v1/status").body)["may_change"], false);
  EXPECT_NE(ask("GET", "/v1/status")["host"], "");
}

TEST_F(Admin, AReloadTellsWhatIsWrongAndChangesNothing) {
  start();
  EXPECT_EQ(ask("POST", "/v1/reload")["findings"], json::array());
  std::ofstream(drcon_->directory() / "drcon.toml", std::ios::app) << "nonsense = 1\n";
  const auto refused = ask("POST", "/v1/reload", 422);
  EXPECT_THAT(refused["findings"].dump(), HasSubstr("nonsense"));
  EXPECT_TRUE(drcon_->settled());
  EXPECT_THAT(drcon_->metrics(), HasSubstr("drcon_reloads_total{result=\"refused\"} 1"));
  EXPECT_EQ(ask("GET", "/v1/journal")["entries"].back()["what"], "reloaded");
}

TEST_F(Admin, AReloadReportsWhatOnlyARestartCanChange) {
  start();
  const auto file = drcon_->directory() / "drcon.toml";
  auto text = read_file(file);
  const std::string place = "host.state_directory = \"state\"";
  ASSERT_NE(text.find(place), std::string::npos);
  write_file(file, text.replace(text.find(place), place.size(), "host.state_directory = \"elsewhere\""));
  for (int i = 0; i < 2; ++i)
    EXPECT_THAT(ask("POST", "/v1/reload")["findings"].dump(),
                HasSubstr("'state_directory' in [host] is read at start only; the value of the start stays in effect"));
  EXPECT_FALSE(std::filesystem::exists(drcon_->directory() / "elsewhere"));
}

TEST_F(Admin, AReloadThatCannotOpenWhatItAsksForChangesNothing) {
  const auto port = free_port();
  start("admin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\n");
  set_admin("admin.socket = \"not-there/admin.sock\"\nadmin.listen = \"127.0.0.1:" + std::to_string(free_port()) +
            "\"");
  const auto refused = ask("POST", "/v1/reload", 422);
  EXPECT_THAT(refused["findings"].dump(), HasSubstr("not-there/admin.sock"));
  EXPECT_EQ(ask("GET", "/v1/status")["state"], "caveats") << "the old socket is there, and says what happened";
  EXPECT_EQ(get(port, "/healthz").status, 200) << "and so is the old port";
  const auto other = free_port();
  set_admin(listen_on(other));
  ask("POST", "/v1/reload");
  EXPECT_EQ(get(other, "/healthz").status, 200);
  EXPECT_EQ(get(port, "/healthz").status, 0);
  EXPECT_EQ(ask("GET", "/v1/status")["state"], "ok");
  set_admin("admin.socket = \"admin.sock\"\nlog.file = \"not-there/log\"");
  EXPECT_THAT(ask("POST", "/v1/reload", 422)["findings"].dump(), HasSubstr("not-there/log"));
}

TEST_F(Admin, MovesToAnotherAddressOfTheSamePort) {
  const auto port = free_port();
  start("admin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\n");
  set_admin("admin.socket = \"admin.sock\"\nadmin.listen = \"127.0.0.2:" + std::to_string(port) + "\"");
  ask("POST", "/v1/reload");
  EXPECT_EQ(get(port, "/healthz").status, 0);
  set_admin(listen_on(port));
  ask("POST", "/v1/reload");
  EXPECT_EQ(get(port, "/healthz").status, 200);
}

TEST_F(Admin, NeverStaysInTheClearWhereTlsIsAskedFor) {
  const auto port = free_port();
  const certificates made;
  start(std::string("admin.token = \"") + token + "\"\nadmin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\n");
  ASSERT_EQ(get(port, "/healthz").status, 200);
  write_file(drcon_->directory() / "bad.pem", "no certificate");
  const auto with = [&](const std::string& certificate) {
    return listen_on(port) + "admin.token = \"" + token + "\"\nadmin.certificate = \"" + certificate +
           "\"\nadmin.private_key = \"" + made.server_key() + "\"";
  };
  set_admin(with((drcon_->directory() / "bad.pem").string()));
  EXPECT_THAT(ask("POST", "/v1/reload", 422)["findings"].dump(), HasSubstr("bad.pem"));
  EXPECT_EQ(get(port, "/healthz").status, 0) << "the port is closed";
  set_admin(with(made.server()));
  ask("POST", "/v1/reload");
  EXPECT_EQ(get(port, "/healthz").status, 0) << "and then speaks TLS only";
  EXPECT_EQ(run({"curl", "-s", "--cacert", made.ca(), "https://127.0.0.1:" + std::to_string(port) + "/healthz"}).out,
            "ok\n");
}

TEST_F(Admin, ContentsAreForThoseWhoMayReadThem) {
  const auto port = free_port();
  start("admin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\n");
  EXPECT_EQ(get(port, "/v1/pipelines/web/diff").status, 403);
  const auto explained = parsed_json(get(port, "/v1/pipelines/web/explain?endpoint=10.0.0.2:80").body);
  EXPECT_EQ(explained.dump().find("server 10.0.0.2:80;"), std::string::npos);
  EXPECT_EQ(ask("GET", "/v1/pipelines/web/diff")["sinks"]["page"]["targets"][0]["equal"], true);
  set_admin(listen_on(port) + "admin.token = \"" + token + "\"");
  ask("POST", "/v1/reload");
  EXPECT_EQ(get(port, "/v1/pipelines/web/diff").status, 401);
  const std::map<std::string, std::string> with{{"Authorization", std::string("Bearer ") + token}};
  EXPECT_EQ(http("GET", port, "/v1/pipelines/web/diff", {}, with).status, 200);
}

// Values of a registry's key-value store may be secrets.
TEST_F(Admin, ValuesAreForThoseWhoMayReadThem) {
  const auto port = free_port();
  scripted_consul consul;
  consul.set("/v1/kv/a", {.index = 3, .body = R"([{"Key":"a","Value":"c2VjcmV0"}])"});
  drcon_ = std::make_unique<drcon_process>(
      "admin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\n[source.kv]\nplugin = \"consul-kv\"\naddress = \"" +
      consul.url() +
      "\"\nkey = [{ path = \"a\" }]\n[sink.page]\nplugin = \"template\"\n"
      "file = [{ template = \"page.mustache\", path = \"page.conf\", escape = \"none\" }]\n"
      "[pipeline.web]\nsources = [\"kv\"]\nsinks = [\"page\"]\n");
  write_file(drcon_->directory() / "page.mustache", "{{key.a}}\n");
  drcon_->start();
  ASSERT_TRUE(wait_until([this] { return read_file(drcon_->directory() / "page.conf") == "secret\n"; }))
      << drcon_->log();
  const auto open = get(port, "/v1/pipelines/web");
  ASSERT_EQ(open.status, 200);
  EXPECT_EQ(parsed_json(open.body)["services"].size(), 1U);
  EXPECT_EQ(open.body.find("secret"), std::string::npos) << open.body;
  EXPECT_THAT(drcon_->ask("GET", "/v1/pipelines/web").body, HasSubstr("secret"));
}

// Takes all places for clients over TLS, each with its token, since another would have to make room; then one that
// speaks no TLS yet comes.
constexpr auto one_client_too_many = R"PY(
import socket, ssl, sys
port, places, token = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode()
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
held = []
for _ in range(places):
    client = context.wrap_socket(socket.create_connection(('127.0.0.1', port), timeout=30))
    client.sendall(b'GET /v1/log HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ' + token + b'\r\n\r\n')
    assert client.recv(4096).startswith(b'HTTP/1.1 200')
    held.append(client)
last = socket.create_connection(('127.0.0.1', port), timeout=30)
received = b''
while part := last.recv(4096):
    received += part
print('received', received)
)PY";

TEST_F(Admin, AFullPortOfTlsAnswersNothingInTheClear) {
  const auto port = free_port();
  const certificates made;
  start("admin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\nadmin.token = \"" + token +
        "\"\nadmin.certificate = \"" + made.server() + "\"\nadmin.private_key = \"" + made.server_key() + "\"\n");
  const auto refusals = [this] {
    const std::string line = "drcon_admin_requests_total{code=\"503\"} ";
    const auto text = drcon_->metrics();
    const auto found = text.find(line);
    return found == std::string::npos ? 0 : std::stoi(text.substr(found + line.size()));
  };
  const auto before = refusals();  // of the time before it was ready
  const auto client = run({"python3", "-c", one_client_too_many, std::to_string(port), "64", token});
  EXPECT_EQ(client.out, "received b''\n") << client.err;
  EXPECT_TRUE(wait_until([&] { return refusals() == before + 1; })) << "it was refused for want of a place";
}

TEST_F(Admin, SilentClientsOfTheNetworkLockOutNobody) {
  const auto port = free_port();
  start("admin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\n");
  std::vector<std::unique_ptr<tcp_client>> silent;
  for (int i = 0; i < 200; ++i) silent.push_back(std::make_unique<tcp_client>(port));
  EXPECT_EQ(drcon_->ask("GET", "/v1/status").status, 200) << "the unix socket has places of its own";
  EXPECT_EQ(get(port, "/v1/status").status, 200) << "and the oldest silent one makes room";
}

// Whatever else a reload fails for.
TEST_F(Admin, NothingElseThatAReloadFailsForKeepsAPortInTheClearWhereTlsIsAskedFor) {
  const certificates made;
  for (const std::string wrong :
       {"log.file = \"not-there/log\"", "nonsense = 1", "admin.socket = \"not-there/a.sock\""}) {
    const auto port = free_port();
    const auto clear = std::string("admin.token = \"") + token + "\"\n";
    start(clear + "admin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\n");
    ASSERT_EQ(get(port, "/healthz").status, 200);
    const bool has_socket = wrong.starts_with("admin.socket");
    set_admin((has_socket ? "admin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\n" : listen_on(port)) + clear +
              "admin.certificate = \"" + made.server() + "\"\nadmin.private_key = \"" + made.server_key() + "\"\n" +
              wrong);
    const auto refused = ask("POST", "/v1/reload", 422);
    EXPECT_THAT(refused["findings"].dump(), HasSubstr("the TCP port is closed")) << wrong;
    EXPECT_EQ(get(port, "/healthz").status, 0) << wrong;
    EXPECT_EQ(ask("GET", "/v1/status")["state"], "caveats") << "the unix socket goes on";
    drcon_->stop();
  }
}

TEST_F(Admin, ClientsWhoseTokenIsWrongLockOutNobody) {
  const auto port = free_port();
  start("admin.token = \"" + std::string(token) + "\"\nadmin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\n");
  std::vector<std::unique_ptr<tcp_client>> others;
  for (int i = 0; i < 200; ++i) {
    others.push_back(std::make_unique<tcp_client>(port));
    others.back()->send("GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  }
  const std::map<std::string, std::string> with{{"Authorization", std::string("Bearer ") + token}};
  EXPECT_EQ(http("GET", port, "/v1/status", {}, with).status, 200);
}

// A script whose variable is empty must not get something else than it meant to ask for.
TEST_F(Admin, ARouteTakesNoParameterThatIsEmptyOrNoNumber) {
  start();
  int refused = 0;
  for (const auto& each : admin::routes()) {
    std::string path = each.path;
    if (const auto place = path.find("{name}"); place != std::string::npos) path.replace(place, 6, "web");
    for (const auto& known : each.query) {
      for (const auto* const value :
           known.is_number ? std::vector{"", "x", "1x", "-1", "99999999999999999999"} : std::vector{""}) {
        const auto with = path + "?" + known.name + "=" + value;
        const auto got = run({"curl", "-s", "-m", "5", "-X", each.method, "-w", "\n%{http_code}", "--unix-socket",
                              socket().string(), "http://drcon" + with});
        EXPECT_EQ(got.code, 0) << with << " ends";
        EXPECT_TRUE(got.out.ends_with("\n400")) << with << " answers " << got.out;
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 15);
}

TEST_F(Admin, AHeadOfTheEventsHasNoBodyAndEnds) {
  start();
  const auto head = run({"curl", "-s", "-I", "-m", "5", "--unix-socket", socket().string(), "http://drcon/v1/events"});
  EXPECT_EQ(head.code, 0) << "it ends";
  EXPECT_THAT(head.out, HasSubstr("text/event-stream"));
}

TEST_F(Admin, NeverShowsASecret) {
  const auto port = std::to_string(free_port());
  start("admin.listen = \"127.0.0.1:" + port + "\"\nadmin.token = \"" + token + "\"\n");
  for (const auto& each : admin::routes()) {
    if (!each.handler || std::string_view(each.method) != "GET") continue;
    std::string path = each.path;
    if (const auto at = path.find("{name}"); at != std::string::npos) path.replace(at, 6, "web");
    EXPECT_THAT(drcon_->ask("GET", path + "?endpoint=10.0.0.1").body, Not(HasSubstr(token))) << path;
  }
  EXPECT_THAT(drcon_->log(), Not(HasSubstr(token)));
}

TEST_F(Admin, OnlyOwnerAndGroupReachItsSocket) {
  start();
  EXPECT_EQ(std::filesystem::status(socket()).permissions(), std::filesystem::perms(0660));
}

TEST_F(Admin, AReloadBringsBackASocketFileThatWasRemoved) {
  start();
  std::filesystem::remove(socket());
  ::kill(drcon_->pid(), SIGHUP);
  ASSERT_TRUE(wait_until([this] { return std::filesystem::exists(socket()); })) << drcon_->log();
  EXPECT_TRUE(wait_until([this] { return drcon_->ask("GET", "/v1/status").status == 200; }));
  EXPECT_EQ(std::filesystem::status(socket()).permissions(), std::filesystem::perms(0660));
  EXPECT_EQ(drcon_->stop(), 0);
  EXPECT_FALSE(std::filesystem::exists(socket())) << "it is its own, as the first was";
}

// Somebody may have removed its socket, and started another drcon.
TEST_F(Admin, RemovesNoSocketFileButItsOwn) {
  start();
  std::filesystem::remove(socket());
  const int other = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  const auto path = socket().string();
  ASSERT_LT(path.size(), sizeof at.sun_path);
  std::ranges::copy(path, at.sun_path);
  ASSERT_EQ(::bind(other, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  ASSERT_EQ(::listen(other, 8), 0);
  ::kill(drcon_->pid(), SIGHUP);
  ASSERT_TRUE(wait_until([this] { return drcon_->log().find("cannot listen on") != std::string::npos; }))
      << drcon_->log();
  set_admin("admin.socket = \"other.sock\"");
  ::kill(drcon_->pid(), SIGHUP);
  ASSERT_TRUE(wait_until([this] { return std::filesystem::exists(drcon_->directory() / "other.sock"); }))
      << drcon_->log();
  EXPECT_EQ(drcon_->stop(), 0);
  EXPECT_TRUE(std::filesystem::exists(socket())) << "another program listens there";
  ::close(other);
}

TEST_F(Admin, RemovesNoSocketFileButItsOwnAtItsEnd) {
  start();
  std::filesystem::remove(socket());
  write_file(socket(), "another one's");
  EXPECT_EQ(drcon_->stop(), 0);
  EXPECT_EQ(read_file(socket()), "another one's");
}

TEST_F(Admin, TcpWithoutATokenOnlyReads) {
  const auto port = free_port();
  start("admin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\n");
  EXPECT_EQ(get(port, "/v1/status").status, 200);
  EXPECT_EQ(http("POST", port, "/v1/pipelines/web/pause").status, 403);
  EXPECT_EQ(ask("GET", "/v1/pipelines/web")["paused"], "");
}

TEST_F(Admin, TcpWithATokenWritesToo) {
  const auto port = free_port();
  start("admin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\nadmin.token = \"" + token + "\"\n");
  EXPECT_EQ(http("POST", port, "/v1/pipelines/web/pause").status, 401);
  const std::map<std::string, std::string> with{{"Authorization", std::string("Bearer ") + token}};
  EXPECT_EQ(http("POST", port, "/v1/pipelines/web/pause?why=me", {}, with).status, 200);
  EXPECT_EQ(ask("GET", "/v1/pipelines/web")["paused"], "me");
  EXPECT_EQ(ask("GET", "/v1/pipelines/web")["paused_by"], "[admin] token from 127.0.0.1");
}

TEST_F(Admin, SpeaksTlsWhenItHasACertificate) {
  const auto port = std::to_string(free_port());
  const certificates made;
  start("admin.listen = \"127.0.0.1:" + port + "\"\nadmin.token = \"" + token + "\"\nadmin.certificate = \"" +
        made.server() + "\"\nadmin.private_key = \"" + made.server_key() + "\"\n");
  const auto over_tls = [&](const std::string& bearer) {
    return run({"curl", "-s", "--cacert", made.ca(), "-H", "Authorization: Bearer " + bearer,
                "https://127.0.0.1:" + port + "/readyz"});
  };
  EXPECT_EQ(over_tls(token).out, "ready\n") << over_tls(token).err;
  EXPECT_THAT(over_tls("wrong").out, HasSubstr("token is missing or wrong"));
  EXPECT_NE(run({"curl", "-s", "http://127.0.0.1:" + port + "/readyz"}).code, 0) << "not in the clear";
}

// A connection to a unix socket, byte by byte.
class raw_client {
public:
  explicit raw_client(const std::filesystem::path& socket) : file_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::ranges::copy(socket.string(), static_cast<char*>(to.sun_path));
    connected_ = ::connect(file_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  ~raw_client() { ::close(file_); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  bool connected() const { return connected_; }
  bool send(const std::string& text) const {
    return ::send(file_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  /// What is there within a moment.
  void read_some() const {
    pollfd wait{.fd = file_, .events = POLLIN, .revents = 0};
    std::array<char, 4096> part{};
    if (::poll(&wait, 1, 20) > 0) (void)::recv(file_, part.data(), part.size(), 0);
  }
  int file() const { return file_; }

private:
  int file_;
  bool connected_ = false;
};

// One connection that reads events.
class event_client {
public:
  explicit event_client(const std::filesystem::path& socket, const std::string& target = "/v1/events")
      : client_(socket),
        connected_(client_.connected() && client_.send("GET " + target + " HTTP/1.1\r\nHost: drcon\r\n\r\n")) {}

  bool connected() const { return connected_; }
  /// Reads until the text is there.
  bool reads(const std::string& wanted) {
    return wait_until([&] {
      std::array<char, 65536> part{};
      for (;;) {
        const auto read = ::recv(client_.file(), part.data(), part.size(), MSG_DONTWAIT);
        if (read <= 0) break;
        text_.append(part.data(), static_cast<std::size_t>(read));
      }
      return text_.find(wanted) != std::string::npos;
    });
  }
  const std::string& text() const { return text_; }

private:
  raw_client client_;
  bool connected_;
  std::string text_;
};

// It may quote a line of a file that only its owner may read.
TEST_F(Admin, WhatProgramsPrintIsForThoseWhoMayReadContents) {
  const auto port = free_port();
  start("admin.listen = \"127.0.0.1:" + std::to_string(port) + "\"\n",
        "check = { shell = '! grep 10.0.0.4 {file} || { echo \"line 3: key=hunt\"er2; exit 7; }' }");  // which is not
                                                                                                       // in the command
  set_hosts(4);
  ASSERT_TRUE(wait_until([this] { return drcon_->ask("GET", "/readyz").body.find("hunter2") != std::string::npos; }))
      << drcon_->log();
  for (const auto* target : {"/v1/status", "/v1/journal", "/readyz", "/v1/pipelines/web"}) {
    const auto open = get(port, target).body;
    EXPECT_THAT(open, Not(HasSubstr("hunter2"))) << target;
    EXPECT_THAT(drcon_->ask("GET", target).body, Not(HasSubstr("\xEF\xBF\xB9"))) << target;
    if (target != std::string("/v1/pipelines/web")) {
      EXPECT_THAT(open, HasSubstr("ended with code 7")) << target;
      EXPECT_THAT(open, HasSubstr("what it printed is shown over the unix socket")) << target;
      EXPECT_THAT(drcon_->ask("GET", target).body, HasSubstr("line 3: key=hunter2")) << target;
    }
  }
  EXPECT_THAT(drcon_->log(), HasSubstr("line 3: key=hunter2"));
  event_client mine(socket(), "/v1/events?after=0");
  ASSERT_TRUE(mine.reads("hunter2")) << mine.text();
  const process followed({"curl", "-sN", "http://127.0.0.1:" + std::to_string(port) + "/v1/events?after=0"});
  ASSERT_TRUE(wait_until([&] { return followed.text().find("what it printed is shown") != std::string::npos; }));
  EXPECT_THAT(followed.text(), Not(HasSubstr("hunter2")));
}

TEST_F(Admin, SendsEachEntryAndTheStateAsItHappens) {
  start();
  event_client client(socket());
  ASSERT_TRUE(client.reads("event: state\n")) << client.text();
  EXPECT_THAT(client.text(), Not(HasSubstr("event: journal"))) << "what was before was not asked for";
  set_hosts(4);
  ASSERT_TRUE(client.reads("\"what\":\"applied\"")) << client.text();
  EXPECT_THAT(client.text(), HasSubstr("\"address\":\"10.0.0.4:80\""));
  ASSERT_TRUE(client.reads("\"revision\":2,\"services_count\"")) << "the state follows: " << client.text();
  event_client later(socket(), "/v1/events?after=1");
  ASSERT_TRUE(later.reads("id: 2\n"));
  EXPECT_THAT(later.text(), Not(HasSubstr("id: 1\n")));
}

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

// The time at which the first state that a client was told was so.
double time_of_state(const std::string& events) {
  const auto at = events.find("event: state\ndata: ");
  const auto data = events.substr(at + 19);
  return parsed_json(data.substr(0, data.find('\n')))["now"];
}

TEST_F(Admin, AClientThatComesAfterAQuietTimeGetsThePresentState) {
  start();
  { ASSERT_TRUE(event_client(socket()).reads("\"version\":")); }
  const auto is_told_now = [this](event_client& client, double came) {
    return client.reads("\"version\":") && client.reads("}\n\n") && time_of_state(client.text()) >= came;
  };
  auto came = now();
  event_client first(socket());
  EXPECT_TRUE(is_told_now(first, came)) << "all others have left";
  came = now();
  event_client second(socket());
  EXPECT_TRUE(is_told_now(second, came)) << "one stays";
}

TEST_F(Admin, AClientThatDoesNotReadHoldsUpNobody) {
  start();
  event_client lazy(socket(), "/v1/events?after=0");
  ASSERT_TRUE(lazy.connected());
  for (int i = 4; i < 60; ++i) {
    set_hosts(i);
    ASSERT_TRUE(serves(i));
  }
}

TEST_F(Admin, ConnectionsAreBounded) {
  start();
  std::vector<std::unique_ptr<event_client>> idle;
  const auto silent = [this] {
    // A request that never ends.
    return std::make_unique<event_client>(socket(), "/v1/status HTTP/1.1\r\nX-Never: ends");
  };
  for (int i = 0; i < 64; ++i) idle.push_back(silent());
  ASSERT_TRUE(wait_until([this] { return drcon_->ask("GET", "/healthz").status == 503; }));
  idle.clear();
  EXPECT_TRUE(wait_until([this] { return drcon_->ask("GET", "/healthz").status == 200; }));
}

TEST_F(Admin, WhatIsTooLargeIsRefused) {
  start();
  EXPECT_EQ(drcon_->ask("GET", "/v1/status?x=" + std::string(20000, 'x')).status, 431);
  const auto answer = run({"curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--unix-socket", socket().string(),
                           "-d", std::string(70000, 'x'), "http://drcon/v1/reload"});
  EXPECT_EQ(answer.out, "413");
}

// Clients that listen and say nothing: an open dashboard each.
TEST_F(Admin, AThousandEventClientsCostLittleAndMissNothing) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  start();
  const auto before = resident(drcon_->pid());
  std::vector<std::unique_ptr<event_client>> clients;
  for (int i = 0; i < 1000; ++i) {
    clients.push_back(std::make_unique<event_client>(socket()));
    ASSERT_TRUE(clients.back()->connected()) << i;
    if (i % 50 == 49) {
      ASSERT_TRUE(clients.back()->reads("event: state\n")) << i << clients.back()->text();
    }
  }
  for (auto& each : clients) ASSERT_TRUE(each->reads("event: state\n"));
  const auto memory = resident(drcon_->pid()) - before;
  RecordProperty("bytes_of_a_client", std::to_string(memory / clients.size()));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(memory, 50U * 1024 * 1024);
#endif
  // Each update reaches its target while a thousand are told of it: the engine's thread has no part in the telling.
  for (int i = 4; i < 24; ++i) {
    set_hosts(i);
    ASSERT_TRUE(serves(i));
  }
  for (auto& each : clients) ASSERT_TRUE(each->reads("\"address\":\"10.0.0.23:80\""));
  EXPECT_THAT(drcon_->metrics(), HasSubstr("drcon_event_clients 1000"));
  clients.clear();
  EXPECT_TRUE(wait_until([this] { return drcon_->ask("GET", "/healthz").status == 200; }));
}

// Requests that are nearly right, as nobody means them: cut, doubled, with other bytes in them, in pieces.
class nonsense {
public:
  explicit nonsense(unsigned seed) : random_(seed) {}

  std::string next() {
    static const std::array<const char*, 8> words{"explain?endpoint=10.0.0.1",
                                                  "journal?after=99999999999999999999&limit=-1",
                                                  "pipelines/web/rollback?revision=0x1",
                                                  "pipelines/%00%ff/pause",
                                                  "../../etc/passwd",
                                                  "events?after=18446744073709551615",
                                                  "{name}",
                                                  ""};
    static const std::array<const char*, 6> methods{"GET", "POST", "HEAD", "OPTIONS", "get", "PRI"};
    const auto& route = admin::routes()[below(admin::routes().size())];
    auto path = below(3) == 0 ? std::string("/v1/") + words[below(words.size())] : std::string(route.path);
    if (const auto at = path.find("{name}"); at != std::string::npos && below(4) != 0) path.replace(at, 6, "web");
    std::string text = std::string(below(3) == 0 ? methods[below(methods.size())] : route.method) + " " + path +
                       " HTTP/1.1\r\nHost: drcon\r\n";
    if (below(4) == 0) text += "Content-Length: " + std::to_string(below(100000)) + "\r\n";
    if (below(6) == 0) text += "Transfer-Encoding: chunked\r\n";
    if (below(6) == 0) text += "X: " + std::string(below(20000), 'x') + "\r\n";
    if (below(6) == 0) text += "Last-Event-ID: " + std::to_string(below(1000)) + "\r\n";
    text += "\r\n" + std::string(below(3) == 0 ? below(300) : 0, '7');
    for (auto changes = below(4); changes > 0 && !text.empty(); --changes) {
      const auto at = below(text.size());
      if (below(2) == 0) text[at] = static_cast<char>(below(256));
      else text.erase(at, below(20));
    }
    return below(5) == 0 ? text + text : text;
  }
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }

private:
  std::mt19937 random_;
};

TEST_F(Admin, NonsenseForAMinuteChangesNothingButWhatItAsksFor) {
  start();
#if defined(__SANITIZE_ADDRESS__)
  constexpr auto length = 60s;
#else
  constexpr auto length = 5s;
#endif
  nonsense asks(20240607);
  int sent = 0;
  const auto end = std::chrono::steady_clock::now() + length;
  for (; sent <= 500 || std::chrono::steady_clock::now() < end; ++sent) {
    const raw_client client(socket());
    ASSERT_TRUE(client.connected()) << "after " << sent << ": " << drcon_->log();
    const auto text = asks.next();
    const auto cut = asks.below(3) == 0 ? asks.below(text.size() + 1) : text.size();
    client.send(text.substr(0, cut));
    if (asks.below(2) == 0) client.send(text.substr(cut));
    if (asks.below(4) != 0) client.read_some();
  }
  EXPECT_GT(sent, 500);
  EXPECT_TRUE(drcon_->running()) << drcon_->log();
  drcon_->ask("POST", "/v1/pipelines/web/resume");  // it may well have asked for a pause
  set_hosts(5);
  EXPECT_TRUE(serves(5)) << "it works as before: " << drcon_->log();
  EXPECT_EQ(drcon_->stop(), 0) << drcon_->log();
}

}  // namespace
}  // namespace drcon::test
