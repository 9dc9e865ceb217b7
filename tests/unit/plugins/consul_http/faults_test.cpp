// The plugin, loaded by the host's loader, against a server that misbehaves by the book.
#include "support/plugin_harness.hpp"
#include "support/scripted_consul.hpp"
#include "support/wait.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace drcon::test {
namespace consul_http_faults_test {

namespace asio = boost::asio;
using how = scripted_answer::how;

std::string options(const scripted_consul& consul, const std::string& more = "service = [{ name = \"web\" }]") {
  return "address = \"" + consul.url() + "\"\nretry_min = \"5ms\"\nretry_max = \"50ms\"\n" + more;
}

std::vector<std::string> ids(const source_harness::state& from, const std::string& service = "web") {
  std::vector<std::string> all;
  const auto at = from.services.find(service);
  if (at == from.services.end()) return {"no such service"};
  for (const auto& each : at->second.endpoints) all.push_back(each.id);
  return all;
}

bool has(const source_harness& source, const std::vector<std::string>& wanted, const std::string& service = "web") {
  return source.wait_for([&](const auto& now) { return ids(now, service) == wanted; });
}

bool ends_with_index(const std::vector<std::string>& requests, const std::string& index) {
  return !requests.empty() && requests.back().find("?index=" + index + "&") != std::string::npos;
}

TEST(ConsulHttp, StartsAgainFromZeroWhenTheIndexGoesBack) {
  scripted_consul consul;
  const std::string path = "/v1/health/service/web";
  consul.set(path, {.index = 100, .body = "[" + instance("a") + "]"});
  source_harness source("consul-http", options(consul));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  ASSERT_TRUE(wait_until([&] { return ends_with_index(consul.requests(path), "100"); }));
  consul.set(path, {.index = 50, .body = "[" + instance("b") + "]"});
  EXPECT_TRUE(has(source, {"n1/b"}));
  ASSERT_TRUE(wait_until([&] { return ends_with_index(consul.requests(path), "50"); }));
  const auto asked = consul.requests(path);
  ASSERT_EQ(asked.size(), 4U);
  EXPECT_EQ(asked[2].find("index="), std::string::npos) << asked[2];
  consul.set(path, {.index = 51, .body = "[" + instance("c") + "]"});
  EXPECT_TRUE(has(source, {"n1/c"}));
}

// Consul shuffles the instances each time.
TEST(ConsulHttp, TakesAPreparedQuerysInstancesInAnotherOrderForTheSame) {
  scripted_consul consul;
  const std::string path = "/v1/query/web/execute";
  const auto answer = [](const std::string& first, const std::string& second) {
    return scripted_answer{.index = 1,
                           .body = R"({"Service":"web","Nodes":[)" + instance(first) + "," + instance(second) + "]}"};
  };
  consul.set(path, answer("a", "b"));
  source_harness source("consul-http", options(consul, "service = [{ query = \"web\" }]"));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  ASSERT_TRUE(has(source, {"n1/a", "n1/b"}));
  const auto words = source.now().words;
  consul.set(path, answer("b", "a"));
  const auto asked = consul.requests(path).size();
  ASSERT_TRUE(wait_until([&] { return consul.requests(path).size() >= asked + 2; }));
  EXPECT_EQ(source.now().words, words);
  consul.set(path, answer("b", "c"));
  EXPECT_TRUE(has(source, {"n1/b", "n1/c"})) << "though the index is the same";
}

TEST(ConsulHttp, PublishesWhatItHadBeforeAProxyPassedOnTheIndexForATime) {
  scripted_consul consul;
  const std::string path = "/v1/health/service/web";
  consul.set(path, {.body = "[" + instance("a") + "]", .has_index = false});
  source_harness source("consul-http", options(consul));
  source.start();
  ASSERT_TRUE(has(source, {"n1/a"}));
  consul.set(path, {.index = 5, .body = "[" + instance("b") + "]"});
  ASSERT_TRUE(has(source, {"n1/b"}));
  consul.set(path, {.body = "[" + instance("a") + "]", .has_index = false});
  EXPECT_TRUE(has(source, {"n1/a"}));
}

TEST(ConsulHttp, TakesAnIndexOfZeroForOne) {
  scripted_consul consul;
  const std::string path = "/v1/health/service/web";
  consul.set(path, {.index = 0, .body = "[" + instance("a") + "]"});
  source_harness source("consul-http", options(consul));
  source.start();
  ASSERT_TRUE(has(source, {"n1/a"}));
  ASSERT_TRUE(wait_until([&] { return ends_with_index(consul.requests(path), "1"); }));
  ASSERT_TRUE(wait_until([&] { return consul.held() == 1; })) << "it must block, not spin";
  consul.set(path, {.index = 2, .body = "[" + instance("b") + "]"});
  EXPECT_TRUE(has(source, {"n1/b"}));
}

TEST(ConsulHttp, PublishesAServiceThatHasNoInstancesAsEmpty) {
  scripted_consul consul;
  source_harness source("consul-http", options(consul));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  EXPECT_TRUE(has(source, {}));
}

// Answers whatever it is sent as a server without TLS does.
class plain_server {
public:
  plain_server() : thread_([this] { serve(); }) {}
  ~plain_server() {
    stopping_ = true;
    asio::io_context context;
    asio::ip::tcp::socket(context).connect(acceptor_.local_endpoint());
    thread_.join();
  }
  std::string https_url() const { return "https://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

private:
  void serve() {
    while (!stopping_) {
      auto client = acceptor_.accept();
      boost::system::error_code ignored;
      char bytes[64];
      client.read_some(asio::buffer(bytes), ignored);
      asio::write(client, asio::buffer(std::string("HTTP/1.1 400 Bad Request\r\n\r\n")), ignored);
    }
  }
  asio::io_context context_;
  asio::ip::tcp::acceptor acceptor_{context_, asio::ip::tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)};
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

TEST(ConsulHttp, SuspectsAPortOfPlainHttpWhereTlsIsAnsweredWithSomethingElse) {
  plain_server server;
  source_harness source("consul-http",
                        "address = \"" + server.https_url() +
                            "\"\nretry_min = \"5ms\"\nretry_max = \"50ms\"\nservice = [{ name = \"web\" }]");
  source.start();
  EXPECT_TRUE(wait_until([&] {
    return source.status().text.find("TLS handshake failed with") != std::string::npos &&
           source.status().text.find("; is this port plain HTTP?") != std::string::npos;
  })) << source.status().text;
}

// It has no endpoints, as a service that is down: whoever looks an hour later must see why.
TEST(ConsulHttp, IsDegradedWhileConsulDoesNotKnowAService) {
  scripted_consul consul;
  const std::string path = "/v1/health/service/wbe";
  consul.set("/v1/catalog/services", {.index = 1, .body = R"({"web":[],"db":[]})"});
  source_harness source("consul-http", options(consul, "service = [{ name = \"wbe\" }]"));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  const auto text = [&] { return source.status().text; };
  EXPECT_TRUE(wait_until([&] {
    return source.status().state == DRCON_STATE_DEGRADED &&
           text().find("Consul knows no service \"wbe\" (did you mean \"web\"?)") != std::string::npos;
  })) << text();
  consul.set(path, {.index = 2, .body = "[" + instance("a") + "]"});
  ASSERT_TRUE(has(source, {"n1/a"}, "wbe"));
  EXPECT_TRUE(wait_until([&] { return source.status().state == DRCON_STATE_OK; })) << text();
}

TEST(ConsulHttp, IsDegradedWhileTheTokenMayNotSeeAllOfAService) {
  scripted_consul consul;
  const std::string path = "/v1/health/service/web";
  const auto answer = [](std::uint64_t index, const std::string& hidden) {
    return scripted_answer{
        .index = index, .body = "[" + instance("a") + "]", .headers = {{"X-Consul-Results-Filtered-By-ACLs", hidden}}};
  };
  consul.set(path, answer(1, "true"));
  source_harness source("consul-http", options(consul));
  source.start();
  ASSERT_TRUE(has(source, {"n1/a"}));
  EXPECT_TRUE(wait_until([&] {
    return source.status().state == DRCON_STATE_DEGRADED &&
           source.status().text.find("Consul's ACLs hide part of 'web': the token lacks service:read or node:read") !=
               std::string::npos;
  })) << source.status().text;
  consul.set(path, answer(2, "false"));
  EXPECT_TRUE(wait_until([&] { return source.status().state == DRCON_STATE_OK; })) << source.status().text;
}

TEST(ConsulHttp, IsReadyOnlyWhenAServiceHasAsManyEndpointsAsItsStartWaitsFor) {
  scripted_consul consul;
  consul.set("/v1/catalog/services", {.body = R"({"web":[],"api":[]})"});
  const std::string path = "/v1/health/service/web";
  consul.set(path, {.index = 10, .body = "[" + instance("a") + "]"});
  source_harness source("consul-http",
                        options(consul, "service = [{ name = \"web\", at_least = 2 }, { name = \"api\" }]"));
  source.start();
  ASSERT_TRUE(wait_until([&] { return source.status().text == "waiting for 2 endpoints of web, which has 1"; }))
      << source.status().text;
  ASSERT_TRUE(has(source, {}, "api"));
  EXPECT_FALSE(source.now().ready);
  consul.set(path, {.index = 11, .body = "[" + instance("a") + "," + instance("b") + "]"});
  EXPECT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_EQ(source.status().state, DRCON_STATE_OK) << source.status().text;
  consul.set(path, {.index = 12, .body = "[" + instance("a") + "]"});
  EXPECT_TRUE(has(source, {"n1/a"})) << "later losses are for the brake to judge";
  EXPECT_EQ(source.status().state, DRCON_STATE_OK) << source.status().text;
}

TEST(ConsulHttp, ReportsInstancesWithoutThePortThatIsAskedForUntilTheyHaveIt) {
  scripted_consul consul;
  const std::string path = "/v1/health/service/web";
  const auto with_port = [](const std::string& name) {
    return R"({"Node":{"Node":"n1","Address":"10.0.0.1"},"Service":{"ID":"b","Service":"web","Port":0,"Ports":[{"Name":")" +
           name + R"(","Port":8080}]},"Checks":[]})";
  };
  consul.set(path, {.index = 10, .body = "[" + instance("a") + "," + with_port("grpc") + "]"});
  source_harness source("consul-http", options(consul, "service = [{ name = \"web\", port = \"http\" }]"));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  EXPECT_TRUE(has(source, {}));
  ASSERT_TRUE(wait_until([&] { return source.omitted().size() == 2; }));
  EXPECT_TRUE(wait_until([&] { return source.status().state == DRCON_STATE_DEGRADED; }));
  EXPECT_NE(source.status().text.find("1 service has no instance with the port that is asked for: 'web'"),
            std::string::npos)
      << source.status().text;
  EXPECT_EQ(source.omitted()[0].why, "it has no ports with names");
  EXPECT_EQ(source.omitted()[1].endpoint, "n1/b");
  EXPECT_EQ(source.omitted()[1].why, "it has no port called 'http'; it has grpc");
  consul.set(path, {.index = 11, .body = "[" + with_port("http") + "]"});
  EXPECT_TRUE(has(source, {"n1/b"}));
  EXPECT_TRUE(wait_until([&] { return source.omitted().empty(); }));
  EXPECT_TRUE(wait_until([&] { return source.status().state == DRCON_STATE_OK; })) << source.status().text;
}

TEST(ConsulHttp, WaitsForEndpointsOfOneNamedServiceOnly) {
  scripted_consul consul;
  EXPECT_ANY_THROW(
      source_harness("consul-http", options(consul, "service = [{ match = \".*\", at_least = 2 }]")).start());
}

struct fault {
  std::string name;
  scripted_answer answer;
  std::string said;  // part of the reason given
};

class ConsulHttpFault : public ::testing::TestWithParam<fault> {};

TEST_P(ConsulHttpFault, KeepsWhatItKnewAndFollowsAgainAfterwards) {
  scripted_consul consul;
  const std::string path = "/v1/health/service/web";
  consul.set(path, {.index = 10, .body = "[" + instance("a") + "]"});
  source_harness source("consul-http", options(consul));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  const auto before = consul.requests(path).size();

  consul.set(path, GetParam().answer);
  ASSERT_TRUE(source.wait_for([](const auto& now) { return now.unknown.contains("web"); }));
  ASSERT_TRUE(wait_until([&] { return consul.requests(path).size() >= before + 4; })) << "it must ask again";
  EXPECT_EQ(ids(source.now()), std::vector<std::string>{"n1/a"});
  EXPECT_NE(source.now().unknown.at("web").find(GetParam().said), std::string::npos) << source.now().unknown.at("web");
  EXPECT_NE(source.status().state, DRCON_STATE_OK);
  EXPECT_NE(source.status().text.find(GetParam().said), std::string::npos) << source.status().text;
  for (const auto& each : consul.requests(path)) EXPECT_EQ(each.find("index=1&"), std::string::npos) << each;

  consul.set(path, {.index = 12, .body = "[" + instance("b") + "]"});
  EXPECT_TRUE(has(source, {"n1/b"}));
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.unknown.empty(); }));
  EXPECT_TRUE(wait_until([&] { return source.status().state == DRCON_STATE_OK; })) << source.status().text;
}

// The server sends these with index 1, as Consul does with its 500s.
INSTANTIATE_TEST_SUITE_P(
    Each, ConsulHttpFault,
    ::testing::Values(fault{"Status429", {.status = 429, .body = "rate limit"}, "429"},
                      fault{"NoLeader500", {.status = 500, .body = "No cluster leader"}, "No cluster leader"},
                      fault{"Status503", {.status = 503, .body = "try again"}, "503"},
                      fault{"Status403", {.status = 403, .body = "Permission denied"}, "token"},
                      fault{"Status400", {.status = 400, .body = "Bad request: ns"}, "Bad request: ns"},
                      fault{"Dropped", {.ends = how::dropped}, "cut short"},
                      fault{"CutShort", {.index = 11, .body = "[]", .ends = how::cut_short}, "cut short"},
                      fault{"HalfOfTheJson", {.index = 11, .body = R"([{"Node":{"Node":)"}, "not JSON"},
                      fault{"NotJson", {.index = 11, .body = "<html>proxy error</html>"}, "not JSON"},
                      fault{"AnotherShape", {.index = 11, .body = R"({"web":[]})"}, "not a list"},
                      fault{"NoService", {.index = 11, .body = R"([{"Node":{}}])"}, "no Service"},
                      fault{"NoLeaderWith200",
                            {.index = 11, .body = "[]", .headers = {{"X-Consul-KnownLeader", "false"}}},
                            "no leader"}),
    [](const auto& each) { return each.param.name; });

TEST(ConsulHttp, LeavesOutNamesThatCannotBeAskedForAndIsReadyWithTheRest) {
  scripted_consul consul;
  const std::string path = "/v1/health/service/";
  consul.set("/v1/catalog/services", {.index = 5, .body = R"({"web":[],"..":[],"a//b":[],"/":[],"x/..":[],"a/":[]})"});
  // As Consul 1.8.7 answers: it redirects to the path that it takes for the same.
  for (const auto* each : {"..", "a%2F%2Fb", "%2F", "x%2F.."}) consul.set(path + each, {.status = 301, .body = ""});
  for (const auto* each : {"web", "a%2F"}) consul.set(path + each, {.index = 3, .body = "[" + instance("a") + "]"});
  source_harness source("consul-http", options(consul, "service = [{ match = \".*\" }]"));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_TRUE(has(source, {"n1/a"}));
  EXPECT_TRUE(has(source, {"n1/a"}, "a/"));
  EXPECT_EQ(source.now().services.size(), 2U);
  EXPECT_EQ(source.status().state, DRCON_STATE_DEGRADED);
  EXPECT_NE(source.status().text.find(
                "4 names of the catalogue cannot be asked for and are left out: '..', '/', 'a//b' and 1 more"),
            std::string::npos)
      << source.status().text;
  EXPECT_NE(source.metrics().find("drcon_consul_http_left_out_names{kind=\"source\",name=\"test\"} 4"),
            std::string::npos)
      << source.metrics();
  consul.set("/v1/catalog/services", {.index = 6, .body = R"({"web":[]})"});
  EXPECT_TRUE(wait_until([&] { return source.status().state == DRCON_STATE_OK; })) << source.status().text;
}

TEST(ConsulHttp, RefusesAConfiguredNameThatCannotBeAskedFor) {
  scripted_consul consul;
  EXPECT_ANY_THROW(source_harness("consul-http", options(consul, "service = [{ name = \"a/../b\" }]")));
}

TEST(ConsulHttp, IsReadyWhenConsulRefusesOneServiceForGood) {
  scripted_consul consul;
  consul.set("/v1/health/service/web", {.index = 3, .body = "[" + instance("a") + "]"});
  consul.set("/v1/health/service/api", {.status = 400, .body = "Bad request: filter"});
  source_harness source("consul-http", options(consul, "service = [{ name = \"web\" }, { name = \"api\" }]"));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.unknown.contains("api"); }));
  EXPECT_FALSE(source.now().services.contains("api")) << "unknown is not empty";
  consul.set("/v1/health/service/api", {.index = 4, .body = "[" + instance("b") + "]"});
  EXPECT_TRUE(has(source, {"n1/b"}, "api"));
}

// As a proxy in between does for an answer that is too large for it.
TEST(ConsulHttp, IsReadyThoughOneServiceThatWasNeverKnownIsAnsweredWithErrorsForLong) {
  scripted_consul consul;
  consul.set("/v1/health/service/web", {.index = 3, .body = "[" + instance("a") + "]"});
  consul.set("/v1/health/service/api", {.status = 502, .body = "Bad Gateway"});
  source_harness source("consul-http", options(consul, "service = [{ name = \"web\" }, { name = \"api\" }]"));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.unknown.contains("api"); }));
  EXPECT_FALSE(source.now().services.contains("api")) << "unknown is not empty";
  EXPECT_GE(consul.requests("/v1/health/service/api").size(), 8U);
  consul.set("/v1/health/service/api", {.index = 4, .body = "[" + instance("b") + "]"});
  EXPECT_TRUE(has(source, {"n1/b"}, "api"));
}

TEST(ConsulHttp, IsNotReadyWhenConsulRefusesEveryService) {
  scripted_consul consul;
  for (const auto* each : {"web", "api"}) consul.set_service(each, {.status = 403, .body = "ACL not found"});
  source_harness source("consul-http", options(consul, "service = [{ name = \"web\" }, { name = \"api\" }]"));
  source.start();
  ASSERT_TRUE(source.wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_FALSE(source.now().ready);
}

TEST(ConsulHttp, UsesTheFirstAnswerAfterAFailureOnlyWhenTheLeaderConfirmsIt) {
  scripted_consul consul;
  const std::string path = "/v1/health/service/web";
  consul.set(path, {.index = 100, .body = "[" + instance("a") + "]"});
  source_harness source("consul-http", options(consul));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  // A Consul that replays its log: old instances with status 200, and no leader that would confirm them.
  consul.set_consistent(path, {.status = 500, .body = "No cluster leader"});
  consul.kill();
  ASSERT_TRUE(source.wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  const auto before = consul.requests(path).size();
  consul.set(path, {.index = 150, .body = "[" + instance("old") + "]"});
  consul.revive();
  ASSERT_TRUE(wait_until([&] { return consul.requests(path).size() >= before + 3; }));
  for (auto i = before; i < consul.requests(path).size(); ++i)
    EXPECT_TRUE(consul.requests(path)[i].ends_with("consistent")) << consul.requests(path)[i];
  EXPECT_EQ(ids(source.now()), std::vector<std::string>{"n1/a"});
  EXPECT_FALSE(source.now().all_unknown.empty());
  consul.set(path, {.index = 160, .body = "[" + instance("b") + "]"});
  consul.set_consistent(path, {.index = 160, .body = "[" + instance("b") + "]"});
  EXPECT_TRUE(has(source, {"n1/b"}));
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.all_unknown.empty(); }));
}

TEST(ConsulHttp, UsesAnAnswerWhoseIndexWentBackOnlyWhenTheLeaderConfirmsIt) {
  scripted_consul consul;
  const std::string path = "/v1/health/service/web";
  consul.set(path, {.index = 100, .body = "[" + instance("a") + "]"});
  source_harness source("consul-http", options(consul));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  const auto before = consul.requests(path).size();
  const auto words = source.now().words;
  consul.set_consistent(path, {.index = 100, .body = "[" + instance("a") + "]"});
  consul.set(path, {.index = 14, .body = "[" + instance("old") + "]"});
  ASSERT_TRUE(wait_until([&] { return consul.requests(path).size() >= before + 4; }));
  EXPECT_EQ(ids(source.now()), std::vector<std::string>{"n1/a"});
  EXPECT_EQ(source.now().words, words) << "nothing was published, and nothing is unknown";
}

// web and api have one instance each when Consul ends.
void know_two_services_and_lose(scripted_consul& consul, source_harness& source) {
  for (const auto* each : {"web", "api"}) consul.set_service(each, {.index = 9, .body = "[" + instance("a") + "]"});
  source.start();
  ASSERT_TRUE(source.wait_ready());
  consul.kill();
  // The end of one connection begins the outage; that of the other may be noticed later.
  ASSERT_TRUE(source.wait_for([](const auto& now) { return !now.all_unknown.empty() && now.unknown.size() == 2; }));
}

TEST(ConsulHttp, IsReadyAfterAnOutageOnlyWhenEveryServiceWasAskedAgain) {
  scripted_consul consul;
  source_harness source("consul-http", options(consul, "service = [{ name = \"web\" }, { name = \"api\" }]"));
  ASSERT_NO_FATAL_FAILURE(know_two_services_and_lose(consul, source));
  consul.set_service("web", {.index = 9, .body = "[" + instance("b") + "]"});
  consul.set_service("api", {.index = 9, .body = "[" + instance("b") + "]", .ends = how::dropped});
  consul.revive();
  ASSERT_TRUE(has(source, {"n1/b"}));
  EXPECT_FALSE(source.now().all_unknown.empty()) << "api has not answered yet";
  consul.set_service("api", {.index = 9, .body = "[" + instance("b") + "]"});
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.all_unknown.empty(); }));
  EXPECT_TRUE(has(source, {"n1/b"}, "api"));
}

TEST(ConsulHttp, IsReadyAfterAnOutageThoughConsulAnswersOneKnownServiceWithErrors) {
  scripted_consul consul;
  source_harness source("consul-http", options(consul, "service = [{ name = \"web\" }, { name = \"api\" }]"));
  ASSERT_NO_FATAL_FAILURE(know_two_services_and_lose(consul, source));
  consul.set_service("api", {.status = 500, .body = "rpc error"});
  consul.revive();
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.all_unknown.empty(); })) << source.status().text;
  EXPECT_TRUE(has(source, {"n1/a"}, "api"));
  EXPECT_TRUE(source.now().unknown.contains("api"));
}

// While the query for web is under way, and does not end, a connection for api is refused once.
TEST(ConsulHttp, IsReadyAfterAnOutageThoughTheOnlyServiceThatIsAskedForIsAnsweredWithErrors) {
  scripted_consul consul;
  for (const auto* each : {"web", "api"}) consul.set_service(each, {.index = 9, .body = "[" + instance("a") + "]"});
  source_harness source("consul-http", options(consul, "service = [{ name = \"web\" }, { name = \"api\" }]"));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  ASSERT_TRUE(wait_until([&] { return consul.held() == 2; }));
  consul.refuse_connections();
  consul.set_service("api", {.ends = how::dropped});
  ASSERT_TRUE(source.wait_for([](const auto& now) { return !now.all_unknown.empty(); })) << source.status().text;
  consul.set_service("api", {.status = 500, .body = "rpc error"});
  consul.revive();
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.all_unknown.empty(); })) << source.status().text;
  EXPECT_TRUE(source.now().unknown.contains("api"));
  EXPECT_EQ(source.status().state, DRCON_STATE_DEGRADED) << source.status().text;
  EXPECT_EQ(consul.held(), 1U) << "the query for web has gone on";
}

TEST(ConsulHttp, SeesChangesInAnswersWithoutAnIndex) {
  scripted_consul consul;
  const std::string path = "/v1/health/service/web";
  consul.set(path, {.body = "[" + instance("a") + "]", .has_index = false});
  consul.set("/v1/catalog/services", {.body = R"({"web":[]})", .has_index = false});
  source_harness source("consul-http", options(consul, "service = [{ match = \".*\" }]"));
  source.start();
  ASSERT_TRUE(has(source, {"n1/a"}) && source.wait_ready());
  const auto words = source.now().words;
  const auto asked = consul.requests(path).size();
  ASSERT_TRUE(wait_until([&] { return consul.requests(path).size() >= asked + 2; }));
  EXPECT_EQ(source.now().words, words) << "equal bodies are nothing new";
  consul.set(path, {.body = "[" + instance("b") + "]", .has_index = false});
  EXPECT_TRUE(has(source, {"n1/b"}));
  consul.set("/v1/catalog/services", {.body = "{}", .has_index = false});
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.services.empty(); }));
}

TEST(ConsulHttp, IsNotReadyBeforeEveryServiceIsPublished) {
  scripted_consul consul;
  consul.set("/v1/health/service/web", {.index = 3, .body = "[" + instance("a") + "]"});
  consul.set("/v1/health/service/api", {.ends = how::dropped});
  source_harness source("consul-http", options(consul, "service = [{ name = \"web\" }, { name = \"api\" }]"));
  source.start();
  ASSERT_TRUE(has(source, {"n1/a"}));
  ASSERT_TRUE(wait_until([&] { return consul.requests("/v1/health/service/api").size() >= 3; }));
  EXPECT_FALSE(source.now().ready);
  consul.set("/v1/health/service/api", {.index = 4, .body = "[]"});
  EXPECT_TRUE(source.wait_ready());
}

TEST(ConsulHttp, IsReadyWhenTheLastServiceNotYetPublishedVanishesFromTheCatalogue) {
  scripted_consul consul;
  const std::string catalog = "/v1/catalog/services";
  consul.set("/v1/health/service/bad", {.status = 500, .body = "rpc error"});
  consul.set(catalog, {.index = 5, .body = R"({"bad":[]})"});
  source_harness source("consul-http", options(consul, "service = [{ match = \".*\" }]"));
  source.start();
  ASSERT_TRUE(wait_until([&] { return consul.requests("/v1/health/service/bad").size() >= 2; }));
  EXPECT_FALSE(source.now().ready);
  consul.set(catalog, {.index = 6, .body = "{}"});
  EXPECT_TRUE(source.wait_ready());
}

TEST(ConsulHttp, KeepsEveryServiceWhenTheCatalogueCannotBeRead) {
  scripted_consul consul;
  const std::string catalog = "/v1/catalog/services";
  consul.set("/v1/health/service/web", {.index = 3, .body = "[" + instance("a") + "]"});
  consul.set(catalog, {.index = 5, .body = R"({"web":[]})"});
  source_harness source("consul-http", options(consul, "service = [{ match = \".*\" }]"));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  const auto before = consul.requests(catalog).size();
  consul.set(catalog, {.index = 6, .body = "[]"});
  ASSERT_TRUE(wait_until([&] { return consul.requests(catalog).size() >= before + 3; }));
  EXPECT_EQ(ids(source.now()), std::vector<std::string>{"n1/a"});
  consul.set(catalog, {.index = 7, .body = "{}"});
  EXPECT_TRUE(source.wait_for([](const auto& now) { return now.services.empty(); }));
}

// A datacentre that is away, whose services nobody can name.
class ConsulHttpAway : public ::testing::Test {
protected:
  ConsulHttpAway() {
    consul_.set_service("web", {.index = 1, .body = "[" + instance("a") + "]"});
    answer_from_away({.status = 500, .body = "No path to datacenter"});
  }
  void answer_from_away(scripted_answer answer) {
    consul_.set_of_datacenter("away", "/v1/catalog/services", std::move(answer));
  }
  void watch(const std::string& services) {
    source_ = std::make_unique<source_harness>("consul-http", options(consul_, "service = [" + services + "]"));
    source_->start();
  }
  bool knows_all_names() const {
    return source_->wait_for([](const auto& now) { return now.nameless.empty(); });
  }

  static constexpr auto part = "match 'far-.*' in datacenter away";
  static constexpr auto far = R"({ match = "far-.*", datacenter = "away" })";
  scripted_consul consul_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(ConsulHttpAway, HoldsUpOnlyWhatIsChosenOfItsNames) {
  watch(std::string("{ name = \"web\" }, ") + far);
  ASSERT_TRUE(source_->wait_ready());
  EXPECT_TRUE(has(*source_, {"n1/a"}));
  EXPECT_EQ(source_->now().nameless, (std::map<std::string, std::string>{{part, "far-.*"}}));
  EXPECT_TRUE(wait_until([this] { return source_->status().text.find(part) != std::string::npos; }))
      << source_->status().text;
  consul_.set_service("web", {.index = 2, .body = "[" + instance("b") + "]"});
  EXPECT_TRUE(has(*source_, {"n1/b"}));
}

TEST_F(ConsulHttpAway, IsKnownAgainWhenEachServiceThatItHasWasAskedAbout) {
  consul_.set_service("far-a", {.status = 500, .body = "rpc error"});
  watch(std::string("{ name = \"web\" }, ") + far);
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return now.nameless.contains(part); }));
  answer_from_away({.index = 2, .body = R"({"far-a":[],"other":[]})"});
  ASSERT_TRUE(wait_until([this] { return !consul_.requests("/v1/health/service/far-a").empty(); }));
  EXPECT_TRUE(source_->now().nameless.contains(part)) << "far-a would look as if it were gone";
  consul_.set_service("far-a", {.index = 2, .body = "[" + instance("f") + "]"});
  EXPECT_TRUE(has(*source_, {"n1/f"}, "far-a"));
  EXPECT_TRUE(knows_all_names());
  EXPECT_TRUE(wait_until([this] { return source_->status().state == DRCON_STATE_OK; })) << source_->status().text;
}

TEST_F(ConsulHttpAway, IsWaitedForWhileItMayBeAHiccup) {
  answer_from_away({.status = 500, .body = "rpc error getting client"});
  watch(std::string("{ name = \"web\" }, ") + far);
  ASSERT_TRUE(source_->wait_ready());
  EXPECT_GE(consul_.requests("/v1/catalog/services").size(), 8U);
  EXPECT_TRUE(source_->now().nameless.contains(part));
}

TEST_F(ConsulHttpAway, LeavesTheSourceUnreadyWhenNothingElseWorks) {
  watch(far);
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_FALSE(source_->now().ready);
  EXPECT_TRUE(source_->now().nameless.empty()) << source_->status().text;
}

// An earlier entry goes first: what this datacentre has under such a name must not take the place of what is served.
TEST_F(ConsulHttpAway, KeepsItsNamesFromLaterEntriesUntilTheyAreKnown) {
  consul_.set("/v1/catalog/services", {.index = 1, .body = R"({"far-a":[],"far-b":[],"near":[]})"});
  for (const auto* each : {"far-a", "far-b", "near"})
    consul_.set_service(each, {.index = 1, .body = "[" + instance("here") + "]"});
  consul_.set_of_datacenter("away", "/v1/health/service/far-a", {.index = 1, .body = "[" + instance("away") + "]"});
  watch(std::string(far) + ", { match = \".*\" }");
  ASSERT_TRUE(source_->wait_ready());
  EXPECT_TRUE(has(*source_, {"n1/here"}, "near"));
  EXPECT_FALSE(source_->now().services.contains("far-a"));
  answer_from_away({.index = 2, .body = R"({"far-a":[]})"});
  EXPECT_TRUE(has(*source_, {"n1/away"}, "far-a"));
  EXPECT_TRUE(has(*source_, {"n1/here"}, "far-b"));
  EXPECT_TRUE(knows_all_names());
}

TEST(ConsulHttp, SurvivesAHostileNameInTheCatalogue) {
  scripted_consul consul;
  const std::string hostile(200000, 'a');
  consul.set("/v1/catalog/services", {.index = 5, .body = "{\"web\":[],\"" + hostile + "\":[],\"../x?y\\n\":[]}"});
  consul.set("/v1/health/service/web", {.index = 3, .body = "[" + instance("a") + "]"});
  source_harness source("consul-http", options(consul, "service = [{ match = \"(.|\\\\n)*\" }]"));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  EXPECT_TRUE(has(source, {"n1/a"}));
}

TEST(ConsulHttp, TouchesNothingWhileTheAgentIsNotThere) {
  source_harness source("consul-http",
                        "address = \"http://127.0.0.1:1\"\nretry_max = \"1s\"\nservice = [{ name = \"web\" }]");
  source.start();
  ASSERT_TRUE(source.wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_FALSE(source.now().ready);
  EXPECT_TRUE(source.now().services.empty());
  EXPECT_EQ(source.status().state, DRCON_STATE_AWAY);
  EXPECT_NE(source.status().text.find("127.0.0.1:1"), std::string::npos) << source.status().text;
}

std::string named(int services) {
  std::string all = "service = [";
  for (int i = 0; i < services; ++i) all += "{ name = \"s" + std::to_string(i) + "\" },";
  return all + "]\n";
}

TEST(ConsulHttp, NamesTheLimitThatClosesItsConnectionsAndMakesDo) {
  scripted_consul consul;
  consul.limit_connections(12);
  source_harness source("consul-http", options(consul, named(40) + "connections = 60\nwait = \"1s\""));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_EQ(source.now().services.size(), 40U);
  EXPECT_TRUE(wait_until([&] {
    return source.status().text.find("limits.http_max_conns_per_client") != std::string::npos;
  })) << source.status().text;
  EXPECT_NE(source.status().text.find("'connections'"), std::string::npos) << source.status().text;
  EXPECT_NE(source.metrics().find("connection_limit_resets_total"), std::string::npos);
  // Every service still changes within one round, whether it has a connection of its own or not.
  for (int i = 0; i < 40; ++i) {
    const auto name = "s" + std::to_string(i);
    consul.set("/v1/health/service/" + name, {.index = 7, .body = "[" + instance("a") + "]"});
  }
  consul.set("/v1/catalog/services", {.index = 9, .body = "{}"});
  EXPECT_TRUE(source.wait_for([](const auto& now) {
    return std::ranges::all_of(now.services, [](const auto& each) { return each.second.endpoints.size() == 1; });
  }));
}

TEST(ConsulHttp, TakesBackTheDiagnosisOfALimitWhenTheAgentTurnsOutToBeGone) {
  scripted_consul consul;
  std::string known;
  for (int i = 0; i < 12; ++i) known += (i == 0 ? "\"s" : ",\"s") + std::to_string(i) + "\":[]";
  consul.set("/v1/catalog/services", {.body = "{" + known + "}"});
  source_harness source("consul-http", options(consul, named(12) + "connections = 60"));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  // A dying agent closes new connections for a moment, as one at its limit does.
  consul.limit_connections(12);
  consul.set_service("s3", {.ends = how::dropped});
  ASSERT_TRUE(wait_until([&] {
    return source.status().text.find("limits.http_max_conns_per_client") != std::string::npos;
  })) << source.status().text;
  consul.kill();
  ASSERT_TRUE(source.wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_TRUE(wait_until([&] {
    return source.status().text.find("limits.http_max_conns_per_client") == std::string::npos;
  })) << source.status().text;
  consul.limit_connections(1000);
  consul.set_service("s3", {});
  consul.revive();
  EXPECT_TRUE(wait_until([&] { return source.status().state == DRCON_STATE_OK; })) << source.status().text;
  EXPECT_EQ(source.status().text.find("limits.http_max_conns_per_client"), std::string::npos) << source.status().text;
}

TEST(ConsulHttp, TakesBackTheDiagnosisOfALimitWhenNoConnectionWorks) {
  scripted_consul consul;
  source_harness source("consul-http", options(consul, named(3) + "connections = 60"));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  const auto names_the_limit = [&] {
    return source.status().text.find("limits.http_max_conns_per_client") != std::string::npos;
  };
  consul.limit_connections(3);
  consul.set_service("s2", {.ends = how::dropped});
  ASSERT_TRUE(wait_until(names_the_limit)) << source.status().text;
  // What stands before the agent, such as a forwarder, accepts and closes every connection: at a limit others work.
  consul.limit_connections(0);
  consul.close_connections();
  ASSERT_TRUE(source.wait_for([](const auto& now) { return !now.all_unknown.empty(); })) << source.status().text;
  consul.limit_connections(1000);
  consul.set_service("s2", {});
  ASSERT_TRUE(wait_until([&] {
    const auto now = source.status();
    return now.state != DRCON_STATE_AWAY && now.text.find("queries fail") == std::string::npos;
  })) << source.status().text;
  EXPECT_FALSE(names_the_limit()) << source.status().text;
}

// Between two queries nothing is read from a connection, so that its end is not noticed by itself: here s0 loses a
// query, and the others, which are asked about once a second, an idle connection.
TEST(ConsulHttp, DoesNotTakeTheEndOfAllIdleConnectionsForALimit) {
  scripted_consul consul;
  for (int i = 1; i < 12; ++i) consul.set_service("s" + std::to_string(i), {.has_index = false});
  source_harness source("consul-http", options(consul, named(12) + "connections = 60"));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  ASSERT_TRUE(wait_until([&] { return consul.held() == 1; }));
  consul.limit_connections(0);
  consul.close_connections();
  ASSERT_TRUE(source.wait_for([](const auto& now) { return !now.all_unknown.empty(); })) << source.status().text;
  EXPECT_EQ(source.metrics().find("connection_limit_resets_total"), std::string::npos) << source.metrics();
  EXPECT_EQ(source.status().state, DRCON_STATE_AWAY) << source.status().text;
}

TEST(ConsulHttp, NeverOpensMoreConnectionsThanAllowed) {
  scripted_consul consul;
  source_harness source("consul-http", options(consul, named(300) + "connections = 20"));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  EXPECT_EQ(source.now().services.size(), 300U);
  EXPECT_LE(consul.most_connections(), 20U);
}

TEST(ConsulHttp, LooksForUnknownNamesOnlyWhenAConnectionIsLeftForThat) {
  scripted_consul consul;
  source_harness source("consul-http", options(consul, named(20) + "connections = 20"));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  // Whatever is asked when the source becomes ready is asked before all of these are seen.
  for (int i = 0; i < 20; ++i) {
    consul.set_service("s" + std::to_string(i), {.index = 7, .body = "[" + instance("a") + "]"});
    ASSERT_TRUE(has(source, {"n1/a"}, "s" + std::to_string(i)));
  }
  EXPECT_TRUE(consul.requests("/v1/catalog/services").empty());
  EXPECT_LE(consul.most_connections(), 20U);
}

TEST(ConsulHttp, AsksForTheAgentsLimitAgainWhenTheAgentHasTooManyRequests) {
  scripted_consul consul;
  consul.set("/v1/agent/self", {.status = 429, .body = "rate limit"});
  source_harness source("consul-http", options(consul));
  source.start();
  const auto allows = [&](const std::string& connections) {
    return wait_until([&] {
      return source.metrics().find("connections_allowed{kind=\"source\",name=\"test\"} " + connections + "\n") !=
             std::string::npos;
    });
  };
  ASSERT_TRUE(allows("150")) << source.metrics();
  consul.set("/v1/agent/self", {.body = R"({"DebugConfig": {"HTTPMaxConnsPerClient": 100}})"});
  EXPECT_TRUE(allows("75")) << source.metrics();
}

// Most of them have no connection of their own, and are asked about when something says that they have changed.
std::string sixty_in_turn() { return named(60) + "connections = 10\nrotation_max_age = \"10m\""; }

TEST(ConsulHttp, FindsAChangedServiceThatHasNoConnectionOfItsOwn) {
  scripted_consul consul;
  source_harness source("consul-http", options(consul, sixty_in_turn()));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  std::uint64_t index = 10;
  for (const auto* path : {"/v1/catalog/services", "/v1/health/state/any"}) {
    for (int i = 0; i < 60; i += 7) {
      const auto name = "s" + std::to_string(i);
      ++index;
      consul.set("/v1/health/service/" + name, {.index = index, .body = "[" + instance(std::to_string(index)) + "]"});
      consul.set(path, {.index = index, .body = std::string(path).ends_with("any") ? "[]" : "{}"});
      EXPECT_TRUE(has(source, {"n1/" + std::to_string(index)}, name)) << name << " " << path;
    }
  }
}

// A node that has all of named(count).
std::string node_with(int count, std::uint64_t index_of_s42) {
  std::string services;
  for (int i = 0; i < count; ++i) {
    const auto name = "s" + std::to_string(i);
    services += (i > 0 ? ",\"" : "\"") + name + "\":{\"Service\":\"" + name +
                "\",\"ModifyIndex\":" + std::to_string(i == 42 ? index_of_s42 : 1) + "}";
  }
  return R"({"Node":{"Node":"n1","ModifyIndex":1},"Services":{)" + services + "}}";
}

void has_one_node(scripted_consul& consul) {
  consul.set("/v1/catalog/nodes", {.index = 1, .body = R"([{"Node":"n1"}])"});
  consul.set("/v1/catalog/node/n1", {.index = 1, .body = node_with(60, 1)});
}

// The registry says that a service was registered, and not which one. With many services and few nodes, asking all
// services costs Consul and drcon thirty times what asking the nodes costs.
TEST(ConsulHttp, AsksTheNodesWhichServiceChangedAndThenThatOneOnly) {
  scripted_consul consul;
  has_one_node(consul);
  source_harness source("consul-http", options(consul, sixty_in_turn()));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  // The nodes have been asked, and what was asked about before them once more.
  const auto asked = [&] { return consul.requests_below("/v1/health/service/"); };
  ASSERT_TRUE(wait_until([&] { return !consul.requests("/v1/catalog/node/n1").empty(); }));
  ASSERT_TRUE(wait_until([&, before = asked()]() mutable { return std::exchange(before, asked()) == before; }));
  const auto before = asked();
  ASSERT_GE(before, 60U);

  consul.set_service("s42", {.index = 20, .body = "[" + instance("moved") + "]"});
  consul.set("/v1/catalog/node/n1", {.index = 20, .body = node_with(60, 20)});
  consul.set("/v1/catalog/services", {.index = 20, .body = "{}"});
  EXPECT_TRUE(has(source, {"n1/moved"}, "s42"));
  // The service, its blocking query, the one whose connection it got, and what was still under way before.
  EXPECT_LT(asked() - before, 10U) << "not all sixty";
}

TEST(ConsulHttp, AsksAboutAllServicesWhenTheNodesCannotBeAsked) {
  scripted_consul consul;
  consul.set("/v1/catalog/nodes", {.index = 1, .body = R"([{"Node":"n1"}])"});
  consul.set("/v1/catalog/node/n1", {.status = 500, .body = "rpc error"});
  source_harness source("consul-http", options(consul, sixty_in_turn()));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  consul.set_service("s42", {.index = 20, .body = "[" + instance("moved") + "]"});
  consul.set("/v1/catalog/services", {.index = 20, .body = "{}"});
  EXPECT_TRUE(has(source, {"n1/moved"}, "s42"));
}

TEST(ConsulHttp, AsksAboutAllServicesOfANodeWhoseOwnCheckFails) {
  scripted_consul consul;
  has_one_node(consul);
  source_harness source("consul-http", options(consul, sixty_in_turn()));
  source.start();
  ASSERT_TRUE(source.wait_ready()) << source.status().text;
  for (int i = 0; i < 60; ++i)
    consul.set_service("s" + std::to_string(i), {.index = 30, .body = "[" + instance("other") + "]"});
  consul.set("/v1/health/state/any",
             {.index = 30, .body = R"([{"Node":"n1","CheckID":"serfHealth","Status":"critical"}])"});
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(has(source, {"n1/other"}, "s" + std::to_string(i))) << i;
}

// As a proxy does that keeps answers for some time, and knows nothing of blocking queries.
TEST(ConsulHttp, DoesNotAskForChecksWithoutAPauseWhenTheyAreAnsweredAtOnce) {
  scripted_consul consul;
  consul.set("/v1/health/state/any", {.index = 7, .never_holds = true});
  source_harness source("consul-http", options(consul, sixty_in_turn()));
  const auto begun = std::chrono::steady_clock::now();
  source.start();
  const auto asked = [&] { return consul.requests("/v1/health/state/any").size(); };
  constexpr std::size_t burst = 5;
  constexpr std::size_t beyond = 5;
  ASSERT_TRUE(wait_until([&] { return asked() > burst + beyond; })) << source.status().text;
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(took, std::chrono::milliseconds(100) * (beyond - 1)) << "ten a second, beyond a burst";
}

TEST(ConsulHttp, AsksAgainSoonForAServiceThatTakesTurnsAndFailed) {
  scripted_consul consul;
  source_harness source("consul-http", options(consul, sixty_in_turn()));
  consul.set("/v1/health/service/s59", {.status = 500, .body = "rpc error"});
  source.start();
  ASSERT_TRUE(
      source.wait_for([](const auto& now) { return now.unknown.contains("s59") && now.services.size() == 59; }));
  consul.set("/v1/health/service/s59", {.index = 4, .body = "[" + instance("a") + "]"});
  EXPECT_TRUE(has(source, {"n1/a"}, "s59"));
}

TEST(ConsulHttp, StopsWithManyQueriesUnderWay) {
  scripted_consul consul;
  source_harness source("consul-http", options(consul, named(150)));
  source.start();
  ASSERT_TRUE(source.wait_ready());
  ASSERT_TRUE(wait_until([&] { return consul.held() == 150; }));
  EXPECT_TRUE(source.stop());
  EXPECT_EQ(source.now().unknown.size(), 0U) << "to stop is no failure of a service";
}

}  // namespace consul_http_faults_test
}  // namespace drcon::test
