// What a template asks for by name, as `drcon check` compares it with the sources.
#include "template/requests.hpp"

#include "support/temp_dir.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::templates {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<request> requests_in(const std::string& text, template_language language) {
  const auto result = read_form("t", text, {.written_in = language});
  const auto* wrong = std::get_if<templating::fault>(&result);
  EXPECT_EQ(wrong, nullptr) << report(*wrong);
  return requests_of(std::get<form>(result));
}

std::vector<std::string> named_in(const std::string& text, template_language language = template_language::go) {
  std::vector<std::string> all;
  for (const auto& each : requests_in(text, language))
    all.push_back((each.is_needed ? "needs " : "would use ") +
                  std::string(each.what == asked::service ? "service "
                              : each.what == asked::key   ? "key "
                                                          : "keys ") +
                  each.name);
  return all;
}

TEST(Requests, AreServicesWithoutTagDatacenterAndFilters) {
  EXPECT_THAT(named_in(R"({{range service "web"}}x{{end}}{{service "blue.shop@dc2|any" | len}})"),
              ElementsAre("needs service web", "needs service shop"));
  EXPECT_THAT(named_in(R"({{range service "db" "passing,warning"}}x{{end}})"), ElementsAre("needs service db"));
}

TEST(Requests, AreKeysAndWhatIsBelowAPrefix) {
  EXPECT_THAT(named_in(R"({{key "/a/b@dc1"}}{{keyOrDefault "c" "1"}}{{if keyExists "d"}}{{end}})"),
              ElementsAre("needs key a/b", "would use key c", "would use key d"));
  EXPECT_THAT(named_in(R"({{range ls "e/"}}{{end}}{{range safeTree "f"}}{{end}})"),
              ElementsAre("would use keys e/", "needs keys f"));
}

TEST(Requests, OfABranchALoopOrADefinedTemplateMayNotBeNeeded) {
  EXPECT_THAT(named_in(R"({{if env "EDGE"}}{{range service "edge"}}{{end}}{{else}}{{key "a"}}{{end}})"),
              ElementsAre("would use service edge", "would use key a"));
  EXPECT_THAT(named_in(R"({{define "x"}}{{service "web" | len}}{{end}}x)"), ElementsAre("would use service web"));
  EXPECT_THAT(named_in(R"({{range service "web"}}{{key "b"}}{{end}})"),
              ElementsAre("needs service web", "would use key b"));
}

// As the engine does not compute them, either.
TEST(Requests, BehindTheFirstOfAndAndOrMayNotBeNeeded) {
  EXPECT_THAT(named_in(R"({{if and (keyExists "x/y") (eq (key "x/y") "1")}}{{end}})"),
              ElementsAre("would use key x/y", "would use key x/y"));
  EXPECT_THAT(named_in(R"({{or (env "LEVEL") (key "x/y")}}{{and (key "a") (key "b")}})"),
              ElementsAre("would use key x/y", "needs key a", "would use key b"));
}

TEST(Requests, AreNotKnownWhereANameIsComputed) {
  EXPECT_THAT(named_in(R"({{range services}}{{range service .Name}}{{end}}{{end}}{{key (env "K")}})"), ElementsAre());
}

TEST(Requests, OfMustacheAreWhatItShowsWithoutASection) {
  EXPECT_THAT(named_in("{{service.web.count}}{{key.a/b}}{{#service.db}}x{{/service.db}}", template_language::mustache),
              ElementsAre("needs service web", "needs key a/b"));
}

TEST(Requests, SayWhereAndWhatToAdd) {
  const auto all = requests_in("x\n {{key \"a/b\"}}{{keyOrDefault \"c\" \"1\"}}", template_language::go);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_THAT(all[0].why, HasSubstr("t:2:4: there is no key \"a/b\" in this pipeline"));
  EXPECT_THAT(all[0].why, HasSubstr("key = [{ path = \"a/b\" }] of consul-kv"));
  EXPECT_THAT(all[1].why, HasSubstr("no source of this pipeline watches the key \"c\", so that keyOrDefault always"));
  EXPECT_THAT(all[1].why, HasSubstr("key = [{ path = \"c\" }] of consul-kv"));
}

}  // namespace
}  // namespace drcon::templates
