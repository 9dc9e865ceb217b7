#include "common/endpoint_document/endpoint_document.hpp"

#include <gtest/gtest.h>

namespace drcon::common {
namespace {

std::string fault(const std::string& text, document_format as) {
  std::string why;
  EXPECT_FALSE(parse_document(text, as, "f", why).has_value()) << text;
  return why;
}

TEST(EndpointDocument, ReportsThePlaceOfEachFault) {
  EXPECT_EQ(fault("[[service]]\n", document_format::toml), "f:1:1: 'name' is missing");
  EXPECT_EQ(fault("[[service]]\nname = 7\n", document_format::toml), "f:2:8: expected a string for 'name'");
  EXPECT_EQ(
      fault("[[service]]\nname = \"a\"\n[[service.endpoint]]\naddress = \"x\"\nport = 70000\n", document_format::toml),
      "f:5:8: expected a whole number from 1 to 65535 for 'port'");
  EXPECT_EQ(fault("servce = []\n", document_format::toml), "f:1:10: unknown key 'servce' at the top level");
  EXPECT_NE(fault("[[service]\n", document_format::toml).find("f:1:"), std::string::npos);
}

TEST(EndpointDocument, RefusesNamesAndIdsThatStandTwice) {
  EXPECT_NE(
      fault("[[service]]\nname = \"a\"\n[[service]]\nname = \"a\"\n", document_format::toml).find("is there already"),
      std::string::npos);
  EXPECT_NE(fault(R"({"service":[{"name":"a","endpoint":[{"address":"x","port":1},{"address":"x","port":1}]}]})",
                  document_format::json)
                .find("endpoint id 'x:1' is there already"),
            std::string::npos);
}

TEST(EndpointDocument, ReportsWhereJsonEnds) {
  EXPECT_EQ(fault("{\n  \"service\": [", document_format::json), "f:2:15: this is not JSON, or not all of it");
  EXPECT_EQ(fault(std::string("{\"service\": []}\n\0 { garbage", 27), document_format::json),
            "f:2:1: a byte of value 0, which JSON does not have");
  EXPECT_NE(fault("[]", document_format::json).find("expected an object"), std::string::npos);
  EXPECT_NE(fault("null", document_format::json).find("expected an object"), std::string::npos);
}

TEST(EndpointDocument, SurvivesWhatIsNoText) {
  std::string why;
  for (const auto& text :
       {std::string(100000, '['), std::string(100000, '{'), std::string("\0\0", 2), std::string("\xff\xfe")}) {
    EXPECT_FALSE(parse_document(text, document_format::json, "f", why)) << text.substr(0, 5);
    EXPECT_FALSE(parse_document(text, document_format::toml, "f", why)) << text.substr(0, 5);
  }
}

TEST(EndpointDocument, PublishesNoServicesOnlyWhenTheFileSaysSo) {
  std::string why;
  EXPECT_TRUE(parse_document("service = []\n", document_format::toml, "f", why)->empty());
  EXPECT_TRUE(parse_document(R"({"service": []})", document_format::json, "f", why)->empty());
  EXPECT_TRUE(parse_document("{}", document_format::json, "f", why)->empty());
  // What a writer leaves for a moment after it has cut the file to nothing.
  for (const auto* text : {"", "\n", "# hosts\n"})
    EXPECT_EQ(fault(text, document_format::toml),
              "f:1:1: there is no 'service'; for no services write \"service = []\"");
  EXPECT_NE(fault("", document_format::json).find("not all of it"), std::string::npos);
}

TEST(EndpointDocument, FillsWhatIsLeftOut) {
  const endpoint expected{.id = "10.0.0.1:80",
                          .node = "",
                          .address = "10.0.0.1",
                          .port = 80,
                          .weight = 1,
                          .priority = 0,
                          .health = health::passing,
                          .tags = {},
                          .meta = {}};
  std::string why;
  const auto toml =
      parse_document("[[service]]\nname = \"a\"\n[[service.endpoint]]\naddress = \"10.0.0.1\"\nport = 80\n",
                     document_format::toml, "f", why);
  ASSERT_TRUE(toml.has_value()) << why;
  EXPECT_EQ(toml->at(0).endpoints.at(0), expected);
  const auto json = parse_document(R"({"service":[{"name":"a","endpoint":[{"address":"10.0.0.1","port":80}]}]})",
                                   document_format::json, "f", why);
  ASSERT_TRUE(json.has_value()) << why;
  EXPECT_EQ(json->at(0).endpoints.at(0), expected);
}

TEST(EndpointDocument, ReadsTheSameFromBothFormats) {
  std::string why;
  const auto toml = parse_document(R"(
service = [{ name = "b", endpoint = [] }, { name = "a", endpoint = [
  { address = "::1", port = 65535, id = "x", node = "n", weight = 0, priority = 7, health = "maintenance",
    tags = ["t", ""], meta = { "k.1" = "v;}\n" } } ] }]
)",
                                   document_format::toml, "f", why);
  EXPECT_FALSE(toml.has_value()) << "an inline table stays on one line";
  const auto table = parse_document(R"([[service]]
name = "b"
[[service]]
name = "a"
[[service.endpoint]]
address = "::1"
port = 65535
id = "x"
node = "n"
weight = 0
priority = 7
health = "maintenance"
tags = ["t", ""]
meta = { "k.1" = "v;}\n" }
)",
                                    document_format::toml, "f", why);
  ASSERT_TRUE(table.has_value()) << why;
  const auto json = parse_document(R"({"service": [{"name": "b"}, {"name": "a", "endpoint": [
    {"address": "::1", "port": 65535, "id": "x", "node": "n", "weight": 0, "priority": 7, "health": "maintenance",
     "tags": ["t", ""], "meta": {"k.1": "v;}\n"}}]}]})",
                                   document_format::json, "f", why);
  ASSERT_TRUE(json.has_value()) << why;
  ASSERT_EQ(table->size(), 2U);
  ASSERT_EQ(json->size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(table->at(i).name, json->at(i).name);
    EXPECT_EQ(table->at(i).endpoints, json->at(i).endpoints);
  }
  EXPECT_EQ(table->at(1).endpoints.at(0).meta.at("k.1"), "v;}\n");
}

// One endpoint with one fault each, in JSON.
TEST(EndpointDocument, RefusesValuesThatNoEndpointHas) {
  const auto with = [](const std::string& more) {
    return fault(R"({"service":[{"name":"a","endpoint":[{"address":"x","port":1},{"address":"y",)" + more + "}]}]}",
                 document_format::json);
  };
  const std::string at = "f: /service/0/endpoint/1: ";
  EXPECT_EQ(with(R"("port":0)"), at + "expected a whole number from 1 to 65535 for 'port'");
  EXPECT_EQ(with(R"("port":"80")"), at + "expected a whole number from 1 to 65535 for 'port'");
  EXPECT_EQ(with(R"("port":80.0)"), at + "expected a whole number from 1 to 65535 for 'port'");
  EXPECT_EQ(with(R"("port":18446744073709551615)"), at + "expected a whole number from 1 to 65535 for 'port'");
  EXPECT_EQ(with(R"("port":1,"weight":-1)"), at + "expected a whole number from 0 to 65535 for 'weight'");
  EXPECT_EQ(with(R"("port":1,"priority":65536)"), at + "expected a whole number from 0 to 65535 for 'priority'");
  EXPECT_EQ(with(R"("port":1,"health":"fine")"),
            at + "expected passing, warning, critical or maintenance for 'health', found 'fine'");
  EXPECT_EQ(with(R"("port":1,"id":null)"), at + "expected a string for 'id'");
  EXPECT_EQ(with(R"("port":1,"tags":"v1")"), at + "expected an array of strings for 'tags'");
  EXPECT_EQ(with(R"("port":1,"tags":["a",null])"), at + "expected a string in 'tags'");
  EXPECT_EQ(with(R"("port":1,"meta":{"a":1})"), at + "expected a string for 'a' in 'meta'");
  EXPECT_EQ(with(R"("port":1,"wieght":2)"), at + "unknown key 'wieght' of an endpoint");
  EXPECT_EQ(with(R"("port":1,"node":"é\ud800")"), "f:1:102: this is not JSON, or not all of it");
  EXPECT_EQ(with(R"("address":"","port":1)"), "f: the member \"address\" appears twice in one object");
  EXPECT_NE(with(R"("port":1e999)").find("f: "), std::string::npos);
}

TEST(EndpointDocument, NeverDropsAnElementThatIsNoTable) {
  EXPECT_EQ(fault(R"({"service":[null]})", document_format::json), "f: /service/0: expected a table in 'service'");
  EXPECT_EQ(fault(R"({"service":[{"name":"a","endpoint":[null]}]})", document_format::json),
            "f: /service/0/endpoint/0: expected a table in 'endpoint'");
  EXPECT_EQ(fault(R"({"service":null})", document_format::json), "f: expected an array of tables for 'service'");
  EXPECT_EQ(fault(R"({"service":[{"name":""}]})", document_format::json), "f: /service/0: 'name' is empty");
  EXPECT_EQ(fault(R"({"service":[{"name":"a"}],"service":[]})", document_format::json),
            "f: the member \"service\" appears twice in one object");
}

TEST(EndpointDocument, NamesEveryFaultButNotWithoutEnd) {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "[[service]]\nnam = \"a\"\n";
  const auto why = fault(text, document_format::toml);
  EXPECT_NE(why.find("f:1:1: 'name' is missing"), std::string::npos) << why;
  EXPECT_NE(why.find("f:4:7: unknown key 'nam' of a service"), std::string::npos) << why;
  EXPECT_LT(why.size(), 3000U);
}

TEST(EndpointDocument, RefusesNestingWithoutEnd) {
  std::string dots = "a";
  for (int i = 0; i < 300000; ++i) dots += ".a";
  EXPECT_EQ(fault(dots + " = 1\n", document_format::toml), "f:1:32: this is not TOML: a key has more than 16 parts");
  EXPECT_EQ(fault("[" + dots + "]\n", document_format::toml), "f:1:33: this is not TOML: a key has more than 16 parts");
  EXPECT_EQ(fault("{\"service\":" + std::string(100000, '[') + std::string(100000, ']') + "}", document_format::json),
            "f: this is nested deeper than 16 levels");
  const std::string longest = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa";
  std::string why;
  EXPECT_TRUE(parse_document("[[service]]\nname = \"" + longest + "\"\n", document_format::toml, "f", why)) << why;
}

// The beginning of a JSON file is never a JSON file; that of a TOML file may be, which is why the source waits.
TEST(EndpointDocument, NeverTakesTheBeginningOfAJsonFileForTheWhole) {
  const std::string whole = R"({"service":[{"name":"a","endpoint":[{"address":"x","port":12,"tags":["t"]}]}]})";
  std::string why;
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(parse_document(whole.substr(0, length), document_format::json, "f", why)) << whole.substr(0, length);
  EXPECT_TRUE(parse_document(whole, document_format::json, "f", why)) << why;
}

}  // namespace
}  // namespace drcon::common
