#include "plugins/validation.hpp"

#include "model/snapshot.hpp"
#include "support/fake_plugins.hpp"

#include <gtest/gtest.h>

namespace drcon::plugins {
namespace {

using test::service_of;

// How many of the endpoints get through, and what is said of the others.
std::size_t accepted(const service& from, std::vector<refusal>* told = nullptr) {
  std::vector<refusal> refused;
  const auto to = accept(*c_service(from).get(), refused);
  if (told) *told = refused;
  return to ? to->endpoints().size() : 0;
}

struct hostile {
  const char* what;
  std::string value;
};
class HostileValue : public ::testing::TestWithParam<hostile> {};

TEST_P(HostileValue, DropsTheEndpointThatCarriesItAndNoOther) {
  for (const auto& spoil : std::vector<std::function<void(endpoint&, const std::string&)>>{
           [](endpoint&e, const std::string&v) { e.id = v; }, [](endpoint&e, const std::string&v) { e.node = v; },
           [](endpoint&e, const std::string&v) { e.address = v; },
           [](endpoint&e, const std::string&v) {
             e.tags = {"fine", v};
           },
           [](endpoint&e, const std::string&v) {
             e.meta = {{"key", v}};
           },
           [](endpoint&e, const std::string&v) {
             e.meta = {{v, "value"}};
           }}) {
    auto web = service_of("web", 3);
    spoil(web.endpoints[1], GetParam().value);
    std::vector<refusal> told;
    EXPECT_EQ(accepted(web, &told), 2U);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].service, "web");
    EXPECT_TRUE(is_plain_text(told[0].why)) << told[0].why;
  }
}

INSTANTIATE_TEST_SUITE_P(Validation, HostileValue,
                         ::testing::Values(hostile{"LineFeed", "a;b\n}"}, hostile{"CarriageReturn", "line\r"},
                                           hostile{"Nul", std::string("nul\0x", 5)}, hostile{"Escape", "\x1b[2J"},
                                           hostile{"Tab", "tab\t"}, hostile{"NotUtf8", "\xff\xfe"},
                                           hostile{"Overlong", "\xc0\xaf"}, hostile{"Surrogate", "\xed\xa0\x80"},
                                           hostile{"C1Control", "\xc2\x9b"}, hostile{"LineSeparator", "a\u2028b"},
                                           hostile{"ParagraphSeparator", "a\u2029b"}, hostile{"Override", "\u202eb"},
                                           hostile{"Isolate", "\u2066b"}, hostile{"TagCharacter", "a\U000e0041"},
                                           hostile{"CutShort", "cut \xe2\x82"},
                                           hostile{"TenKilobytes", std::string(10240, 'x')}),
                         [](const auto& each) { return std::string(each.param.what); });

TEST(Validation, TakesLabelsThatAreOnlyUnusual) {
  auto web = service_of("web", 1);
  web.endpoints[0].tags = {"traefik.http.routers.x.rule=Host(`a.b`) && PathPrefix(`/x`)", "ünïcödé", "$1;{}\"'"};
  EXPECT_EQ(accepted(web), 1U);
}

// Prose may need them; a name that has one is seen as another name.
TEST(Validation, TakesCharactersThatAreNotSeenInProseAndInNoName) {
  const std::string sign = "a\u200bb";
  auto web = service_of("web", 3);
  web.endpoints[0].tags = {sign};
  web.endpoints[0].meta = {{"note", sign}};
  web.endpoints[1].id = sign;
  web.endpoints[2].node = sign;
  std::vector<refusal> refused;
  EXPECT_EQ(accepted(web, &refused), 1U);
  ASSERT_EQ(refused.size(), 2U);
  EXPECT_EQ(refused[0].why, "its id 'a\\u200bb' holds a character that is not seen");
}

TEST(Validation, TakesRealAddresses) {
  for (const auto* address : {"10.0.0.1", "::1", "2001:db8::7", "db-1.example.com", "my_host", "localhost"}) {
    auto web = service_of("web", 1);
    web.endpoints[0].address = address;
    EXPECT_EQ(accepted(web), 1U) << address;
  }
}

TEST(Validation, RefusesWhatIsNoAddress) {
  for (const auto* address :
       {"", "300.1.1.1", "1.2.3", "a b", "x;y", "fe80::1%eth0", "[::1]", "-x", "a..b", "host.", "10.0.0.1:80"}) {
    auto web = service_of("web", 1);
    web.endpoints[0].address = address;
    if (std::string_view(address) == "host.") continue;  // a trailing dot is a fully qualified name
    EXPECT_EQ(accepted(web), 0U) << address;
  }
}

TEST(Validation, RefusesPortsThatAreNone) {
  for (const auto port : {0U, 65536U, 99999U, 4294967295U}) {
    auto web = service_of("web", 1);
    web.endpoints[0].port = port;
    EXPECT_EQ(accepted(web), 0U) << port;
  }
}

TEST(Validation, KeepsTheFirstOfTwoEndpointsWithOneId) {
  auto web = service_of("web", 2);
  web.endpoints[1].id = web.endpoints[0].id;
  std::vector<refusal> told;
  EXPECT_EQ(accepted(web, &told), 1U);
  EXPECT_EQ(told.size(), 1U);
}

TEST(Validation, RefusesAServiceWhoseNameIsNotText) {
  for (const auto& name : {std::string(), std::string("a\nb"), std::string(300, 'x'), std::string("\xff"),
                           std::string("a\u2028b"), std::string("we\u200bb"), std::string("\ufeffweb")}) {
    std::vector<refusal> refused;
    EXPECT_EQ(accept(*c_service(service_of(name, 1)).get(), refused), nullptr);
    EXPECT_EQ(refused.size(), 1U);
  }
}

TEST(Validation, CountsAnUnknownHealthAsCritical) {
  auto web = service_of("web", 1);
  web.endpoints[0].health = static_cast<health>(77);
  std::vector<refusal> refused;
  EXPECT_EQ(accept(*c_service(web).get(), refused)->endpoints()[0].health(), health::critical);
}

TEST(Validation, MakesAnythingPrintable) {
  EXPECT_EQ(printable("a\nb"), "a\\x0ab");
  EXPECT_EQ(printable("\xff"), "\\xff");
  EXPECT_EQ(printable("gnp.\xe2\x80\xae"
                      "exe"),
            "gnp.\\u202eexe");
  EXPECT_EQ(printable("a\u2028b\u2029c\u2066d\u200be\ufefff"), "a\\u2028b\\u2029c\\u2066d\\u200be\\ufefff");
  EXPECT_EQ(printable("a\U000e0041b"), "a\\U000e0041b");
  EXPECT_EQ(printable("ü"), "ü");
  EXPECT_TRUE(is_plain_text(printable(std::string(10000, '\x01'))));
}

}  // namespace
}  // namespace drcon::plugins
