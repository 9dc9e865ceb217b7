// The plugin, loaded by the host's loader, against an agent that misbehaves in HTTP/2: nothing is lost, and no error is
// taken for a service without endpoints.
#include "support/plugin_harness.hpp"
#include "support/scripted_http2.hpp"
#include "support/wait.hpp"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

namespace drcon::test {
namespace {

using how = scripted_answer::how;
using state = source_harness::state;

class ConsulHttp2 : public ::testing::Test {
protected:
  static constexpr int services = 60;
  static std::string name(int i) { return "s" + std::to_string(i); }

  void set(int i, std::uint64_t index, const std::string& id) {
    consul_.set_service(name(i), {.index = index, .body = "[" + instance(id) + "]"});
  }
  void watch(const std::string& more = {}) {
    std::string names;
    for (int i = 0; i < services; ++i) {
      set(i, 5, "a");
      names += "{ name = \"" + name(i) + "\" },";
    }
    source_ = std::make_unique<source_harness>(
        "consul-http",
        consul_.options() + "retry_min = \"5ms\"\nretry_max = \"50ms\"\nservice = [" + names + "]\n" + more);
    source_->start();
    ASSERT_TRUE(source_->wait_ready()) << source_->status().text;
    ASSERT_TRUE(holds_all()) << consul_.held();
  }
  bool holds_all() const {
    return wait_until([&] { return consul_.held() == services; });
  }
  bool sees(int i, const std::string& id) const {
    return source_->wait_for([&](const state& now) {
      const auto found = now.services.find(name(i));
      return found != now.services.end() && found->second.endpoints.size() == 1 &&
             found->second.endpoints[0].id == "n1/" + id;
    });
  }
  // None was withdrawn or published without endpoints.
  bool has_all() const {
    const auto now = source_->now();
    return now.services.size() == services &&
           std::ranges::all_of(now.services, [](const auto& each) { return each.second.endpoints.size() == 1; });
  }
  bool is_unknown(int i, const std::string& why) const {
    return source_->wait_for([&](const state& now) {
      const auto found = now.unknown.find(name(i));
      return found != now.unknown.end() && found->second.find(why) != std::string::npos;
    });
  }

  scripted_http2 consul_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(ConsulHttp2, GoesOnWhileTheAgentGoesAway) {
  watch();
  consul_.go_away(20);
  ASSERT_TRUE(holds_all()) << "20 where they were, the others on a new connection";
  EXPECT_EQ(consul_.connections(), 2U);
  for (const int i : {0, 30, services - 1}) {
    set(i, 6, "b");
    EXPECT_TRUE(sees(i, "b")) << i;
  }
  const auto now = source_->now();
  EXPECT_TRUE(now.unknown.empty() && now.all_unknown.empty()) << "an orderly end is no failure";
  EXPECT_TRUE(has_all());
  EXPECT_TRUE(source_->stop());
}

TEST_F(ConsulHttp2, TakesNoErrorOfAStreamForAServiceWithoutEndpoints) {
  watch();
  consul_.reset_held(NGHTTP2_INTERNAL_ERROR);
  EXPECT_TRUE(is_unknown(7, "INTERNAL_ERROR"));
  ASSERT_TRUE(holds_all()) << "each is asked again";
  consul_.set_service(name(1),
                      {.index = 6, .body = "[" + instance("b") + "," + instance("c") + "]", .ends = how::cut_short});
  EXPECT_TRUE(is_unknown(1, "before the answer was complete"));
  consul_.set_service(name(2), {.index = 6, .headers = {{"x-large", std::string(100000, 'a')}}});
  EXPECT_TRUE(is_unknown(2, "headers of more than"));
  consul_.set_service(name(3), {.status = 500, .index = 6, .body = "no cluster leader"});
  EXPECT_TRUE(is_unknown(3, "no cluster leader"));
  EXPECT_TRUE(has_all());
  for (const int i : {1, 2, 3}) {
    set(i, 7, "b");
    EXPECT_TRUE(sees(i, "b")) << i;
  }
  EXPECT_TRUE(has_all());
}

TEST_F(ConsulHttp2, LetsServicesTakeTurnsWhenTheAgentTakesFewerStreams) {
  watch("connections = 8");
  consul_.limit_streams(3);
  EXPECT_TRUE(wait_until([&] { return source_->status().text.find("by rotation") != std::string::npos; }))
      << source_->status().text;
  for (const int i : {0, 30, services - 1}) {
    set(i, 6, "b");
    consul_.set("/v1/catalog/services", {.index = static_cast<std::uint64_t>(100 + i), .body = "{}"});
    EXPECT_TRUE(sees(i, "b")) << i << ' ' << source_->status().text;
  }
  EXPECT_TRUE(has_all());
  consul_.limit_streams(250);
  EXPECT_TRUE(wait_until([&] { return source_->status().text.find("60 by blocking query") != std::string::npos; }))
      << source_->status().text;
}

TEST_F(ConsulHttp2, KeepsEverythingWhileTheAgentIsGone) {
  watch();
  consul_.kill();
  ASSERT_TRUE(source_->wait_for([](const state& now) { return !now.all_unknown.empty(); }));
  EXPECT_TRUE(has_all());
  consul_.revive();
  ASSERT_TRUE(holds_all());
  set(3, 6, "b");
  EXPECT_TRUE(sees(3, "b"));
  EXPECT_TRUE(has_all());
}

TEST_F(ConsulHttp2, ShowsWhatConsulAnswersFrom) {
  watch();
  EXPECT_EQ(source_->status().text.find("answers by"), std::string::npos) << "an old Consul does not say";
  consul_.set_service(
      name(1), {.index = 6, .body = "[" + instance("b") + "]", .headers = {{"x-consul-query-backend", "streaming"}}});
  EXPECT_TRUE(wait_until([&] {
    return source_->status().text.find("Consul answers by streaming") != std::string::npos;
  })) << source_->status().text;
  EXPECT_NE(source_->metrics().find("answers_by_backend_total{backend=\"streaming\""), std::string::npos)
      << source_->metrics();
  consul_.set_service(
      name(1), {.index = 7, .body = "[" + instance("c") + "]", .headers = {{"x-consul-query-backend", "made-up"}}});
  EXPECT_TRUE(sees(1, "c"));
  EXPECT_EQ(source_->metrics().find("made-up"), std::string::npos) << "a server must not make series";
}

TEST_F(ConsulHttp2, FallsBackToHttp1AndComesBack) {
  watch();
  consul_.kill();
  consul_.offer_http2(false);
  consul_.greet("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbusy");
  consul_.revive();
  EXPECT_TRUE(wait_until([&] { return source_->status().text.find("503") != std::string::npos; }))
      << source_->status().text;
  EXPECT_TRUE(has_all());
  consul_.kill();
  consul_.greet("");
  consul_.offer_http2(true);
  ASSERT_TRUE(wait_until([&] { return source_->status().text.find("Connection refused") != std::string::npos; }))
      << source_->status().text;
  consul_.revive();
  EXPECT_TRUE(holds_all()) << source_->status().text;
  EXPECT_TRUE(has_all());
}

TEST_F(ConsulHttp2, IsBoundedByItsPausesWithAServerThatResetsEverything) {
  watch();
  consul_.reset_all(NGHTTP2_CANCEL);
  consul_.reset_held(NGHTTP2_CANCEL);
  ASSERT_TRUE(is_unknown(0, "CANCEL"));
  EXPECT_TRUE(source_->wait_for([](const state& now) { return !now.all_unknown.empty(); }))
      << "an agent that answers nothing is as good as gone";
  EXPECT_TRUE(has_all());
  consul_.reset_all(0);
  ASSERT_TRUE(holds_all());
  EXPECT_EQ(consul_.connections_so_far(), 1U);
}

}  // namespace
}  // namespace drcon::test
