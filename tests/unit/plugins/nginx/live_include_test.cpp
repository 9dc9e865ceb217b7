#include "nginx/live_include.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drcon::nginx {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

upstream service_at(const std::string& name, const std::string& address) {
  server one;
  one.address = address;
  return {.name = name, .servers = {one}, .refused = {}};
}

layout form() {
  layout form;
  form.sink = "edge";
  form.listener = {boost::asio::ip::make_address("127.0.0.1"), 9999};
  return form;
}

live_layout live() {
  live_layout live;
  live.module = "/m.lua";
  live.socket = "/s";
  live.peers = "/p";
  live.dict_bytes = 1048576;
  live.method = "round_robin";
  return live;
}

TEST(NginxLiveInclude, StaysAsItIsWhenOnlyServersDiffer) {
  const auto first = render_include({service_at("web", "10.0.0.1:80")}, {}, form(), live(), {});
  EXPECT_THAT(first.bytes, HasSubstr("    server 10.0.0.1:80;\n"));
  const auto second = render_include({service_at("web", "10.0.0.2:80")}, {}, form(), live(), first.bytes);
  EXPECT_EQ(second.bytes, first.bytes);
  EXPECT_EQ(second.generation, first.generation);
}

TEST(NginxLiveInclude, HasTheNewestServersWhenTheShapeDiffers) {
  const auto first = render_include({service_at("web", "10.0.0.1:80")}, {}, form(), live(), {});
  const std::vector<upstream> more{service_at("api", "10.0.0.9:80"), service_at("web", "10.0.0.2:80")};
  const auto second = render_include(more, {}, form(), live(), first.bytes);
  EXPECT_NE(second.generation, first.generation);
  EXPECT_THAT(second.bytes, HasSubstr("    server 10.0.0.2:80;\n"));
  auto other = live();
  other.fail_timeout = std::chrono::seconds(3);
  EXPECT_NE(render_include(more, {}, form(), other, second.bytes).generation, second.generation);
}

TEST(NginxLiveInclude, SaysThatNoConnectionsAreKeptOnlyWhereNginxKeepsThemByDefault) {
  const std::vector<upstream> all{service_at("web", "10.0.0.1:80")};
  const auto first = render_include(all, {}, form(), live(), {});
  EXPECT_THAT(first.bytes, Not(HasSubstr("keepalive")));
  auto newer = form();
  newer.keeps_by_default = true;
  const auto second = render_include(all, {}, newer, live(), first.bytes);
  EXPECT_THAT(second.bytes, HasSubstr(", 1) end }\n    keepalive 0;\n}\n"));
  EXPECT_NE(second.generation, first.generation);
}

TEST(NginxLiveInclude, IsWrittenAgainWhenItWasEdited) {
  const std::vector<upstream> all{service_at("web", "10.0.0.1:80")};
  const auto right = render_include(all, {}, form(), live(), {});
  for (const auto* part : {"server 10.0.0.1:80", "drcon.serve()", "listen 127.0.0.1:9999", "shape"}) {
    auto edited = right.bytes;
    edited.insert(edited.find(part), "#");
    EXPECT_EQ(render_include(all, {}, form(), live(), edited).bytes, right.bytes) << part;
  }
}

TEST(NginxLiveInclude, ServesForEachServiceOrForAll) {
  const std::vector<upstream> all{service_at("api", "10.0.0.9:80"), service_at("web", "10.0.0.2:80")};
  const auto each = render_include(all, {}, form(), live(), {}).bytes;
  EXPECT_THAT(each, HasSubstr("upstream api {"));
  EXPECT_THAT(each, HasSubstr("drcon.balance(\"web\", nil, 1)"));
  auto variable = form();
  variable.by_variable = true;
  const auto one = render_include(all, {}, variable, live(), {}).bytes;
  EXPECT_THAT(one, Not(HasSubstr("upstream web")));
  EXPECT_THAT(one, HasSubstr("drcon.balance(ngx.var.drcon_service, nil, 0)"));
  EXPECT_THAT(one, HasSubstr("map $uri $drcon_upstream { default drcon; }"));
  EXPECT_EQ(render_include({}, {}, variable, live(), one).bytes, one);
}

TEST(NginxLiveInclude, KnowsItself) {
  EXPECT_TRUE(is_include(render_include({}, {}, form(), live(), {}).bytes));
  EXPECT_FALSE(is_include(render({}, {}, form()).bytes));
}

}  // namespace
}  // namespace drcon::nginx
