// The SDK's URLs: what is one, what it is made of, and that no part leaves its place when one is written.
#include <drcon/url.hpp>

#include <gtest/gtest.h>

namespace drcon {
namespace {

TEST(Url, HasAHostAPortAndAPath) {
  const auto read = parse_url("https://registry.example:8501/v1/a%20b?x=1#y");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->scheme, "https");
  EXPECT_EQ(read->host, "registry.example");
  EXPECT_EQ(read->port, "8501");
  EXPECT_EQ(read->path, "/v1/a b");
  EXPECT_FALSE(read->has_user);
}

TEST(Url, MayLeaveOutAllButItsScheme) {
  const auto plain = parse_url("http://a");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "a");
  EXPECT_EQ(plain->port + plain->path, "");
  const auto socket = parse_url("unix:///run/docker.sock");
  ASSERT_TRUE(socket);
  EXPECT_EQ(socket->host, "");
  EXPECT_EQ(socket->path, "/run/docker.sock");
  EXPECT_EQ(parse_url("unix:/run/docker.sock")->path, "/run/docker.sock");
}

TEST(Url, GivesAnIpv6AddressWithoutItsBrackets) {
  const auto read = parse_url("http://[0:0::1]:80/");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->host, "::1");
  EXPECT_EQ(read->port, "80");
}

TEST(Url, SaysThatAUserStandsBeforeTheHost) {
  const auto read = parse_url("http://me:secret@a:80");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->has_user);
  EXPECT_EQ(read->host, "a");
}

TEST(Url, IsNoneWithWhatHasNoPlaceInIt) {
  for (const auto* text : {"",
                           "a",
                           "//a",
                           ":",
                           "1http://a",
                           "http//a",
                           "http://a b",
                           "http://a/ ",
                           "http://a/%4",
                           "http://a/%zz",
                           "http://a:x",
                           "http://a:80:80",
                           "http://[::1",
                           "http://[::1]x",
                           "http://[1.2.3.4]",
                           "http://[::1%25lo]",
                           "http://a/\"",
                           "http://a/<b>",
                           "http://a/?[",
                           "http://a/\n",
                           "http://a/\xc3\xa9",
                           "http://u@v@a"})
    EXPECT_FALSE(parse_url(text)) << text;
  EXPECT_FALSE(parse_url(std::string_view("http://[::1\0]", 13)));
}

TEST(UrlTarget, IsReadInItsParts) {
  const auto read = parse_url_target("/v1/a%2Fb//?limit=5&name=x+y%2B&flag&=nameless&empty=");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->segments, (std::vector<std::string>{"v1", "a/b", "", ""}));
  const std::vector<std::pair<std::string, std::string>> parameters{
      {"limit", "5"}, {"name", "x y+"}, {"flag", ""}, {"empty", ""}};
  EXPECT_EQ(read->parameters, parameters);
}

TEST(UrlTarget, IsNoneWithoutASlashOrWithWhatHasNoPlaceInIt) {
  for (const auto* text : {"", "v1", "?a=b", "http://a/", "/%", "/%0", "/a b", "/a?b c", "/a#b", "/a?%g0", "/\x7f"})
    EXPECT_FALSE(parse_url_target(text)) << text;
}

TEST(UrlTarget, KeepsEveryPartInItsPlaceWhenItIsWritten) {
  std::string hostile;
  for (int byte = 0; byte < 256; ++byte) hostile += static_cast<char>(byte);
  const auto text =
      url_target_writer().segment("v1").segment(hostile).parameter("stale").parameter(hostile, hostile).text();
  const auto read = parse_url_target(text);
  ASSERT_TRUE(read) << text;
  EXPECT_EQ(read->segments, (std::vector<std::string>{"v1", hostile}));
  const std::vector<std::pair<std::string, std::string>> parameters{{"stale", ""}, {hostile, hostile}};
  EXPECT_EQ(read->parameters, parameters);
  EXPECT_EQ(url_target_writer().text(), "/");
}

TEST(UrlEncode, LeavesSlashesToPathsOnly) {
  EXPECT_EQ(url_encode("a/b c~\xff"), "a%2Fb%20c~%FF");
  EXPECT_EQ(url_encode_path("a/b c"), "a/b%20c");
}

}  // namespace
}  // namespace drcon
