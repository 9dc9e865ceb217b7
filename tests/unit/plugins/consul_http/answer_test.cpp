// What Consul's answers mean, hostile ones included.
#include "consul_http/answer.hpp"

#include <gtest/gtest.h>

namespace drcon::consul {
namespace {

std::string row(const std::string& service, const std::string& checks = "[]") {
  return R"({"Node":{"Node":"n1","Address":"10.9.9.9"},"Service":)" + service + R"(,"Checks":)" + checks + "}";
}

std::string check(const std::string& status, const std::string& id = "c") {
  return R"({"CheckID":")" + id + R"(","Status":")" + status + R"("})";
}

std::vector<endpoint> parsed(const std::string& rows, health_level wanted = health_level::any) {
  std::string why;
  auto endpoints = parse_endpoints("[" + rows + "]", wanted, why);
  EXPECT_TRUE(endpoints) << why;
  return endpoints.value_or(std::vector<endpoint>{});
}

TEST(ConsulAnswer, ReadsAnInstance) {
  const auto all = parsed(row(
      R"({"ID":"web-1","Address":"10.0.0.1","Port":8080,"Tags":["v2"],"Meta":{"zone":"a"},"Weights":{"Passing":7,"Warning":2}})",
      "[" + check("passing") + "]"));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0], (endpoint{.id = "n1/web-1",
                              .node = "n1",
                              .address = "10.0.0.1",
                              .port = 8080,
                              .weight = 7,
                              .priority = 0,
                              .health = health::passing,
                              .tags = {"v2"},
                              .meta = {{"zone", "a"}}}));
}

TEST(ConsulAnswer, TakesTheNodesAddressWhenTheServiceHasNone) {
  EXPECT_EQ(parsed(row(R"({"ID":"a","Address":"","Port":1})")).at(0).address, "10.9.9.9");
  EXPECT_EQ(parsed(row(R"({"ID":"a","Port":1})")).at(0).address, "10.9.9.9");
}

TEST(ConsulAnswer, KeepsInstancesOfTwoNodesWithTheSameIdApart) {
  const auto all = parsed(R"({"Node":{"Node":"n1"},"Service":{"ID":"a"},"Checks":[]},)"
                          R"({"Node":{"Node":"n2"},"Service":{"ID":"a"},"Checks":[]})");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_NE(all[0].id, all[1].id);
}

TEST(ConsulAnswer, GivesAnInstanceTheHealthOfItsWorstCheck) {
  const std::string service = R"({"ID":"a"})";
  const auto health_with = [&](const std::string& checks) {
    return parsed(row(service, "[" + checks + "]")).at(0).health;
  };
  EXPECT_EQ(health_with(""), health::passing);
  EXPECT_EQ(health_with(check("passing") + "," + check("warning")), health::warning);
  EXPECT_EQ(health_with(check("critical") + "," + check("warning")), health::critical);
  EXPECT_EQ(health_with(check("a word from the future")), health::critical);
  EXPECT_EQ(health_with(check("critical", "_node_maintenance")), health::maintenance);
  EXPECT_EQ(health_with(check("passing") + "," + check("critical", "_service_maintenance:a")), health::maintenance);
}

// As Consul does: an instance of a node without an agent, registered in the catalogue, has no checks and is passing.
TEST(ConsulAnswer, TakesAnInstanceWithoutChecksForPassing) {
  EXPECT_EQ(parsed(row(R"({"ID":"a"})", "[]"), health_level::passing).size(), 1U);
  EXPECT_EQ(parsed(row(R"({"ID":"a"})", "null"), health_level::passing).size(), 1U) << "an empty list, in Go";
}

// Consul always sends the list: health must not be concluded from its absence.
TEST(ConsulAnswer, ConcludesNoHealthFromChecksThatCannotBeRead) {
  const std::string instance = R"([{"Node":{"Node":"n1"},"Service":{"ID":"a"})";
  for (const auto* rest : {"}]", ",\"Checks\":7}]", ",\"Checks\":{}}]", ",\"Checks\":\"passing\"}]"}) {
    std::string why;
    EXPECT_FALSE(parse_endpoints(instance + rest, health_level::any, why)) << rest;
    EXPECT_NE(why.find("Checks"), std::string::npos) << why;
  }
  for (const auto* check : {"1", "null", "\"x\"", "{}"})
    EXPECT_EQ(parsed(row(R"({"ID":"a"})", std::string("[") + check + "]")).at(0).health, health::critical) << check;
}

TEST(ConsulAnswer, TakesTheWeightThatGoesWithTheHealth) {
  const std::string service = R"({"ID":"a","Weights":{"Passing":7,"Warning":0}})";
  EXPECT_EQ(parsed(row(service, "[" + check("passing") + "]")).at(0).weight, 7U);
  EXPECT_EQ(parsed(row(service, "[" + check("warning") + "]")).at(0).weight, 0U);
  EXPECT_EQ(parsed(row(R"({"ID":"a"})")).at(0).weight, 1U);
}

TEST(ConsulAnswer, FiltersByHealthWhateverConsulSent) {
  const std::string rows = row(R"({"ID":"p"})", "[" + check("passing") + "]") + "," +
                           row(R"({"ID":"w"})", "[" + check("warning") + "]") + "," +
                           row(R"({"ID":"c"})", "[" + check("critical") + "]") + "," +
                           row(R"({"ID":"m"})", "[" + check("critical", "_node_maintenance") + "]");
  EXPECT_EQ(parsed(rows, health_level::passing).size(), 1U);
  EXPECT_EQ(parsed(rows, health_level::warning).size(), 2U);
  EXPECT_EQ(parsed(rows, health_level::any).size(), 4U);
}

TEST(ConsulAnswer, PassesHostileValuesOnAsData) {
  const auto all =
      parsed(row(R"({"ID":"a;}\n\u0000$\"","Address":"x;}","Port":80,"Tags":["a;b\n}"],"Meta":{"k\n":"v;"}})"));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].id, std::string("n1/a;}\n\0$\"", 10));
  EXPECT_EQ(all[0].tags.at(0), "a;b\n}");
  EXPECT_EQ(all[0].meta.at("k\n"), "v;");
}

TEST(ConsulAnswer, TakesNullsAndValuesOfOtherTypesForNothing) {
  const auto all = parsed(row(
      R"({"ID":null,"Address":7,"Port":"x","Tags":null,"Meta":null,"Weights":null,"TaggedAddresses":null})", "null"));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].port, 0U);
  EXPECT_EQ(all[0].weight, 1U);
  EXPECT_TRUE(all[0].tags.empty());
  EXPECT_TRUE(parsed(row(R"({"ID":"a","Tags":[1,null,{}],"Meta":{"k":1}})", R"([1,null,"x"])")).at(0).tags.empty());
}

TEST(ConsulAnswer, BringsNumbersThatAreOutOfRangeIntoIt) {
  EXPECT_EQ(parsed(row(R"({"ID":"a","Port":-1})")).at(0).port, 0U);
  EXPECT_EQ(parsed(row(R"({"ID":"a","Port":99999999999})")).at(0).port, UINT32_MAX);
  EXPECT_EQ(parsed(row(R"({"ID":"a","Port":18446744073709551615})")).at(0).port, UINT32_MAX);
  EXPECT_EQ(parsed(row(R"({"ID":"a","Weights":{"Passing":-5}})")).at(0).weight, 0U);
}

TEST(ConsulAnswer, ConcludesNothingFromABodyThatIsNotWhatItShouldBe) {
  std::string deep(100000, '[');
  for (const std::string& body :
       {std::string(), std::string("["), std::string("{}"), std::string("null"), std::string("7"),
        std::string("\"No cluster leader\""), std::string("[1]"), std::string("[null]"), std::string("[{}]"),
        std::string(R"([{"Node":{}}])"), std::string(R"([{"Service":[],"Node":{}}])"),
        std::string(R"([{"Service":{},"Node":{}},7])"), std::string("<html>"), std::string("[{\"Service\":{\"ID\":\"a"),
        std::string("[\"\xff\xfe\"]"), deep}) {
    std::string why;
    EXPECT_FALSE(parse_endpoints(body, health_level::any, why)) << body.substr(0, 40);
    EXPECT_FALSE(why.empty());
    why.clear();
    if (body != "{}") {
      EXPECT_FALSE(parse_catalog(body, why)) << body.substr(0, 40);
    }
  }
}

TEST(ConsulAnswer, AnEmptyListIsAnAnswer) { EXPECT_TRUE(parsed("").empty()); }

const auto* const detailed = R"([{
  "Node": {"ID":"7f","Node":"n1","Address":"10.0.0.9","Datacenter":"dc1","Meta":{"rack":"r1"},
           "TaggedAddresses":{"lan":"10.0.0.9","wan":"198.51.100.1"}},
  "Service": {"ID":"web-1","Service":"web","Port":80,"Meta":{"node_id":"its own"},
              "TaggedAddresses":{"lan":{"Address":"10.0.0.9","Port":80},"v6":{"Address":"2001:db8::1","Port":81},"odd":7}},
  "Checks": [{"Node":"n1","CheckID":"c","Name":"up","Status":"passing","Output":"200 OK","ServiceID":"web-1",
              "ServiceName":"web","ServiceTags":["a"]}, 7]}])";

TEST(ConsulAnswer, PublishesNoDetailsThatNobodyAskedFor) {
  std::string why;
  const auto all = parse_endpoints(detailed, health_level::any, why);
  ASSERT_TRUE(all) << why;
  EXPECT_EQ(all->at(0).meta, (std::map<std::string, std::string>{{"datacenter", "dc1"}, {"node_id", "its own"}}));
}

TEST(ConsulAnswer, PublishesDetailsAsMetadataAndTheServicesOwnGoesFirst) {
  std::string why;
  const auto all = parse_endpoints(detailed, health_level::any, why, {.node = true, .addresses = true, .checks = true});
  ASSERT_TRUE(all) << why;
  EXPECT_EQ(
      all->at(0).meta,
      (std::map<std::string, std::string>{
          {"checks", R"([{"CheckID":"c","Name":"up","Node":"n1","Notes":"","Output":"200 OK","ServiceID":"web-1",)"
                     R"("ServiceName":"web","ServiceTags":["a"],"Status":"passing"}])"},
          {"datacenter", "dc1"},
          {"node_address", "10.0.0.9"},
          {"node_id", "its own"},
          {"node_meta.rack", "r1"},
          {"node_tagged_address.lan", "10.0.0.9"},
          {"node_tagged_address.wan", "198.51.100.1"},
          {"tagged_address.lan", "10.0.0.9:80"},
          {"tagged_address.v6", "[2001:db8::1]:81"}}));
}

std::string place_of(const std::string& service, const std::string& key,
                     const std::string& node_addresses = R"({"wan":"198.51.100.1"})") {
  std::string why;
  const auto all = parse_endpoints(R"([{"Node":{"Node":"n1","Address":"10.9.9.9","TaggedAddresses":)" + node_addresses +
                                       R"(},"Service":)" + service + R"(,"Checks":[]}])",
                                   health_level::any, why, {}, {.address = key, .port = {}});
  return all && all->size() == 1 ? all->front().address + " " + std::to_string(all->front().port) : why;
}

TEST(ConsulAnswer, PublishesTheTaggedAddressThatIsAskedFor) {
  const std::string tagged =
      R"({"ID":"a","Address":"10.0.0.1","Port":80,"TaggedAddresses":{"wan":{"Address":"203.0.113.7","Port":8080},)"
      R"("lan_ipv6":{"Address":"2001:db8::1","Port":80}}})";
  EXPECT_EQ(place_of(tagged, ""), "10.0.0.1 80");
  EXPECT_EQ(place_of(tagged, "wan"), "203.0.113.7 8080");
  EXPECT_EQ(place_of(tagged, "lan_ipv6"), "2001:db8::1 80");
  EXPECT_EQ(place_of(tagged, "virtual"), "10.0.0.1 80") << "the usual one where there is none of that key";
  EXPECT_EQ(place_of(R"({"ID":"a","Port":80,"TaggedAddresses":{"wan":{"Address":"203.0.113.7","Port":0}}})", "wan"),
            "203.0.113.7 80")
      << "Consul writes 0 where none was given";
  EXPECT_EQ(place_of(R"({"ID":"a","Port":0,"TaggedAddresses":{"wan":{"Address":"203.0.113.7","Port":81}},)"
                     R"("Ports":[{"Name":"http","Port":8080,"Default":true}]})",
                     "wan"),
            "203.0.113.7 81");
  EXPECT_EQ(place_of(R"({"ID":"a","Port":80})", "wan"), "198.51.100.1 80") << "the node's, as the usual one would be";
  EXPECT_EQ(place_of(R"({"ID":"a","Address":"10.0.0.1","Port":80})", "wan"), "10.0.0.1 80");
  EXPECT_EQ(place_of(R"({"ID":"a","Port":80,"TaggedAddresses":7})", "wan", "null"), "10.9.9.9 80");
  EXPECT_EQ(place_of(R"({"ID":"a","Port":80,"TaggedAddresses":{"wan":{"Address":7,"Port":"x"}}})", "wan", "[]"),
            "10.9.9.9 80");
}

// As Consul's documentation has services with several ports since 1.22: Port is 0.
struct chosen_port {
  std::string port;
  std::string why;
};
chosen_port port_of(const std::string& service, const std::string& name) {
  std::string why;
  std::vector<left_out_instance> left_out;
  const auto all =
      parse_endpoints("[" + row(service) + "]", health_level::any, why, {}, {.address = {}, .port = name}, &left_out);
  EXPECT_TRUE(all) << why;
  if (!all->empty()) return {std::to_string(all->front().port), {}};
  return {"none", left_out.empty() ? "" : left_out.front().id + " " + left_out.front().why};
}

TEST(ConsulAnswer, PublishesThePortThatIsAskedForOfAServiceWithSeveral) {
  const std::string several =
      R"({"ID":"a","Port":0,"Ports":[{"Name":"http","Port":8080,"Default":true},{"Name":"metrics","Port":9090}]})";
  EXPECT_EQ(port_of(several, "").port, "8080");
  EXPECT_EQ(port_of(several, "metrics").port, "9090");
  EXPECT_EQ(port_of(several, "grpc").why, "n1/a it has no port called 'grpc'; it has http, metrics");
  EXPECT_EQ(port_of(R"({"ID":"a","Port":0,"Ports":[{"Name":"x","Port":1}]})", "").port, "1");
  EXPECT_EQ(port_of(R"({"ID":"a","Port":0,"Ports":[{"Name":"x","Port":1},{"Name":"y","Port":2}]})", "").why,
            "n1/a it has several ports (x, y), none of which is the default: choose one with port");
  EXPECT_EQ(port_of(R"({"ID":"a","Port":80})", "").port, "80");
  EXPECT_EQ(port_of(R"({"ID":"a","Port":80})", "http").why, "n1/a it has no ports with names");
  EXPECT_EQ(port_of(R"({"ID":"a","Port":80,"Ports":null})", "").port, "80");
  EXPECT_EQ(port_of(R"({"ID":"a","Port":80,"Ports":[7,{"Name":"x","Port":"y","Default":1}]})", "").port, "80");
}

// The host leaves out an endpoint with a value of more than 4096 bytes.
TEST(ConsulAnswer, LeavesOutChecksThatAreTooLongAndNotTheInstance) {
  const auto with = [](int checks, const std::string& output) {
    std::string all;
    for (int i = 0; i < checks; ++i)
      all += std::string(i > 0 ? "," : "") + R"({"CheckID":"c)" + std::to_string(i) +
             R"(","Status":"passing","Output":")" + output + "\"}";
    std::string why;
    const auto found = parse_endpoints(R"([{"Node":{"Node":"n"},"Service":{"ID":"a"},"Checks":[)" + all + "]}]",
                                       health_level::any, why, {.checks = true});
    const auto& meta = found->at(0).meta;
    return meta.contains("checks") ? meta.at("checks") : "none";
  };
  EXPECT_NE(with(1, std::string(9000, 'x')).find(std::string(256, 'x') + "\""), std::string::npos);
  EXPECT_EQ(with(20, std::string(300, 'x')).find('x'), std::string::npos) << "without outputs";
  EXPECT_NE(with(20, std::string(300, 'x')), "none");
  EXPECT_EQ(with(60, ""), "none");
}

TEST(ConsulAnswer, ReadsTheCatalogue) {
  std::string why;
  const auto all = parse_catalog(R"({"consul":[],"web":["v1","v2"],"odd":null,"worse":[1]})", why);
  ASSERT_TRUE(all) << why;
  EXPECT_EQ(all->size(), 4U);
  EXPECT_EQ(all->at("web"), (std::set<std::string>{"v1", "v2"}));
}

TEST(ConsulAnswer, ReadsChecks) {
  const auto all = parse_checks(R"([{"Node":"n1","CheckID":"c","ServiceName":"web","Status":"critical"},7])");
  ASSERT_TRUE(all);
  EXPECT_EQ(*all, (checks{{{"n1", "c"}, {.service = "web", .status = "critical"}}}));
  EXPECT_FALSE(parse_checks("{}"));
}

common::http_answer answer(unsigned status, const std::string& body = "[]") {
  common::http_answer made;
  made.status = status;
  made.body = body;
  return made;
}

TEST(ConsulAnswer, SaysWhyAnAnswerIsNotAccepted) {
  settings all;
  all.max_stale = std::chrono::seconds(5);
  EXPECT_FALSE(fault_of(answer(200), all, true));
  EXPECT_NE(fault_of(answer(403, "Permission denied"), all, false)->find("service:read"), std::string::npos);
  EXPECT_NE(fault_of(answer(429), all, false)->find("429"), std::string::npos);
  EXPECT_NE(fault_of(answer(400, "Bad filter: x\nmore"), all, false)->find("Bad filter: x"), std::string::npos);
  EXPECT_NE(fault_of(answer(500, "No cluster leader"), all, false)->find("No cluster leader"), std::string::npos);
}

TEST(ConsulAnswer, DoesNotAcceptAServerThatKnowsNoLeader) {
  auto from = answer(200);
  from.headers["x-consul-knownleader"] = "false";
  EXPECT_TRUE(fault_of(from, settings{}, false));
}

TEST(ConsulAnswer, DoesNotAcceptAStaleAnswerThatIsTooOld) {
  settings all;
  all.max_stale = std::chrono::seconds(5);
  auto from = answer(200);
  from.headers["x-consul-lastcontact"] = "5000";
  EXPECT_FALSE(fault_of(from, all, true));
  from.headers["x-consul-lastcontact"] = "5001";
  EXPECT_TRUE(fault_of(from, all, true));
  // More nanoseconds than a number holds, and more milliseconds: neither may pass for a new answer.
  from.headers["x-consul-lastcontact"] = "9223372036854775807";
  EXPECT_TRUE(fault_of(from, all, true));
  from.headers["x-consul-lastcontact"] = "99999999999999999999";
  EXPECT_TRUE(fault_of(from, all, true));
  EXPECT_FALSE(fault_of(from, all, false)) << "only stale reads may be old";
}

TEST(ConsulAnswer, SaysWhichCheckKeepsAnInstanceFromBeingPublished) {
  std::string why;
  std::vector<left_out_instance> left_out;
  const auto reason = [&](const std::string& checks, health_level wanted) {
    left_out.clear();
    const auto all =
        parse_endpoints("[" + row(R"({"ID":"a","Port":80})", "[" + checks + "]") + "]", wanted, why, {}, {}, &left_out);
    EXPECT_TRUE(all && all->empty());
    return left_out.size() == 1 && !left_out[0].has_no_port ? left_out[0].id + ": " + left_out[0].why : "nothing";
  };
  const auto rest = "; the source's option 'health' selects what is published";
  EXPECT_EQ(reason(check("warning", "x") + "," + check("critical", "service:a"), health_level::passing),
            "n1/a: it is critical in Consul: check 'service:a'" + std::string(rest));
  EXPECT_EQ(reason(check("warning", "x"), health_level::passing),
            "n1/a: it is warning in Consul: check 'x'" + std::string(rest));
  EXPECT_EQ(
      reason(R"({"CheckID":"c","Name":"HTTP on 80","Status":"critical","Output":"refused"})", health_level::warning),
      "n1/a: it is critical in Consul: check 'c' (HTTP on 80)" + std::string(rest));
  EXPECT_EQ(reason(check("critical", "_node_maintenance"), health_level::passing),
            "n1/a: it is in maintenance in Consul");
}

// The form of the answer is that of Consul's documentation: Debian's Consul knows no peers.
TEST(ConsulAnswer, TakesOfAPeerOnlyWhatThatPeerExports) {
  const std::string body = "[" + row(R"({"ID":"a","Address":"10.0.0.1","Port":80,"PeerName":"west"})") + "]";
  std::string why;
  const auto all = parse_endpoints(body, health_level::any, why, {}, {}, nullptr, {.is_query = false, .peer = "west"});
  ASSERT_TRUE(all) << why;
  EXPECT_EQ(all->size(), 1U);
  for (const auto* other : {R"({"ID":"a","Address":"10.0.0.1","Port":80})",
                            R"({"ID":"a","Address":"10.0.0.1","Port":80,"PeerName":"east"})"}) {
    EXPECT_FALSE(parse_endpoints("[" + row(other) + "]", health_level::any, why, {}, {}, nullptr,
                                 {.is_query = false, .peer = "west"}));
    EXPECT_NE(why.find("an instance that is not of the peer 'west'"), std::string::npos) << why;
  }
}

TEST(ConsulAnswer, ReadsWhatAPreparedQueryAnswers) {
  std::string why;
  const auto read = [&](const std::string& body) {
    return parse_endpoints(body, health_level::passing, why, {}, {}, nullptr, {.is_query = true, .peer = {}});
  };
  const auto all = read(R"({"Service":"web","Nodes":[)" + row(R"({"ID":"a","Address":"10.0.0.1","Port":80})") +
                        R"(],"Datacenter":"dc2","Failovers":1})");
  ASSERT_TRUE(all) << why;
  EXPECT_EQ(all->at(0).id, "n1/a");
  EXPECT_TRUE(read(R"({"Service":"web","Nodes":[]})"));
  for (const auto* body : {R"({"Service":"web"})", R"({"Service":"web","Nodes":null})", R"({"error":"no"})", "null"}) {
    EXPECT_FALSE(read(body)) << body;
    EXPECT_EQ(why, "the answer is not a list of instances") << body;
  }
  EXPECT_FALSE(parse_endpoints(R"({"Nodes":[]})", health_level::any, why)) << "an answer about a service is a list";
}

}  // namespace
}  // namespace drcon::consul
