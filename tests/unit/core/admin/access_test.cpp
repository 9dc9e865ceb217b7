#include "admin/access.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace drcon::admin {
namespace {

asked of(const std::string& method, const std::string& target) {
  auto made = parse_request(method, target);
  EXPECT_TRUE(made) << target;
  return made ? std::move(*made) : asked{};
}

unsigned over_tcp(const std::string& token, const asked& what, const std::string& host,
                  const std::string& authorization = {}) {
  const auto refused = refusal({.token = token}, way_in::tcp, what, host, authorization);
  return refused ? refused->status : 200;
}

const auto* const token = "a token of some length";

TEST(Access, TheUnixSocketMayAskAnything) {
  EXPECT_FALSE(refusal({.token = token}, way_in::unix_socket, of("POST", "/v1/reload"), "evil.example", ""));
}

TEST(Access, TcpWithoutATokenReadsAndNeverWrites) {
  EXPECT_EQ(over_tcp("", of("GET", "/v1/status"), "127.0.0.1:9180"), 200U);
  EXPECT_EQ(over_tcp("", of("POST", "/v1/reload"), "127.0.0.1:9180"), 403U);
}

TEST(Access, APageOfAnotherNameCannotReadByRebindingIt) {
  for (const auto* host : {"127.0.0.1", "127.0.0.1:9180", "[::1]:9180", "[::1]", "localhost", "localhost:9180"})
    EXPECT_EQ(over_tcp("", of("GET", "/v1/status"), host), 200U) << host;
  for (const auto* host : {"evil.example", "evil.example:9180", "", "localhost.evil.example", "127.0.0.1.evil.example"})
    EXPECT_EQ(over_tcp("", of("GET", "/v1/status"), host), 421U) << host;
}

TEST(Access, WithATokenEverythingButTheEmptyPageNeedsIt) {
  EXPECT_EQ(over_tcp(token, of("GET", "/"), "drcon.example"), 200U);
  EXPECT_EQ(over_tcp(token, of("GET", "/healthz"), "drcon.example"), 200U);
  for (const auto* target : {"/readyz", "/metrics", "/v1/status", "/v1/events", "/v1/openapi.json", "/healthz/x"})
    EXPECT_EQ(over_tcp(token, of("GET", target), "drcon.example"), 401U) << target;
  EXPECT_EQ(over_tcp(token, of("POST", "/"), "drcon.example"), 401U);
}

TEST(Access, OnlyTheWholeTokenIsTheToken) {
  const auto with = [](const std::string& authorization) {
    return over_tcp(token, of("POST", "/v1/reload"), "drcon.example", authorization);
  };
  EXPECT_EQ(with(std::string("Bearer ") + token), 200U);
  for (const auto* wrong : {"", "Bearer", "Bearer ", "a token of some length", "Basic a token of some length",
                            "Bearer a token of some lengt", "Bearer a token of some lengthh", "bearer x"})
    EXPECT_EQ(with(wrong), 401U) << wrong;
}

TEST(Access, TargetsAreDecoded) {
  const auto read = of("GET", "/v1/pipelines/a%20b/explain?endpoint=%5B::1%5D:80&service=x+y");
  EXPECT_EQ(read.path, (std::vector<std::string>{"v1", "pipelines", "a b", "explain"}));
  EXPECT_EQ(read.query.at("endpoint"), "[::1]:80");
  EXPECT_FALSE(parse_request("GET", "http://x/"));
  EXPECT_FALSE(parse_request("GET", "/%zz"));
}

}  // namespace
}  // namespace drcon::admin
