#include "nginx/render.hpp"

#include <gtest/gtest.h>

namespace drcon::nginx {
namespace {

server server_at(const std::string& address, std::uint32_t weight = 1) {
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
  const std::vector<upstream> all{{"web", {server_at("10.0.0.1:80"), server_at("[::1]:81", 5)}}};
  EXPECT_EQ(render(all, {}, form_with_listener()).bytes, render(all, {}, form_with_listener()).bytes);
}

TEST(NginxRender, ChangesTheGenerationWithEveryChange) {
  const auto form = form_with_listener();
  const auto one = render({{"web", {server_at("10.0.0.1:80")}}}, {}, form);
  const auto two = render({{"web", {server_at("10.0.0.1:80", 2)}}}, {}, form);
  EXPECT_NE(one.generation, two.generation);
  EXPECT_NE(one.bytes.find(one.generation), std::string::npos);
}

TEST(NginxRender, DrawsEveryPropertyOfAServer) {
  auto each = server_at("10.0.0.1:80", 3);
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

TEST(NginxMemory, RecallsWhatTheBuiltInFormShows) {
  auto backup = server_at("[2001:db8::1]:443", 7);
  backup.backup = true;
  const auto text = render({{"api", {backup}}, {"web", {server_at("10.0.0.1:80")}}}, {}, form_with_listener()).bytes;
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
  memory last{{"web", {server_at("10.0.0.1:80")}}};
  for (int i = 0; i < 3; ++i) last = recall(render({{"web", {}}}, last, form_with_listener()).bytes);
  ASSERT_TRUE(last.contains("web"));
  EXPECT_EQ(last.at("web")[0].address, "10.0.0.1:80");
}

TEST(NginxMemory, CarriesServersInACommentBesideAUsersTemplate) {
  auto form = form_with_listener();
  form.user_template = "# mine: {{service_count}}\n";
  const auto known = recall(render({{"web", {server_at("10.0.0.1:80", 4)}}}, {}, form).bytes);
  ASSERT_TRUE(known.contains("web"));
  EXPECT_EQ(known.at("web")[0].weight, 4U);
}

TEST(NginxMemory, BelievesNothingThatItCouldNotHaveWritten) {
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
