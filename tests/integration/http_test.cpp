// The http source against a real nginx that serves a file, as a feed without a registry would be.
#include "support/certificates.hpp"
#include "support/nginx_server.hpp"
#include "support/plugin_harness.hpp"
#include "support/temp_dir.hpp"
#include "support/wait.hpp"
#include "support/web_feed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

namespace drcon::test {
namespace http_test {

using ::testing::HasSubstr;

class HttpFeedOfNginx : public ::testing::Test {
protected:
  // Written to another name and renamed: what nginx reads is whole.
  void put(const std::string& text) {
    write_file(directory_ / "services.json.new", text);
    std::filesystem::rename(directory_ / "services.json.new", directory_ / "services.json");
  }
  std::string servers(const std::string& more = {}) const {
    return "server { listen 127.0.0.1:@PORT@; " + more + " root " + directory_.path().string() + "; }";
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(nginx_->port()) + "/services.json"; }
  void watch(const std::string& options) {
    source_ = std::make_unique<source_harness>("http", "poll = \"100ms\"\nretry_max = \"300ms\"\n" + options);
    source_->start();
  }
  bool has(const std::string& address) const { return has_web_at(*source_, address); }

  temp_dir directory_;
  std::unique_ptr<nginx_server> nginx_;
  std::unique_ptr<source_harness> source_;
};

TEST_F(HttpFeedOfNginx, IsFollowedThroughChangesAndRestarts) {
  put(web_feed("10.0.0.1"));
  nginx_ = std::make_unique<nginx_server>(servers());
  watch("url = \"" + url() + "\"\n");
  ASSERT_TRUE(has("10.0.0.1"));
  put(web_feed("10.0.0.21"));  // another length, since nginx makes its entity tags of time and length
  ASSERT_TRUE(has("10.0.0.21"));
  std::filesystem::remove(directory_ / "services.json");
  ASSERT_TRUE(source_->wait_for([](const auto& now) { return !now.all_unknown.empty(); }));
  EXPECT_THAT(source_->status().text, HasSubstr("answers 404"));
  nginx_->kill9();
  put(web_feed("10.0.0.1"));
  nginx_->start();
  EXPECT_TRUE(has("10.0.0.1"));
  EXPECT_TRUE(source_->wait_for([](const auto& now) { return now.all_unknown.empty(); }));
}

TEST_F(HttpFeedOfNginx, IsAskedForWithTheTokenAndTheHeaders) {
  put(web_feed("10.0.0.1"));
  nginx_ = std::make_unique<nginx_server>(servers(
      R"(if ($http_authorization != "Bearer s3cret") { return 401; } if ($http_x_team != "edge") { return 403; })"));
  watch("url = \"" + url() + "\"\ntoken = \"s3cret\"\nheaders = { X-Team = \"edge\" }\n");
  EXPECT_TRUE(has("10.0.0.1"));
  watch("url = \"" + url() + "\"\n");
  EXPECT_TRUE(wait_until([&] { return source_->status().state == DRCON_STATE_AWAY; }));
  EXPECT_THAT(source_->status().text, HasSubstr("answers 401: it refuses the token or the headers"));
}

TEST_F(HttpFeedOfNginx, IsReadOverTlsAndFromAUnixSocket) {
  put(web_feed("10.0.0.1"));
  const certificates own;
  const auto socket = (directory_ / "feed.sock").string();
  nginx_ = std::make_unique<nginx_server>("server { listen 127.0.0.1:@PORT@ ssl; listen unix:" + socket +
                                          "; ssl_certificate " + own.server() + "; ssl_certificate_key " +
                                          own.server_key() + "; root " + directory_.path().string() + "; }");
  const auto place = "https://127.0.0.1:" + std::to_string(nginx_->port()) + "/services.json";
  watch("url = \"" + place + "\"\ntls = { ca_file = \"" + own.ca() + "\" }\n");
  EXPECT_TRUE(has("10.0.0.1"));
  watch("url = \"unix://" + socket + "\"\npath = \"/services.json\"\n");
  EXPECT_TRUE(has("10.0.0.1"));
}

}  // namespace http_test
}  // namespace drcon::test
