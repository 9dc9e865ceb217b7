#include "nginx/render.hpp"

#include "nginx/user_template.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace drcon::nginx {
namespace {

server server_of(const std::string& address, std::uint32_t weight = 1) {
  server made;
  made.address = address;
  made.weight = weight;
  return made;
}

layout form_with_listener() {
  layout form;
  form.sink = "edge";
  form.listener = {boost::asio::ip::make_address("127.0.0.1"), 9999};
  return form;
}

TEST(NginxRender, GivesEqualBytesForEqualUpstreams) {
  const std::vector<upstream> all{{"web", {server_of("10.0.0.1:80"), server_of("[::1]:81", 5)}}};
  EXPECT_EQ(render(all, {}, form_with_listener()).bytes, render(all, {}, form_with_listener()).bytes);
}

TEST(NginxRender, ChangesTheGenerationWithEveryChange) {
  const auto form = form_with_listener();
  const auto one = render({{"web", {server_of("10.0.0.1:80")}}}, {}, form);
  const auto two = render({{"web", {server_of("10.0.0.1:80", 2)}}}, {}, form);
  EXPECT_NE(one.generation, two.generation);
  EXPECT_NE(one.bytes.find(one.generation), std::string::npos);
}

TEST(NginxRender, RendersEveryPropertyOfAServer) {
  auto each = server_of("10.0.0.1:80", 3);
  each.backup = true;
  each.down = true;
  auto form = form_with_listener();
  form.balance = "least_conn";
  form.keepalive = 16;
  form.server_options = " max_fails=0";
  EXPECT_NE(render({{"web", {each}}}, {}, form)
                .bytes.find("upstream web {\n    least_conn;\n    server 10.0.0.1:80 weight=3 max_fails=0 backup "
                            "down;\n    keepalive 16;\n}\n"),
            std::string::npos);
}

TEST(NginxRender, SaysThatNoConnectionsAreKeptOnlyWhereNginxKeepsThemByDefault) {
  auto form = form_with_listener();
  const std::vector<upstream> all{{"web", {server_of("10.0.0.1:80")}}};
  EXPECT_EQ(render(all, {}, form).bytes.find("keepalive"), std::string::npos);
  form.keeps_by_default = true;
  EXPECT_NE(render(all, {}, form).bytes.find("    server 10.0.0.1:80;\n    keepalive 0;\n}\n"), std::string::npos);
  form.keepalive = 16;
  EXPECT_NE(render(all, {}, form).bytes.find("    keepalive 16;\n"), std::string::npos);
}

TEST(NginxRender, BindsSessionsOnlyWhereNginxCanAndDrainsInsteadOfTakingDown) {
  auto form = form_with_listener();
  form.balance = "least_conn";
  form.sticky = "sticky cookie drcon path=/";
  auto drained = server_of("10.0.0.2:80");
  drained.down = true;
  const std::vector<upstream> all{{"web", {server_of("10.0.0.1:80"), drained}}};
  EXPECT_NE(
      render(all, {}, form).bytes.find("    least_conn;\n    server 10.0.0.1:80;\n    server 10.0.0.2:80 down;\n}\n"),
      std::string::npos);
  form.can_stick = true;
  const auto text = render(all, {}, form).bytes;
  EXPECT_NE(text.find("    least_conn;\n    sticky cookie drcon path=/;\n    server 10.0.0.1:80;\n"
                      "    server 10.0.0.2:80 drain;\n}\n"),
            std::string::npos)
      << text;
  EXPECT_TRUE(recall(text).at("web")[1].down);
  EXPECT_NE(render({{"web", {}}}, {}, form).bytes.find("server 127.0.0.1:1 down"), std::string::npos)
      << "nobody's address";
}

TEST(NginxMemory, RecallsWhatTheBuiltInFormShows) {
  auto backup = server_of("[2001:db8::1]:443", 7);
  backup.backup = true;
  const auto text = render({{"api", {backup}}, {"web", {server_of("10.0.0.1:80")}}}, {}, form_with_listener()).bytes;
  const auto known = recall(text);
  ASSERT_EQ(known.size(), 2U);
  EXPECT_EQ(known.at("api")[0].address, "[2001:db8::1]:443");
  EXPECT_EQ(known.at("api")[0].weight, 7U);
  EXPECT_TRUE(known.at("api")[0].backup);
  EXPECT_EQ(recall_port(text), 9999);
}

TEST(NginxMemory, DoesNotTakeAStandInForAServer) {
  for (const auto policy : {empty_policy::answer_503, empty_policy::down_server}) {
    auto form = form_with_listener();
    form.empty = policy;
    EXPECT_TRUE(recall(render({{"web", {}}}, {}, form).bytes).empty());
  }
}

TEST(NginxMemory, RecallsKeptServersAgainAndAgain) {
  last_servers last{{"web", {server_of("10.0.0.1:80")}}};
  for (int i = 0; i < 3; ++i) last = recall(render({{"web", {}}}, last, form_with_listener()).bytes);
  ASSERT_TRUE(last.contains("web"));
  EXPECT_EQ(last.at("web")[0].address, "10.0.0.1:80");
}

TEST(NginxMemory, CarriesServersInACommentBesideAUsersTemplate) {
  auto form = form_with_listener();
  form.user_template = "# mine: {{service_count}}\n";
  const auto known = recall(render({{"web", {server_of("10.0.0.1:80", 4)}}}, {}, form).bytes);
  ASSERT_TRUE(known.contains("web"));
  EXPECT_EQ(known.at("web")[0].weight, 4U);
}

TEST(NginxMemory, DoesNotCountServersTwiceWhenAUsersTemplateLooksLikeTheBuiltInForm) {
  auto form = form_with_listener();
  form.user_template =
      "{{#services}}upstream {{name}} {\n{{#endpoints}}    server {{server}};\n{{/endpoints}}}\n{{/services}}";
  last_servers last = recall(render({{"web", {server_of("10.0.0.1:80")}}}, {}, form).bytes);
  for (int i = 0; i < 3; ++i) last = recall(render({{"api", {}}, {"web", {}}}, last, form).bytes);
  ASSERT_EQ(last.at("web").size(), 1U);
  EXPECT_FALSE(last.contains("api")) << "a stand-in is not a server";
}

TEST(NginxMemory, RendersAKeptServerAsItWasWithAUsersTemplate) {
  auto form = form_with_listener();
  form.user_template =
      "{{#services}}{{#endpoints}}{{address}} {{host}} {{port}} {{id}} {{node}} {{health}} {{meta.k}} "
      "{{#tags}}<{{.}}>{{/tags}}{{/endpoints}}{{/services}}";
  auto each = server_of("[::1]:80", 4);
  each.origin = {.id = "i", .node = "n", .address = "::1", .port = 80, .tags = {"two words"}, .meta = {{"k", "v"}}};
  each.origin.health = health::warning;
  const auto first = render({{"web", {each}}}, {}, form).bytes;
  EXPECT_NE(first.find("::1 [::1] 80 i n warning v <\"two words\">"), std::string::npos) << first;
  EXPECT_EQ(render({{"web", {}}}, recall(first), form).bytes, first) << "even in the next run";
}

TEST(NginxMemory, WritesNoCommentThatNginxWouldRefuseForItsLength) {
  auto form = form_with_listener();
  form.user_template = "# mine\n";
  std::vector<server> many;
  for (int i = 0; i < 1000; ++i) many.push_back(server_of("10.0.0.1:" + std::to_string(1000 + i)));
  const auto text = render({{"web", many}}, {}, form).bytes;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LT(line.size(), 4000U);
  EXPECT_EQ(recall(text).at("web").size(), 1000U);
}

TEST(NginxMemory, TakesNoHostileLabelFromAnEditedFile) {
  const auto known = recall(
      "# drcon keeps: {\"web\":[{\"address\":\"10.0.0.1:80\",\"id\":\"x;\",\"node\":7,\"health\":9,"
      "\"tags\":[\"}\",\"fine\",3],\"meta\":{\"k\":\"$x\",\"a;\":\"v\"}},"
      "{\"address\":\"10.0.0.2:80\",\"tags\":\"no list\",\"meta\":[1]}]}\n");
  ASSERT_EQ(known.at("web").size(), 2U);
  const auto& from = known.at("web")[0].origin;
  EXPECT_EQ(from.id, "");
  EXPECT_EQ(from.tags, std::vector<std::string>{"fine"});
  EXPECT_EQ(from.meta.size(), 1U);
  EXPECT_EQ(from.meta.at("k"), "");
  EXPECT_EQ(from.health, health::passing);
}

TEST(NginxRender, RendersNoUpstreamWithoutAServer) {
  for (const auto policy : {empty_policy::keep, empty_policy::answer_503, empty_policy::down_server}) {
    auto form = form_with_listener();
    form.empty = policy;
    const auto text = render({{"web", {}}}, {}, form).bytes;
    EXPECT_NE(text.find("    server 127.0.0.1:" + std::string(policy == empty_policy::answer_503 ? "9999" : "1 down")),
              std::string::npos)
        << text;
  }
}

TEST(NginxRender, FindsFaultWithATemplateThatIsNotClosed) {
  EXPECT_EQ(template_fault("x\n  {{#services}}"), "2:3: Unclosed section \"services\"");
  EXPECT_FALSE(template_fault("{{#services}}{{name}}{{/services}}"));
}

TEST(NginxMemory, AcceptsNothingThatItCouldNotHaveWritten) {
  for (const auto* text :
       {"# drcon keeps: {\"web\":[{\"address\":\"x; } evil:80\"}]}\n",
        "# drcon keeps: {\"a;b\":[{\"address\":\"10.0.0.1:80\"}]}\n", "# drcon keeps: not json\n",
        "# drcon keeps: {\"web\":[7]}\n", "upstream web {\n    server 10.0.0.1:99999;\n}\n",
        "upstream we;b {\n    server 10.0.0.1:80;\n}\n", "upstream web {\n    server 10.0.0.1:80\n"}) {
    EXPECT_TRUE(recall(text).empty()) << text;
    EXPECT_FALSE(recall_port(text));
  }
}

}  // namespace
}  // namespace drcon::nginx
